"""Removing a directory with all that is in it, whatever containers left there.

Symbolic links are removed and never followed, at no moment: each step goes from an open directory
to an entry of it. A directory its owner may not search or write is opened up first.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

_OPEN: Final = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove(directory: Path) -> tuple[str, ...]:
    """Remove *directory* and everything below it; go on past what cannot be removed.

    Returns:
        What is left and why, one sentence for each entry; empty when all is gone, also if nothing
        was there.
    """
    left: list[str] = []
    _remove_entry(directory, None, str(directory), left)
    return tuple(left)


def _remove_entry(path: Path, parent: int | None, name: str, left: list[str]) -> None:
    """Remove the entry *name* of the open directory *parent*; *path* is what to call it."""
    try:
        is_directory = stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
        if not is_directory:
            os.unlink(name, dir_fd=parent)
            return
        known = len(left)
        _empty(path, parent, name, left)
        if len(left) == known:
            os.rmdir(name, dir_fd=parent)
    except FileNotFoundError:
        return
    except OSError as error:
        left.append(f"{path}: {error.strerror}")


def _empty(path: Path, parent: int | None, name: str, left: list[str]) -> None:
    handle = os.open(name, _OPEN, dir_fd=parent)
    try:
        if os.fstat(handle).st_mode & stat.S_IRWXU != stat.S_IRWXU:
            # fchmod refuses a descriptor that was opened for its path only.
            Path(f"/proc/self/fd/{handle}").chmod(stat.S_IRWXU)
        readable = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=handle)
    finally:
        os.close(handle)
    try:
        for entry in sorted(os.listdir(readable)):  # noqa: PTH208 - a descriptor, not a path
            _remove_entry(path / entry, readable, entry, left)
    finally:
        os.close(readable)
