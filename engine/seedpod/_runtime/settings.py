"""What all pods of one engine share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import attrs

from seedpod._core.backoff import Backoff
from seedpod._core.environment import PodFacts
from seedpod._runtime.objects import Objects
from seedpod.abc import Executor, Observer


@attrs.define(eq=False)
class Settings:
    """An engine's choices and its clock, as its pods see them."""

    executor: Executor
    backoff: Backoff
    facts: PodFacts
    objects: Objects
    observers: tuple[Observer, ...]
    random: Random
    clock: Callable[[], float]
    """The event loop's clock, in seconds; everything that waits goes by it."""
    epoch: float
    """What to add to the loop's clock to get seconds since 1970."""
    cancel_grace_seconds: float
    event_limit: int
    output_limit_bytes: int
    directory_for: Callable[[str], Path]
    """The directory of the pod of this uid; made by whoever prepares its volumes."""

    def now(self) -> float:
        """The time, in seconds since 1970."""
        return self.clock() + self.epoch

    def date(self, moment: float) -> float:
        """A moment of the loop's clock, in seconds since 1970."""
        return moment + self.epoch
