"""What a container has written, as the engine kept it: for output that nobody read at the time."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Final

import attrs
from anyio import sleep

from seedpod.abc import ContainerPlan, Stream
from seedpod_docker._api import ApiError, UnreachableError
from seedpod_docker._connection import LOG, Connection
from seedpod_docker._frames import Frames

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
        lines = {stream: Lines() for stream in ("stdout", "stderr")}
        frames = Frames(is_raw=self.plan.spec.tty)
        log = self.connection.api.raw("GET", f"{self.path}/logs", query, is_upgraded=False)
        async with log as output:
            while data := await output.read():
                for stream, piece in frames.feed(data):
                    self._write(stream, lines[stream], piece)
        self.is_over = True

    def _write(self, stream: Stream, lines: Lines, piece: bytes) -> None:
        for written, text in lines.feed(piece):
            self._since = f"{written + 1e-9:.9f}"
            self.plan.write(stream, text, written)


@attrs.define(eq=False)
class Lines:
    """Takes the times off lines that begin with one."""

    _rest: bytes = b""

    def feed(self, data: bytes) -> list[tuple[float, bytes]]:
        """The whole lines in *data*, each with the time it was written, in seconds since 1970."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        return [_timed(line) for line in whole]


def _timed(line: bytes) -> tuple[float, bytes]:
    told, _, text = line.partition(b" ")
    return datetime.fromisoformat(told.decode()).timestamp(), text + b"\n"
