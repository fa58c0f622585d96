"""How much room a directory takes on its file system, counted as `du` counts it.

Theory of operation: containers write there meanwhile, and may swap any directory for a link, dig
deeper than a path can be long, and fill a directory with more entries than can be looked at in one
go. So the walk holds one directory open at a time, enters the next from it without following links,
and comes back by `..`, where it goes on only if it finds the directory it came from. It lets others
run every few hundred entries. What vanishes, or may not be read, is passed over; so is what lies on
another file system.

Source: kubelet, pkg/volume/util/fs, `DiskUsage`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs
from anyio.lowlevel import checkpoint

_ENTER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_RETURN: Final = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
_BLOCK: Final = 512
"""Bytes in one of `st_blocks`, whatever the file system's own blocks are."""
_AT_A_TIME: Final = 256
"""How many entries are looked at, at most, before others run: a fraction of a millisecond."""
_COST_OF_DIRECTORY: Final = 16
"""Entering a directory takes about as long as looking at so many entries."""


async def used_bytes(root: Path) -> int:
    """How many bytes *root* takes with all that is in it; 0 if it is not there.

    Hard links to one file count once.

    Cancellation: nothing is left open.
    """
    try:
        handle = os.open(root, _ENTER)
    except OSError:
        return 0
    walk = _Walk(handle)
    try:
        await walk.run()
    finally:
        os.close(walk.handle)
    return walk.blocks * _BLOCK


@attrs.frozen
class _Level:
    """A directory the walk is in, or has to come back to."""

    inode: int
    names: list[str]
    """Directories in it that are still to be entered."""


@attrs.define(eq=False)
class _Walk:
    """One walk on its way."""

    handle: int
    """The directory it is in, open."""
    blocks: int = 0
    _device: int = 0
    _linked: set[int] = attrs.field(factory=set[int])
    """The inodes of files with several names."""
    _spent: int = 0

    async def run(self) -> None:
        """Count all there is.

        Cancellation: the count is incomplete.
        """
        status = os.fstat(self.handle)
        self._device, self.blocks = status.st_dev, status.st_blocks
        levels = [_Level(status.st_ino, await self._directories())]
        while levels:
            if levels[-1].names:
                inode = self._enter(levels[-1].names.pop())
                if inode is not None:
                    levels.append(_Level(inode, await self._directories()))
            else:
                levels.pop()
                if levels and not self._is_back_in(levels[-1].inode):
                    return

    async def _directories(self) -> list[str]:
        """Count the entries of the directory the walk is in; return those that are directories."""
        names: list[str] = []
        await self._spend(_COST_OF_DIRECTORY)
        with _entries(self.handle) as entries:
            for entry in entries:
                await self._spend(1)
                if self._count(entry):
                    names.append(entry.name)
        return names

    def _count(self, entry: os.DirEntry[str]) -> bool:
        """Whether *entry* is a directory to be entered, now that it has been counted."""
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            return False
        if status.st_dev != self._device:
            return False
        is_directory = stat.S_ISDIR(status.st_mode)
        if status.st_nlink > 1 and not is_directory:
            if status.st_ino in self._linked:
                return False
            self._linked.add(status.st_ino)
        self.blocks += status.st_blocks
        return is_directory

    def _enter(self, name: str) -> int | None:
        """Go to the directory *name*, and return its inode; None if that cannot be."""
        try:
            handle = os.open(name, _ENTER, dir_fd=self.handle)
        except OSError:
            return None
        status = os.fstat(handle)
        if status.st_dev != self._device:
            os.close(handle)
            return None
        self._move_to(handle)
        return status.st_ino

    def _is_back_in(self, inode: int) -> bool:
        """Whether the walk has come back to the directory it entered this one from."""
        try:
            handle = os.open("..", _RETURN, dir_fd=self.handle)
        except OSError:
            return False
        self._move_to(handle)
        status = os.fstat(handle)
        return (status.st_dev, status.st_ino) == (self._device, inode)

    def _move_to(self, handle: int) -> None:
        os.close(self.handle)
        self.handle = handle

    async def _spend(self, cost: int) -> None:
        self._spent += cost
        if self._spent >= _AT_A_TIME:
            self._spent = 0
            await checkpoint()


@contextmanager
def _entries(handle: int) -> Generator[Iterator[os.DirEntry[str]]]:
    """The entries of an open directory, as far as they can be read."""
    with os.scandir(handle) as entries:
        yield _readable(entries)


def _readable(entries: Iterator[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
    while True:
        try:
            entry = next(entries, None)
        except OSError:
            return
        if entry is None:
            return
        yield entry
