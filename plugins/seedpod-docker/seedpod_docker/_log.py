"""What a container has written, as the engine kept it: for output that nobody read at the time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import attrs
from anyio import sleep

from seedpod.abc import ContainerPlan, Stream
from seedpod_docker._api import ApiError, UnreachableError
from seedpod_docker._connection import LOG, Connection
from seedpod_docker._frames import Frames

_SECOND: Final = 1_000_000_000
"""In nanoseconds, which a `float` of so many seconds does not hold."""
_LEAST: Final = 1000
"""Nanoseconds: what was written at the same moment is not asked for twice."""
_FRACTION: Final = re.compile(rb"\.(\d+)")
_PAUSE: Final = 0.2
"""Seconds before an engine that has cut the connection is asked again."""


@attrs.define(eq=False)
class Log:
    """The rest of one container's output."""

    connection: Connection
    path: str
    plan: ContainerPlan
    is_over: bool = False
    """There is nothing more to read."""
    _since: str = "0"
    """From when on, in seconds since 1970."""

    def begin_now(self) -> None:
        """Leave out what was written until now: it was read."""
        self._since = f"{time.time():.9f}"
        self.is_over = False

    async def follow(self) -> None:
        """Pass on what there is, with the time it was written, and what comes, until the end.

        Cancellation: nothing more is passed on.
        """
        while not self.is_over:
            try:
                await self.connection.insist(self._pass_on)
            except ApiError as error:
                if error.status != 404:
                    LOG.warning("container %s: its log: %s", self.plan.name, error)
                self.is_over = True
            except UnreachableError:
                await sleep(_PAUSE)

    async def _pass_on(self) -> None:
        query = {
            "follow": "true",
            "stdout": "true",
            "stderr": "true",
            "timestamps": "true",
            "since": self._since,
        }
        entries = Entries(is_raw=self.plan.spec.tty)
        log = self.connection.api.raw("GET", f"{self.path}/logs", query, is_upgraded=False)
        async with log as output:
            while data := await output.read():
                for stream, text, written in entries.feed(data):
                    self._since = _exact(written + _LEAST)
                    self.plan.write(stream, text, written / _SECOND)
            for stream, text, written in entries.end():
                self.plan.write(stream, text, written / _SECOND)
        self.is_over = True


@attrs.define(eq=False)
class Entries:
    """Takes what an engine has kept apart into what was written at one time.

    Each frame is one entry and begins with its time; a long line is several. Of a container with a
    terminal, which has no frames, each line is one.
    """

    is_raw: bool = False
    _frames: Frames = attrs.field(init=False)
    _rest: bytes = b""
    """What has arrived of an entry."""

    def __attrs_post_init__(self) -> None:
        self._frames = Frames(is_raw=self.is_raw)

    def feed(self, data: bytes) -> Iterator[tuple[Stream, bytes, int]]:
        """The entries that end in *data*: stream, text, and nanoseconds since 1970."""
        for stream, piece in self._frames.feed(data):
            self._rest += piece
            if self.is_raw:
                *lines, self._rest = self._rest.split(b"\n")
                whole = [line + b"\n" for line in lines]
            elif self._frames.is_between:
                whole, self._rest = [self._rest], b""
            else:
                whole = []
            for entry in whole:
                yield stream, *_timed(entry)

    def end(self) -> Iterator[tuple[Stream, bytes, int]]:
        """A last line, of a terminal, that has no end."""
        if self.is_raw and self._rest:
            yield "stdout", *_timed(self._rest)
            self._rest = b""


def _timed(entry: bytes) -> tuple[bytes, int]:
    told, _, text = entry.partition(b" ")
    moment = datetime.fromisoformat(told.decode()).replace(microsecond=0)
    fraction = _FRACTION.search(told)
    nanoseconds = int(fraction[1].ljust(9, b"0")) if fraction else 0
    return text, int(moment.timestamp()) * _SECOND + nanoseconds


def _exact(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, _SECOND)
    return f"{seconds}.{rest:09}"
