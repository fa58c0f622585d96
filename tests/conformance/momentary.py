"""What a status says of the moment alone: the state of containers that restart, and how often.

Where a container had to wait before a restart, how often it has restarted by the end of the run is
a matter of time. Where the run is ended while containers restart, so is what each of them is doing
then: it must be something it did in a legitimate sequence too, and the pod as a whole must show
something it showed there. Where the runs of a record ended in different ways, each way is as good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from tests.conformance.comparable_status import Place
from tests.conformance.golden_record import Entry, GoldenRecord, containers_of, pod_of, reduced

Moments: TypeAlias = Mapping[str, frozenset[str]]
"""By the name of a container (the pod's is empty): the fields of its status that may differ."""

_POD: Final = ""
_LISTS: Final = frozenset({"initContainerStatuses", "containerStatuses"})
_OF_CONTAINER: Final = frozenset({"state", "lastState", "ready", "started", "restartCount"})
_OF_POD: Final = frozenset({"phase", "reason", "message", "conditions"})
_COUNT: Final = frozenset({"restartCount"})


def is_of_the_moment(path: Place, known: Moments) -> bool:
    """Whether the value at *path* of a status may differ."""
    if path[0] in _LISTS:
        return len(path) > 2 and path[2] in known.get(path[1], ())
    return path[0] in known.get(_POD, ())


def moments(record: GoldenRecord, ours: Entry, *, is_sample: bool) -> Moments:
    """Which fields of a status, *ours* in its reduced form, may differ from those of *record*."""
    last = reduced(record.status)
    restarted = {
        name
        for name, each in containers_of(ours).items()
        if each["restartCount"] and containers_of(last).get(name, each)["restartCount"]
    }
    if is_sample and restarted:
        return _of_sample(ours, restarted, [each for run in record.sequences for each in run])
    counted = dict.fromkeys(restarted & record.backing_off, _COUNT)
    others = [run[-1] for run in record.sequences[1:]]
    if _is_among(ours, [last], counted) or not _is_among(ours, others, counted):
        return counted
    return {_POD: _OF_POD, **dict.fromkeys(containers_of(ours), _OF_CONTAINER)}


def _of_sample(ours: Entry, restarted: Iterable[str], entries: Sequence[Entry]) -> Moments:
    """What may differ where containers restart at the moment of the sample."""
    known = {
        name: _OF_CONTAINER
        for name in restarted
        if _without_count(containers_of(ours)[name])
        in [_without_count(containers_of(each)[name]) for each in entries if each["containers"]]
    }
    if pod_of(ours) in [pod_of(each) for each in entries]:
        known[_POD] = _OF_POD
    return known


def _is_among(ours: Entry, entries: Iterable[Entry], counted: Iterable[str]) -> bool:
    """Whether *ours* is one of *entries*, apart from the restarts of some containers."""
    return _without_counts(ours, counted) in [_without_counts(each, counted) for each in entries]


def _without_counts(entry: Entry, counted: Iterable[str]) -> Entry:
    containers = {
        name: _without_count(each) if name in {*counted} else each
        for name, each in containers_of(entry).items()
    }
    return {**pod_of(entry), "containers": containers}


def _without_count(container: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in container.items() if key != "restartCount"}
