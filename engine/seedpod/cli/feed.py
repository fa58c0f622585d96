"""What there is to show, collected from all pods and handed on in the order of time."""

from __future__ import annotations

from typing import Final, TypeAlias

import attrs
from anyio import Event as Wakeup
from anyio import move_on_after, sleep

import seedpod
from seedpod.events import Event
from seedpod.spec import Pod

_ENOUGH: Final = 10_000
"""How many items may wait to be shown before those who write logs have to wait, too."""
_GATHERING_SECONDS: Final = 0.02
"""How long a batch is gathered: long enough for a last line of output to overtake the exit."""


@attrs.frozen
class Notice:
    """Something the command line itself has to say."""

    text: str


What: TypeAlias = Event | seedpod.LogLine | Notice


@attrs.frozen
class Item:
    """One thing to show."""

    time: float
    """In seconds since 1970."""
    pod: Pod | None
    what: What


class Feed:
    """The items that wait to be shown."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._is_closed = False
        self._is_discarding = False
        self._wakeup = Wakeup()
        self._room = Wakeup()

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to show, and never will be."""
        return self._is_closed and not self._items

    def put(self, item: Item) -> None:
        """Add an item; never waits."""
        if not self._is_discarding:
            self._items.append(item)
            self._wakeup.set()

    def close(self) -> None:
        """Say that no item will follow."""
        self._is_closed = True
        self._wakeup.set()

    def discard(self) -> None:
        """Throw away what waits, and all that follows: nobody looks any more."""
        self._is_discarding = True
        self._items.clear()
        self._room.set()

    async def room(self) -> None:
        """Wait until there is room for more.

        Cancellation: stops waiting and changes nothing.
        """
        while len(self._items) >= _ENOUGH:
            await self._room.wait()

    async def batch(self, at_most_seconds: float) -> list[Item]:
        """All that waits, in the order of time; empty if there is nothing for that long.

        Cancellation: no item is lost.
        """
        if not self._items and not self._is_closed:
            with move_on_after(at_most_seconds):
                await self._wakeup.wait()
        if not self._is_closed:
            await sleep(_GATHERING_SECONDS)
        items = sorted(self._items, key=_moment)
        self._items = []
        self._room.set()
        self._wakeup, self._room = Wakeup(), Wakeup()
        if self._is_closed:
            self._wakeup.set()
        return items


def _moment(item: Item) -> tuple[float, bool]:
    """Of a line and an event at one moment the line comes first: it was written before the end."""
    return item.time, isinstance(item.what, Event)
