"""Which event objects a series of occurrences makes: they are combined, counted, or dropped.

Theory of operation: each occurrence goes through three steps, in this order.

1. *Combine.* Occurrences of one type and reason, of whichever container, are told one by one until
   they have had too many different messages. What is one too many goes into an event that shows
   the newest message of its kind.
2. *Count.* The same container, type, reason and message once more is the same event once more.
3. *Drop.* All occurrences of one type share a bucket of tokens. Without a token nothing is shown;
   it was counted all the same, and the next one that is shown tells how many there were.

Source: client-go, `EventCorrelator`, with the keys `EventAggregatorByReasonFunc`, `getEventKey`
and `getSpamKey`. The source and the pod are parts of each key there; here they are the same anyway.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, TypeAlias

import attrs

from seedpod._core.kubernetes_events.similarity import SimilarEvents
from seedpod._core.kubernetes_events.spam import TokenBucket
from seedpod._core.kubernetes_events.translation import Occurrence, occurrences
from seedpod.events import Event
from seedpod.spec import Pod
from seedpod.status import KubernetesEvent

COMBINED: Final = "(combined from similar events): "
MOST_KEPT: Final = 1000
"""How many events are kept of a pod; the oldest go first."""

_Key: TypeAlias = tuple[str, ...]


@attrs.define(eq=False)
class KubernetesEvents:
    """The event objects of one pod."""

    _similar: dict[_Key, SimilarEvents] = attrs.field(init=False, factory=dict[_Key, SimilarEvents])
    """By type and reason."""
    _buckets: dict[str, TokenBucket] = attrs.field(init=False, factory=dict[str, TokenBucket])
    """By type."""
    _counted: dict[_Key, KubernetesEvent] = attrs.field(
        init=False, factory=dict[_Key, KubernetesEvent]
    )
    """What each event has come to, shown or not; the newest is the last."""
    _shown: dict[_Key, KubernetesEvent] = attrs.field(
        init=False, factory=dict[_Key, KubernetesEvent]
    )
    """What it had come to when it was last shown; the newest is the last."""

    def observe(self, pod: Pod, event: Event) -> None:
        """Take note of one event of the pod.

        Args:
            pod: As it was then, with its uid.
            event: What happened; every event is to come once, in order.
        """
        for each in occurrences(pod, event):
            self._take_note(pod, each, event.time)

    def listing(self) -> tuple[KubernetesEvent, ...]:
        """All that is shown, in the order of the last timestamps."""
        return tuple(self._shown.values())

    def _take_note(self, pod: Pod, what: Occurrence, now: float) -> None:
        key: _Key
        key, message = (what.type, what.reason), what.message
        similar = self._similar.setdefault(key, SimilarEvents(now))
        if similar.are_too_many_with(message, now):
            message = COMBINED + message
        else:
            key = (*key, what.container, message)
        event = _once_more(self._counted.get(key), pod, attrs.evolve(what, message=message), now)
        _keep(self._counted, key, event)
        if self._buckets.setdefault(what.type, TokenBucket(now)).take(now):
            _keep(self._shown, key, event)


def _once_more(
    before: KubernetesEvent | None, pod: Pod, what: Occurrence, now: float
) -> KubernetesEvent:
    """The event after another occurrence; whose it is does not change."""
    moment = datetime.fromtimestamp(now, UTC)
    if before is not None:
        count = before.count + 1
        return attrs.evolve(before, message=what.message, count=count, last_timestamp=moment)
    return KubernetesEvent(
        type=what.type,
        reason=what.reason,
        message=what.message,
        count=1,
        first_timestamp=moment,
        last_timestamp=moment,
        container=what.container,
        field_path=_field_path(pod, what.container),
    )


def _field_path(pod: Pod, container: str) -> str:
    """Which part of the pod an event is about."""
    if not container:
        return ""
    is_init = any(each.name == container for each in pod.spec.init_containers)
    return f"spec.{'initContainers' if is_init else 'containers'}{{{container}}}"


def _keep(events: dict[_Key, KubernetesEvent], key: _Key, event: KubernetesEvent) -> None:
    """Put the newest at the end; of too many, the first goes."""
    events.pop(key, None)
    events[key] = event
    if len(events) > MOST_KEPT:
        del events[next(iter(events))]
