"""One pod's events, in order, for any number of readers at their own pace.

The log keeps a bounded number of events. A reader is a number: the next event it wants. It costs
nothing while nobody asks; a reader that falls behind the oldest event kept is told so, with a
snapshot, and goes on from the present.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

import attrs
from anyio import Event as Wakeup

from seedpod.events import Event, Snapshot
from seedpod.status import PodStatus


@attrs.define(eq=False)
class EventLog:
    """The events of one pod, the newest last."""

    snapshot: Callable[[], PodStatus]
    """The status as of the newest event."""
    kept: deque[Event]
    limit: int
    next_sequence: int = 0
    dropped: Callable[[Event], object] | None = None
    """Told of an event before it goes, to make room for a newer one."""
    is_closed: bool = False
    _wakeup: Wakeup | None = None

    @classmethod
    def with_limit(cls, limit: int, snapshot: Callable[[], PodStatus]) -> EventLog:
        """An empty log that keeps the newest *limit* events."""
        return cls(snapshot, deque(maxlen=limit), limit)

    def append(self, event: Event) -> None:
        """Add the event numbered `next_sequence`, and wake whoever waits for it."""
        if len(self.kept) == self.limit and self.dropped is not None:
            self.dropped(self.kept[0])
        self.kept.append(event)
        self.next_sequence += 1
        if self._wakeup is not None:
            self._wake()

    def close(self) -> None:
        """Say that there will be no further event."""
        self.is_closed = True
        if self._wakeup is not None:
            self._wake()

    def since(self, sequence: int) -> Iterator[Event]:
        """The events kept that have this number or a higher one."""
        oldest = self.next_sequence - len(self.kept)
        return islice(self.kept, max(0, sequence - oldest), None)

    async def changed(self) -> None:
        """Wait until an event is added or the log is closed.

        Cancellation: stops waiting and changes nothing.
        """
        if self._wakeup is None:
            self._wakeup = Wakeup()
        await self._wakeup.wait()

    def _wake(self) -> None:
        wakeup, self._wakeup = self._wakeup, None
        if wakeup is not None:
            wakeup.set()


@attrs.define(eq=False)
class Watch:
    """The events of a pod from its first one (or the oldest still kept), as they happen.

    Iterate over it. It ends after the pod's last event. Events come in order and none is missing,
    except where a `Snapshot` says how many are and what they amounted to.
    """

    _log: EventLog
    _next: int = 0

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> Event:
        """The next event.

        Cancellation: no event is lost; the next call returns the one this call would have.
        """
        log = self._log
        while self._next >= log.next_sequence:
            if log.is_closed:
                raise StopAsyncIteration
            await log.changed()
        oldest = log.next_sequence - len(log.kept)
        if self._next < oldest:
            return self._resynchronise()
        event = log.kept[self._next - oldest]
        self._next += 1
        return event

    def _resynchronise(self) -> Snapshot:
        log = self._log
        newest = log.kept[-1]
        missed = log.next_sequence - self._next
        self._next = log.next_sequence
        return Snapshot(newest.sequence, newest.time, None, missed, log.snapshot())
