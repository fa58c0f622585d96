"""The two pipes a process's output comes through."""

from __future__ import annotations

import os
from collections.abc import Iterable

import attrs

from seedpod.abc import Stream


@attrs.define(eq=False)
class Pipes:
    """Both pipes, both ends; reading never blocks, writing does."""

    reading: dict[Stream, int] = attrs.field(factory=dict["Stream", int], init=False)
    writing: dict[Stream, int] = attrs.field(factory=dict["Stream", int], init=False)

    def __attrs_post_init__(self) -> None:
        streams: tuple[Stream, ...] = ("stdout", "stderr")
        try:
            for stream in streams:
                self.reading[stream], self.writing[stream] = os.pipe()
                os.set_blocking(self.reading[stream], False)
        except OSError:
            close_all(self.reading.values())
            close_all(self.writing.values())
            raise

    @property
    def identity(self) -> int:
        """The inode of the standard output: a process that has it was started with these pipes."""
        return os.fstat(self.reading["stdout"]).st_ino


def close_all(fds: Iterable[int]) -> None:
    """Close every one of *fds*."""
    for fd in fds:
        os.close(fd)
