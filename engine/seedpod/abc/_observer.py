"""Who sees what happens to pods, and changes nothing."""

from __future__ import annotations

from typing import Protocol

from seedpod.events import Event
from seedpod.spec import Pod


class Observer(Protocol):
    """Sees every event of every pod of an engine, in order, as it is recorded."""

    def __call__(self, pod: Pod, event: Event, /) -> None:
        """Take note of *event*; must be quick, must not block, must not raise."""
        ...
