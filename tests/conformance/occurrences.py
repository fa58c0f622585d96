"""Kubernetes events, one entry for each time something happened: a series is taken apart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import attrs

from seedpod.status import KubernetesEvent


@attrs.define(eq=False)
class Occurrences:
    """What has been seen of the events of one pod."""

    found: list[dict[str, Any]] = attrs.field(factory=list[dict[str, Any]])
    _counts: dict[tuple[str, ...], int] = attrs.field(factory=dict[tuple[str, ...], int])

    def note(self, events: Iterable[KubernetesEvent]) -> None:
        """Take note of what is new in *events*, which are all there are of the pod."""
        for event in events:
            key = (event.type, event.reason, event.container, event.message)
            known = self._counts.get(key, 0)
            for number in range(known, event.count):
                is_first = number == 0
                self._append(event, event.first_timestamp if is_first else event.last_timestamp)
            self._counts[key] = max(known, event.count)

    def _append(self, event: KubernetesEvent, time: datetime) -> None:
        self.found.append(
            {
                "reason": event.reason,
                "message": event.message,
                "time": time.timestamp(),
                "type": event.type,
                "container": event.container,
            }
        )
