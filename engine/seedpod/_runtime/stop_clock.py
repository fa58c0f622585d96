"""The one grace period of a stopping pod: everybody waits against the same deadline."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import attrs
from anyio import CancelScope


@attrs.define(eq=False)
class StopClock:
    """A deadline that may still come closer, and the waits that end with it."""

    deadline: float
    """When the grace period is over, on the loop's clock."""
    cause: int = 0
    """The event the stop began with."""
    _waits: dict[CancelScope, float] = attrs.field(factory=dict[CancelScope, float])
    """Each wait, and the moment it may last to whatever the deadline."""

    def shorten(self, deadline: float) -> None:
        """Bring the deadline forward, for those who are waiting too."""
        self.deadline = min(self.deadline, deadline)
        for scope, at_least_until in self._waits.items():
            scope.deadline = max(self.deadline, at_least_until)

    @contextmanager
    def waiting(self, at_least_until: float = 0.0) -> Generator[CancelScope]:
        """A block that is left at the deadline, or at *at_least_until* if that is later."""
        with CancelScope(deadline=max(self.deadline, at_least_until)) as scope:
            self._waits[scope] = at_least_until
            try:
                yield scope
            finally:
                del self._waits[scope]
