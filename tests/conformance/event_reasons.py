"""The reasons of events, held against those a kubelet reported; how many there are is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from tests.conformance.golden_record import GoldenRecord

IMAGES: Final = "images"
PROBE_TIMING: Final = "probe-timing"
RESTART_TIMING: Final = "restart-timing"

_OF_IMAGES: Final = frozenset({"Pulling", "Pulled"})
_Events: TypeAlias = Sequence[Mapping[str, Any]]

_STARTUP: Final = "Startup probe"
_READINESS: Final = "Readiness probe"


def differing_reasons(
    record: GoldenRecord, events: _Events, *, has_images: bool
) -> dict[str, str | None]:
    """The reasons that only one side has, each with the row that allows that, or None."""
    theirs, ours = record.reasons, {event["reason"] for event in events}
    allowed: dict[str, str | None] = dict.fromkeys(theirs ^ ours)
    if not has_images:
        allowed |= dict.fromkeys(_OF_IMAGES & (theirs - ours), IMAGES)
    if "Unhealthy" in theirs ^ ours and _are_of_coming_up(record.events, events):
        allowed["Unhealthy"] = PROBE_TIMING
    if "Killing" in theirs ^ ours and _are_of_waiting(record, events):
        allowed["Killing"] = RESTART_TIMING
    return allowed


def told(record: GoldenRecord, reasons: Iterable[str]) -> Iterator[str]:
    """A sentence for each reason that differs."""
    for reason in sorted(reasons):
        if reason in record.reasons:
            yield f"golden: no event {reason}, which a kubelet reports"
        else:
            yield f"golden: event {reason}, which a kubelet does not report"


def _are_of_coming_up(theirs: _Events, ours: _Events) -> bool:
    """Whether a probe was just asked before its container was up, by one and not by the other."""
    return all(
        str(event.get("message")).startswith(probes)
        for events, probes in ((theirs, (_STARTUP,)), (ours, (_STARTUP, _READINESS)))
        for event in events
        if event["reason"] == "Unhealthy"
    )


def _are_of_waiting(record: GoldenRecord, events: _Events) -> bool:
    """Whether only containers in back-off were killed: they may be down when the pod ends."""
    killed = [event for event in (*record.events, *events) if event["reason"] == "Killing"]
    return {event.get("container") for event in killed} <= record.backing_off
