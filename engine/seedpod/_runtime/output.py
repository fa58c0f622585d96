"""What the containers of a pod write, kept in memory up to a bound, for readers at their own pace.

A container is never held up: the executor hands over what it read, and when the bound is reached
the oldest lines go. A reader that was too slow is told how much it lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

import attrs
from anyio import Event as Wakeup

from seedpod.abc import Stream

MAXIMUM_LINE_BYTES = 16 * 1024
"""A longer line is handed on in pieces. Source: containerd's log format."""
_NOTHING: Final = (0.0, b"")


@attrs.frozen
class LogLine:
    """One line a container wrote, or a piece of one."""

    time: float
    """When the last of it was read, in seconds since 1970; or written, if the executor knows."""
    container: str
    attempt: int
    stream: Stream
    text: bytes
    """Without the line feed."""
    is_partial: bool = False
    """No line feed came after it: it goes on in the next piece of the same stream, or was the last
    the attempt wrote. Source: containerd's log format."""
    lost: int = 0
    """How many lines before this one the reader has not been given."""


@attrs.define(eq=False)
class Output:
    """The newest lines of all containers of one pod."""

    now: Callable[[], float]
    limit_bytes: int
    lines: deque[LogLine] = attrs.field(factory=deque[LogLine])
    next_number: int = 0
    """How many lines there have been in all."""
    is_closed: bool = False
    _size: int = 0
    _wakeup: Wakeup | None = None

    def of(self, container: str, attempt: int) -> AttemptOutput:
        """Where the output of one attempt of a container goes."""
        return AttemptOutput(self, container, attempt)

    def close(self) -> None:
        """Say that there will be no further line."""
        self.is_closed = True
        self._wake()

    def append(self, line: LogLine) -> None:
        """Add a line; the oldest go when there is more than the bound allows."""
        self.lines.append(line)
        self.next_number += 1
        self._size += len(line.text) + 1
        while self._size > self.limit_bytes and len(self.lines) > 1:
            self._size -= len(self.lines.popleft().text) + 1
        if self._wakeup is not None:
            self._wake()

    def newest(self, container: str, attempt: int) -> Iterator[bytes]:
        """The lines of one attempt that are kept, as they were written, the newest first."""
        for line in reversed(self.lines):
            if line.container == container:
                if line.attempt != attempt:
                    return
                yield line.text if line.is_partial else line.text + b"\n"

    async def changed(self) -> None:
        """Wait until a line is added or the output is closed.

        Cancellation: stops waiting and changes nothing.
        """
        if self._wakeup is None:
            self._wakeup = Wakeup()
        await self._wakeup.wait()

    def _wake(self) -> None:
        wakeup, self._wakeup = self._wakeup, None
        if wakeup is not None:
            wakeup.set()


@attrs.define(eq=False)
class AttemptOutput:
    """Cuts what one attempt writes into lines."""

    _output: Output
    _container: str
    _attempt: int
    _rests: dict[Stream, tuple[float, bytes]] = attrs.field(
        factory=dict[Stream, tuple[float, bytes]]
    )
    """The line each stream is in the middle of, and the time of the newest chunk of it."""

    def write(self, stream: Stream, chunk: bytes, time: float | None = None) -> None:
        """Take what was read from *stream*: a `LogSink`; never blocks.

        A line that comes in several chunks has the time of the last of them.
        """
        if time is None:
            time = self._output.now()
        *whole, rest = (self._rests.pop(stream, _NOTHING)[1] + chunk).split(b"\n")
        for line in whole:
            for text, is_partial in _pieces(line):
                self._line(time, stream, text, is_partial=is_partial)
        while len(rest) >= MAXIMUM_LINE_BYTES:
            self._line(time, stream, rest[:MAXIMUM_LINE_BYTES], is_partial=True)
            rest = rest[MAXIMUM_LINE_BYTES:]
        if rest:
            self._rests[stream] = time, rest

    def close(self) -> None:
        """Hand on what stands after the last line feed; the attempt has ended."""
        for stream, (time, rest) in self._rests.items():
            self._line(time, stream, rest, is_partial=True)
        self._rests.clear()

    def _line(self, time: float, stream: Stream, text: bytes, *, is_partial: bool) -> None:
        line = LogLine(time, self._container, self._attempt, stream, text, is_partial)
        self._output.append(line)


@attrs.define(eq=False)
class LogReader:
    """The lines of a pod's containers, from the oldest kept.

    Iterate over it. With `follow` it ends when the pod has finished, without when the newest line
    was given.
    """

    _output: Output
    _container: str | None
    _is_following: bool
    _next: int = 0
    _lost: int = 0

    def __aiter__(self) -> LogReader:
        return self

    async def __anext__(self) -> LogLine:
        """The next line.

        Cancellation: no line is lost; the next call returns the one this call would have.
        """
        output = self._output
        while True:
            oldest = output.next_number - len(output.lines)
            self._lost += max(0, oldest - self._next)
            self._next = max(self._next, oldest)
            while self._next < output.next_number:
                line = output.lines[self._next - oldest]
                self._next += 1
                if self._container is None or line.container == self._container:
                    lost, self._lost = self._lost, 0
                    return attrs.evolve(line, lost=lost) if lost else line
            if output.is_closed or not self._is_following:
                raise StopAsyncIteration
            await output.changed()


def _pieces(line: bytes) -> Iterator[tuple[bytes, bool]]:
    """*line* cut into pieces of bounded length, each with whether another one follows."""
    for start in range(0, max(len(line), 1), MAXIMUM_LINE_BYTES):
        end = start + MAXIMUM_LINE_BYTES
        yield line[start:end], end < len(line)
