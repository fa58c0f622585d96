"""Two streams in one: how an engine sends what a container wrote to stdout and to stderr.

Each frame has a head of eight bytes: the number of the stream, three zeros, and the length of what
follows, the most significant byte first. A container with a terminal has one stream, and no frames.

Source: Docker Engine API, "Attach to a container", stream format.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final

import attrs

from seedpod.abc import Stream

_HEAD: Final = Struct(">BxxxL")
_STREAMS: Final[dict[int, Stream]] = {0: "stdout", 1: "stdout", 2: "stderr"}


@attrs.define(eq=False)
class Frames:
    """Takes apart what arrives, wherever it is cut."""

    is_raw: bool = False
    """There are no frames: the container has a terminal."""
    _head: bytes = b""
    """The part of a head that has arrived."""
    _stream: Stream = "stdout"
    _missing: int = 0
    """Bytes of the frame that have not arrived yet."""

    @property
    def is_between(self) -> bool:
        """Whether everything of a frame has arrived, and nothing of the next."""
        return not self._missing and not self._head

    def feed(self, data: bytes) -> Iterator[tuple[Stream, bytes]]:
        """Each piece of *data* with the stream it belongs to."""
        if self.is_raw:
            yield "stdout", data
            return
        start = 0
        while start < len(data):
            if not self._missing:
                start = self._read_head(data, start)
            else:
                piece = data[start : start + self._missing]
                start += len(piece)
                self._missing -= len(piece)
                yield self._stream, piece

    def _read_head(self, data: bytes, start: int) -> int:
        """Read the head of a frame, as far as it is there, and return where that ends."""
        end = min(len(data), start + _HEAD.size - len(self._head))
        self._head += data[start:end]
        if len(self._head) == _HEAD.size:
            number, self._missing = _HEAD.unpack(self._head)
            self._stream = _STREAMS.get(number, "stdout")
            self._head = b""
        return end
