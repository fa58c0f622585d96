"""Whose a kept pod is now: labels name who made it, and cannot be written anew.

A lock on a file goes with the process that holds it, so nobody has to be asked whether he lives.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

_DIRECTORY: Final = Path("/tmp")  # noqa: S108 (one for all processes, whatever TMPDIR says)
_TRIES: Final = 3
_MOMENT: Final = 0.005
"""Seconds between two tries to take the lock."""


class ClaimedError(Exception):
    """A living process has this pod, or it cannot be made sure that none has."""


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
        handle = os.open(_path(engine, uid), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # nobody knows
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _held(path: Path) -> int:
    """The lock, taken on the file that is at *path* and stays there."""
    tries = _TRIES
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            handle = os.open(path, flags, 0o600)
        except OSError as error:
            raise ClaimedError(f"the pod cannot be locked: {path}: {error.strerror}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            tries -= 1
            if not tries:
                raise ClaimedError("the pod belongs to another process") from error
            time.sleep(_MOMENT)
            continue
        try:
            if os.fstat(handle).st_ino == path.stat().st_ino:
                return handle
        except FileNotFoundError:
            pass
        os.close(handle)  # whoever had it has removed the file meanwhile


def _path(engine: str, uid: str) -> Path:
    mark = sha256(f"{engine}\0{uid}".encode()).hexdigest()[:24]
    return _DIRECTORY / f"seedpod-docker-{os.geteuid()}-{mark}.lock"
