"""What an engine at `build.example` and its client show each other, and a handshake of the two."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

HOST = "build.example"
CLIENT = "client@build.example"


def engine(directory: Path, host: str = HOST) -> ssl.SSLContext:
    """What the engine speaks TLS with; *directory* gets what its client needs to be let in."""
    authority = trustme.CA()
    client = authority.issue_cert(CLIENT)
    authority.cert_pem.write_to_path(str(directory / "ca.pem"))
    client.cert_chain_pems[0].write_to_path(str(directory / "cert.pem"))
    client.private_key_pem.write_to_path(str(directory / "key.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.issue_cert(host).configure_cert(context)
    return context


def distrust(directory: Path) -> None:
    """Have the client trust another authority instead."""
    trustme.CA().cert_pem.write_to_path(str(directory / "ca.pem"))


def lock(key: Path) -> None:
    """Put a key behind a password."""
    found = load_pem_private_key(key.read_bytes(), password=None)
    locked = BestAvailableEncryption(b"word")
    key.write_bytes(found.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> str:
    """Connect the two in memory; return the name the client has shown."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=host)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    waiting = [ours, theirs]
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(side)
    shown = theirs.getpeercert()
    assert shown is not None
    return str(shown["subjectAltName"][0][1])
