"""One stream of news from the engine, for all containers: who has ended.

News can be missed while nobody listens: before the stream is there, and while the engine is away.
So whenever it begins, everybody is told to look for himself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
from anyio import Event, sleep

from seedpod_docker._api import ApiError, UnreachableError
from seedpod_docker._connection import LOG, Connection
from seedpod_docker._labels import OWNER

_ENDS_OF_DOCKER: Final = ("die", "destroy")
_ENDS: Final = {*_ENDS_OF_DOCKER, "died", "remove"}
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
"""Seconds between two tries to listen."""


@attrs.define(eq=False)
class Watch:
    """Passes on what the engine says of containers that somebody here has a part in."""

    connection: Connection
    breaks: int = 0
    """How often the stream was broken."""
    _broken: Event = attrs.field(factory=Event)
    _listeners: dict[str, Callable[[], None]] = attrs.field(factory=dict[str, Callable[[], None]])

    def listen(self, container_id: str, look: Callable[[], None]) -> None:
        """Have *look* called whenever the container may have ended; it must not block."""
        self._listeners[container_id] = look

    def forget(self, container_id: str) -> None:
        """Nobody wants to know any more."""
        self._listeners.pop(container_id, None)

    async def broken(self) -> None:
        """Wait until the stream is broken the next time.

        Cancellation: stops waiting and changes nothing.
        """
        await self._broken.wait()

    async def run(self) -> None:
        """Listen, again and again.

        Cancellation: nobody is told anything any more.
        """
        api = self.connection.api
        filtered = _filtered(is_podman=api.is_podman)
        pause = _FIRST_PAUSE
        while True:
            try:
                async with api.streaming("GET", "/events", filtered) as events:
                    self.connection.found()
                    self._all_look()
                    async for event in events:
                        pause = _FIRST_PAUSE
                        self._pass_on(event)
            except UnreachableError as error:
                self.connection.missed(error)
            except ApiError as error:
                LOG.warning("the engine does not tell its events: %s", error)
            self.breaks += 1
            self._broken.set()
            self._broken = Event()
            await sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _pass_on(self, event: Mapping[str, Any]) -> None:
        if event.get("Action") in _ENDS:
            look = self._listeners.get(event.get("Actor", {}).get("ID", ""))
            if look is not None:
                look()

    def _all_look(self) -> None:
        for look in [*self._listeners.values()]:
            look()


def _filtered(*, is_podman: bool) -> dict[str, str]:
    """What to ask for: most of what happens to a container is nobody's concern here."""
    filters = {"type": ["container"], "label": [OWNER]}
    if not is_podman:  # which has other names to filter by than to tell
        filters["event"] = [*_ENDS_OF_DOCKER]
    return {"filters": json.dumps(filters)}
