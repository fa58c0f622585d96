"""What all pods of one engine share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import attrs
from anyio.abc import TaskGroup

from seedpod._core.backoff import Backoff
from seedpod._core.environment import PodFacts
from seedpod._core.restart_limit import RestartLimit
from seedpod._runtime.objects import Objects
from seedpod.abc import CanAdopt, CanOutlive, CanPull, Executor, Observer

if TYPE_CHECKING:
    from seedpod._runtime.pulls import Pulls


@attrs.define(eq=False)
class Settings:
    """An engine's choices and its clock, as its pods see them."""

    executor: Executor
    images: CanPull | None
    """The executor, if it has images."""
    adoption: CanAdopt | None
    """The executor, if it finds again what an earlier engine left."""
    can_show: Callable[[str], bool] | None
    """Whether the executor can show a file at this path in a container; None: never."""
    outliving: CanOutlive | None
    """The executor, if it sees to what is left of the host process when that dies."""
    backoff: Backoff
    """How long restarts wait, and images that cannot be fetched."""
    restart_limit: RestartLimit | None
    facts: PodFacts
    """What the pods have in common; a pod with addresses of its own knows more."""
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
    """The directory of the pod of this uid; made when the pod first needs one."""

    has_pod_addresses: bool = False
    """Whether sandboxes tell the addresses of their pods."""
    group: TaskGroup | None = None
    """Where the pods live; None while the engine is not open."""
    pulls: Pulls | None = None
    """The images that are being fetched; None before the first is."""

    def chance(self) -> float:
        """A random number from 0 up to 1 for the back-off's jitter; 0 if it has none."""
        return self.random.random() if self.backoff.jitter else 0.0

    def now(self) -> float:
        """The time, in seconds since 1970."""
        return self.clock() + self.epoch

    def date(self, moment: float) -> float:
        """A moment of the loop's clock, in seconds since 1970."""
        return moment + self.epoch
