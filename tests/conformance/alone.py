"""One session at a time: scenarios listen on fixed ports, and a machine has each port once.

The claim is a socket with a name and no file. Such names are shared by whoever shares ports, and
one that is held by a process goes with it.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

_NAME: Final = "\0seedpod-scenarios"


@contextmanager
def alone(name: str = _NAME) -> Generator[None]:
    """A block that no two processes of a machine are in at once; waits for whoever is."""
    with socket.socket(socket.AF_UNIX) as claim:
        while not _has_bound(claim, name):
            _wait_for_holder(name)
        yield


def _has_bound(claim: socket.socket, name: str) -> bool:
    try:
        claim.bind(name)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    claim.listen()
    return True


def _wait_for_holder(name: str) -> None:
    """Return when the holder is gone: nothing else ends a connection that it never answers."""
    try:
        with socket.socket(socket.AF_UNIX) as waiting:
            waiting.connect(name)
            waiting.recv(1)
    except OSError:
        return
