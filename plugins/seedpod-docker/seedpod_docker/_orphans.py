"""Removes the containers of a process that is no more. Run as a program, by the guard.

    python -I -S _orphans.py ADDRESS OWNER

ADDRESS is JSON: `{"path": "/run/docker.sock"}`, or `{"host": ..., "port": ..., "tls": {...}}`. The
program imports nothing but a little of the standard library, for the environment it belonged to may
be gone.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote

OWNER = "io.seedpod.owner"
NOT_KEPT = "io.seedpod.kept=false"
WORKERS = 16
"""Containers that are removed at a time: an engine takes its time for each."""
PATIENCE = 18.0
"""Seconds after which what is left is left to whoever sweeps."""
QUIET = 3
"""So many looks in a row must find nothing: one may have been about to be made."""
PAUSE = 0.3
"""Seconds between two looks."""


class UnixConnection(HTTPConnection):
    """A connection to a socket in the file system."""

    def __init__(self, path: str) -> None:
        super().__init__("engine", timeout=PATIENCE)
        self.path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def main() -> None:
    """Look for containers of the owner and remove them, until there are none."""
    address, owner = json.loads(sys.argv[1]), sys.argv[2]
    deadline = time.monotonic() + PATIENCE
    looks = 0
    with ThreadPoolExecutor(WORKERS) as pool:
        while looks < QUIET and time.monotonic() < deadline:
            found = containers(address, owner)
            looks = looks + 1 if found == [] else 0
            if found:
                list(pool.map(partial(remove, address), found))
            if looks < QUIET:
                time.sleep(PAUSE)


def containers(address: dict[str, Any], owner: str) -> list[str] | None:
    """The ids of the owner's containers; None if the engine does not answer."""
    filters = quote(json.dumps({"label": [f"{OWNER}={owner}", NOT_KEPT]}))
    status, answer = request(address, "GET", f"/containers/json?all=true&filters={filters}")
    if status != 200:
        return None
    return [each["Id"] for each in json.loads(answer)]


def remove(address: dict[str, Any], container: str) -> None:
    """Kill and remove one container."""
    request(address, "DELETE", f"/containers/{container}?force=true&v=true")


def request(address: dict[str, Any], method: str, path: str) -> tuple[int, bytes]:
    """Make one request; status 0 if nobody answers."""
    try:
        with closing(connect(address)) as connection:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read()
    except (OSError, HTTPException):  # or a file for TLS is not there
        return 0, b""


def connect(address: dict[str, Any]) -> HTTPConnection:
    """A new connection to the engine."""
    if address.get("path"):
        return UnixConnection(address["path"])
    host, port = address["host"].strip("[]"), address["port"]
    tls: dict[str, Any] | None = address.get("tls")
    if tls is None:
        return HTTPConnection(host, port, timeout=PATIENCE)
    return HTTPSConnection(host, port, timeout=PATIENCE, context=tls_context(tls))


def tls_context(tls: dict[str, Any]) -> ssl.SSLContext:
    """What `TLS.context` makes: the two must agree."""
    is_verified = tls.get("is_verified", True)
    context = ssl.create_default_context(cafile=tls.get("ca") if is_verified else None)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not is_verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.get("cert") and tls.get("key"):
        context.load_cert_chain(tls["cert"], tls["key"], password="")
    return context


if __name__ == "__main__":
    main()
