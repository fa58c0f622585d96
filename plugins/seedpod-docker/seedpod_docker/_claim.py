"""Whose a kept pod is now: labels name who made it, and cannot be written anew.

A lock on a file goes with the process that holds it, so nobody has to be asked whether he lives.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path


class ClaimedError(Exception):
    """A living process has this pod."""


@contextmanager
def claim(engine: str, uid: str) -> Generator[None]:
    """A block inside which nobody else on this machine, of the same user, has the pod.

    Args:
        engine: Where its containers are.
        uid: The pod's.

    Raises:
        ClaimedError: Somebody has.
    """
    path = _path(engine, uid)
    handle = _held(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def is_claimed(engine: str, uid: str) -> bool:
    """Whether a living process has the pod."""
    try:
        with claim(engine, uid):
            return False
    except ClaimedError:
        return True


def _held(path: Path) -> int:
    """The lock, taken on the file that is at *path* and stays there."""
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(path, flags, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise ClaimedError from error
        try:
            if os.fstat(handle).st_ino == path.stat().st_ino:
                return handle
        except FileNotFoundError:
            pass
        os.close(handle)  # whoever had it has removed the file meanwhile


def _path(engine: str, uid: str) -> Path:
    mark = sha256(f"{engine}\0{uid}".encode()).hexdigest()[:24]
    return Path(tempfile.gettempdir(), f"seedpod-docker-{os.geteuid()}-{mark}.lock")
