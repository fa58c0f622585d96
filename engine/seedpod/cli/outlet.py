"""Writing to a terminal, a pipe or a file without ever holding up the event loop for a reader."""

from __future__ import annotations

import os
import stat
from typing import IO, Final

import anyio

_PIECE: Final = 4096
"""PIPE_BUF: a pipe that is writable takes this much without blocking."""


class Outlet:
    """One file descriptor to write to."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        mode = os.fstat(fd).st_mode
        self._may_block = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(fd)

    @classmethod
    def to(cls, stream: IO[str] | None) -> Outlet:
        """To where *stream* writes; nowhere if it was closed before the process began."""
        return cls(os.open(os.devnull, os.O_WRONLY) if stream is None else stream.fileno())

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at it, with cursor and colours."""
        return os.isatty(self.fd) and os.environ.get("TERM", "") not in {"", "dumb"}

    async def write(self, data: bytes) -> None:
        """Write all of *data*.

        Cancellation: some of it may have been written.

        Raises:
            OSError: Nobody reads any more, or the disk is full.
        """
        view = memoryview(data)
        while view:
            if self._may_block:
                await anyio.wait_writable(self.fd)
            written = os.write(self.fd, view[:_PIECE] if self._may_block else view)
            view = view[written:]
