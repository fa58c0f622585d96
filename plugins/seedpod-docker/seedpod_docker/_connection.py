"""The connection to an engine that all pods of an executor share, and its health.

An engine may go away and come back. What was asked of it meanwhile is asked again by whoever still
wants to know; that nobody answers is said once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from logging import getLogger
from typing import Final, TypeVar

import attrs
from anyio import sleep

from seedpod_docker._api import Api, UnreachableError
from seedpod_docker._settings import Choices, EngineFacts

T = TypeVar("T")
NAME: Final = "docker"
"""The executor's."""
LOG: Final = getLogger("seedpod.docker")
AWAY: Final = 5.0
"""Seconds in which an engine that does not answer may come back, for what must not wait for it."""
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
"""Seconds between two tries to reach an engine that does not answer."""


@attrs.define(eq=False)
class Connection:
    """One engine, as long as an executor is open."""

    api: Api
    facts: EngineFacts
    choices: Choices
    owner: str
    """What everything made here is labelled with."""
    is_away: bool = False
    """It does not answer, as far as is known; that was said."""

    async def insist(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until somebody answers.

        Cancellation: what was asked last may or may not have been done.

        Raises:
            ApiError: The engine refuses.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                answer = await ask()
            except UnreachableError as error:
                self.missed(error)
                await sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                self.found()
                return answer

    def missed(self, error: UnreachableError) -> None:
        """The engine does not answer."""
        if not self.is_away:
            self.is_away = True
            LOG.warning("%s; trying again until it answers", error)

    def found(self) -> None:
        """The engine has answered."""
        if self.is_away:
            self.is_away = False
            LOG.warning("the engine at %s answers again", self.api.title)
