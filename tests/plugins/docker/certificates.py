"""Certificates as Docker's manual has them made, and two sides that show them to each other."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import attrs

from tests.machine import lacks

_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"


@attrs.frozen
class Certificates:
    """An engine at `build.example`, and somebody it lets in."""

    directory: Path

    @property
    def ours(self) -> Path:
        """A directory with `ca.pem`, `cert.pem`, `key.pem`."""
        return self.directory / "ours"

    @property
    def other_ca(self) -> Path:
        """The certificate of an authority that has signed nothing."""
        return self.directory / "other/ca.pem"

    @property
    def locked_key(self) -> Path:
        """Our key behind a password."""
        return self.directory / "locked.pem"

    def server(self) -> ssl.SSLContext:
        """What the engine speaks TLS with: it wants to know who asks."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.ours / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(self.directory / "theirs/cert.pem", self.directory / "theirs/key.pem")
        return context


def certificates(directory: Path) -> Certificates | None:
    """Make them; None where there is no openssl, which is said at the end of the run."""
    if shutil.which("openssl") is None:
        lacks("openssl")
        return None
    made = Certificates(directory / "certificates")
    for name in ("ours", "theirs", "other"):
        (made.directory / name).mkdir(parents=True)
    for name in ("ours", "other"):
        _openssl(
            made.directory / name,
            f"req -x509 {_KEY} -subj /CN=authority -days 2 -keyout ca-key.pem -out ca.pem",
        )
    _signed(made, "ours", "client", "extendedKeyUsage=clientAuth")
    _signed(made, "theirs", "engine", "subjectAltName=DNS:build.example")
    _openssl(made.directory, "ec -in ours/key.pem -aes128 -passout pass:word -out locked.pem")
    return made


def _signed(made: Certificates, name: str, subject: str, extension: str) -> None:
    directory = made.directory / name
    (directory / "extensions").write_text(f"{extension}\n")
    _openssl(directory, f"req -new {_KEY} -subj /CN={subject} -keyout key.pem -out request.pem")
    _openssl(
        directory,
        "x509 -req -in request.pem -days 2 -CA ../ours/ca.pem -CAkey ../ours/ca-key.pem "
        "-CAcreateserial -extfile extensions -out cert.pem",
    )


def _openssl(directory: Path, arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], cwd=directory, check=True, capture_output=True)


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
    [[(_, name)]] = shown["subject"]  # type: ignore[misc]
    return str(name)
