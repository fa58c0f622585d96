"""The one grace period of a stopping pod, or of one container: all wait against one deadline."""

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
    cause: int | None = None
    """The event the stop began with."""
    message: str = ""
    """Why, as Kubernetes' Killing event says it; empty: `Stopping container web`."""
    is_ordered: bool = True
    """Whether sidecars wait for the apps, and for the sidecars after them."""
    is_for_good: bool = True
    """Whether nothing is started afterwards; False: the pod begins anew."""
    _waits: dict[CancelScope, float] = attrs.field(factory=dict[CancelScope, float])
    """Each wait, and the moment it may last to whatever the deadline."""
    _followers: list[StopClock] = attrs.field(factory=list["StopClock"])

    def shorten(self, deadline: float) -> None:
        """Bring the deadline forward, for those who are waiting too."""
        self.deadline = min(self.deadline, deadline)
        for scope, at_least_until in self._waits.items():
            scope.deadline = max(self.deadline, at_least_until)
        for each in self._followers:
            each.shorten(deadline)

    def lead(self, other: StopClock) -> None:
        """Let *other* end no later than this one, whatever becomes of this one."""
        other.shorten(self.deadline)
        self._followers.append(other)

    @contextmanager
    def waiting(self, at_least_until: float = 0.0) -> Generator[CancelScope]:
        """A block that is left at the deadline, or at *at_least_until* if that is later."""
        with CancelScope(deadline=max(self.deadline, at_least_until)) as scope:
            self._waits[scope] = at_least_until
            try:
                yield scope
            finally:
                del self._waits[scope]
