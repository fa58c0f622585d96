"""Removing a directory with all that is in it, whatever containers left there.

Symbolic links are removed and never followed, at no moment: each step goes from an open directory
to an entry of it. A directory its owner may not search or write is opened up first. One that lies
too deep is moved to the top and removed from there, so that neither the call stack nor the number
of open files limits how deep a container may have dug.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

import attrs

_OPEN: Final = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DEEPEST: Final = 50


def remove(directory: Path) -> tuple[str, ...]:
    """Remove *directory* and everything below it; go on past what cannot be removed.

    Returns:
        What is left and why, one sentence for each entry; empty when all is gone, also if nothing
        was there.
    """
    removal = _Removal()
    removal.entry(directory, None, str(directory), 0)
    return tuple(removal.left)


@attrs.define(eq=False)
class _Removal:
    """One removal on its way."""

    left: list[str] = attrs.field(factory=list[str])
    moved: list[str] = attrs.field(factory=list[str])
    """The names of directories that were moved to the top and are still to be removed."""
    top: int = -1
    """The directory itself, open while its content is removed."""
    moves: int = 0

    def entry(self, path: Path, parent: int | None, name: str, depth: int) -> None:
        """Remove the entry *name* of the open directory *parent*; *path* is what to call it."""
        try:
            if not stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=parent)
                return
            known = len(self.left)
            if self._emptied(path, parent, name, depth) and len(self.left) == known:
                os.rmdir(name, dir_fd=parent)
        except FileNotFoundError:
            return
        except OSError as error:
            self.left.append(f"{path}: {error.strerror}")

    def _emptied(self, path: Path, parent: int | None, name: str, depth: int) -> bool:
        """Whether the directory was dealt with where it is, and not moved to the top."""
        handle = _opened(name, parent)
        try:
            if depth > _DEEPEST:
                self._move(parent, name)
                return False
            if parent is None:
                self.top = handle
            self._empty(path, handle, depth)
            while parent is None and self.moved:
                deep = self.moved.pop()
                self.entry(path / deep, handle, deep, 1)
        finally:
            os.close(handle)
        return True

    def _empty(self, path: Path, handle: int, depth: int) -> None:
        for name in sorted(os.listdir(handle)):
            self.entry(path / name, handle, name, depth + 1)

    def _move(self, parent: int | None, name: str) -> None:
        self.moves += 1
        target = f"..deep.{self.moves}"
        os.rename(name, target, src_dir_fd=parent, dst_dir_fd=self.top)
        self.moved.append(target)


def _opened(name: str, parent: int | None) -> int:
    """The directory *name*, open for reading and, from now on, for its owner to do all with."""
    handle = os.open(name, _OPEN, dir_fd=parent)
    try:
        if os.fstat(handle).st_mode & stat.S_IRWXU != stat.S_IRWXU:
            # fchmod refuses a descriptor that was opened for its path only.
            Path(f"/proc/self/fd/{handle}").chmod(stat.S_IRWXU)
        return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=handle)
    finally:
        os.close(handle)
