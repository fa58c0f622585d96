"""Whether this machine can make views, for the tests that need them."""

from __future__ import annotations

from typing import Literal

from seedpod.executors.subprocess._view.bubblewrap import Bubblewrap, found_bubblewrap
from tests.machine import lacks


def has_views() -> bool:
    """Whether containers can have views here; what is lacking is named in the summary."""
    found = found_bubblewrap()
    if isinstance(found, Bubblewrap):
        return True
    lacks(found)
    return False


def levels() -> tuple[Literal["none", "view"], ...]:
    """The levels of isolation that can be tested here."""
    return ("none", "view") if has_views() else ("none",)
