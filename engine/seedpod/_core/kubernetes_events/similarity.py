"""When events that differ in their messages alone are too many to be told one by one.

Source: client-go, `EventAggregator`.
"""

from __future__ import annotations

from typing import Final

import attrs

FEWEST: Final = 10
"""The tenth different message is one too many."""
WINDOW_SECONDS: Final = 600
"""Two occurrences that are further apart have nothing to do with each other."""


@attrs.define(eq=False)
class SimilarEvents:
    """The messages that events of one type and reason have had."""

    _last: float
    """When the newest occurred."""
    _messages: set[str] = attrs.field(init=False, factory=set[str])

    def are_too_many_with(self, message: str, now: float) -> bool:
        """Whether another event, with *message*, is to be combined with others.

        client-go then forgets any one of the messages. We forget this one: what was told by itself
        once goes on so, and nothing is left to chance.
        """
        if now - self._last > WINDOW_SECONDS:
            self._messages.clear()
        self._last = now
        self._messages.add(message)
        if len(self._messages) < FEWEST:
            return False
        self._messages.remove(message)
        return True
