"""What a run reported, held against what a kubelet reported for the same scenario.

The last status is compared field by field, and the events by the set of their reasons. A difference
is let pass only if the page of differences lists it: each allowance here is bound to the id of a
row there, and says which runs and which fields it is about, never which scenarios.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from tests.conformance.comparable_status import Flat, Place, flat, normalised, text_of
from tests.conformance.event_reasons import (
    IMAGES,
    PROBE_TIMING,
    RESTART_TIMING,
    differing_reasons,
    told,
)
from tests.conformance.golden_record import GoldenRecord, reduced
from tests.conformance.momentary import is_of_the_moment, moments

HOST_USER: Final = "host-user"
RUNTIME_WORDS: Final = "runtime-words"
ALLOWANCES: Final = frozenset({IMAGES, HOST_USER, PROBE_TIMING, RESTART_TIMING, RUNTIME_WORDS})
"""Rows of the page of differences that allow something here."""

_IN_RUNTIME_WORDS: Final = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "CreateContainerError", "RunContainerError", "StartError"}
)
"""The reasons of states whose message quotes what runs the container."""


@attrs.frozen(kw_only=True)
class Reported:
    """What one run reported, and what is to be known of it."""

    pod: Mapping[str, Any]
    """The final v1 Pod."""
    events: Sequence[Mapping[str, Any]]
    """Each with its reason, its message, and perhaps its container."""
    is_sample: bool
    """The run was ended while the pod lived: the status shows the moment."""
    has_images: bool
    """The executor has images; without, containers are processes of the host and of its user."""
    replaced: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """What to replace in texts, and by what: the mount root of this run by that of the record."""


@attrs.frozen
class Comparison:
    """What came of comparing."""

    differences: tuple[str, ...]
    allowed: frozenset[str]
    """The ids of the rows that were needed."""


def comparison(record: GoldenRecord, reported: Reported, listed: Iterable[str]) -> Comparison:
    """How *reported* differs from *record*, where the rows *listed* do not allow it."""
    status = normalised(reported.pod, reported.replaced)
    theirs, ours = flat(record.status), flat(status)
    known = moments(record, reduced(status), is_sample=reported.is_sample)

    def row_for(place: Place) -> str | None:
        """The row that allows a difference in one field."""
        if is_of_the_moment(place, known):
            return RESTART_TIMING
        if not reported.has_images and _is_of_user(place, ours):
            return HOST_USER
        return RUNTIME_WORDS if _is_in_runtime_words(place, theirs, ours) else None

    fields = {
        place: row_for(place)
        for place in {*theirs, *ours}
        if _differs(theirs, ours, place) and not _is_time_of_gate(place, reported.pod)
    }
    reasons = differing_reasons(record, reported.events, has_images=reported.has_images)
    rows = {*listed}
    return Comparison(
        (
            *_told(theirs, ours, [place for place, row in fields.items() if row not in rows]),
            *told(record, [reason for reason, row in reasons.items() if row not in rows]),
        ),
        frozenset(row for row in (*fields.values(), *reasons.values()) if row in rows and row),
    )


def _differs(theirs: Flat, ours: Flat, place: Place) -> bool:
    return place not in theirs or place not in ours or theirs[place] != ours[place]


def _is_time_of_gate(place: Place, pod: Mapping[str, Any]) -> bool:
    """Whether it is the time of a condition that is set from outside, with or without one."""
    gates = {each["conditionType"] for each in pod.get("spec", {}).get("readinessGates", ())}
    return place[0] == "conditions" and place[1] in gates and place[2:] == ("lastTransitionTime",)


def _is_of_user(place: Place, ours: Flat) -> bool:
    """Whether it is about whom a container was started as, which must be told in any case."""
    return place[2:3] == ("user",) and (*place[:2], "user", "linux", "gid") in ours


def _is_in_runtime_words(place: Place, theirs: Flat, ours: Flat) -> bool:
    """Whether both have a message there, and the same reason to quote the runtime in it."""
    reason = theirs.get((*place[:-1], "reason"))
    return (
        place[-1] == "message"
        and {place} <= theirs.keys() & ours.keys()
        and reason in _IN_RUNTIME_WORDS
        and ours.get((*place[:-1], "reason")) == reason
    )


def _told(theirs: Flat, ours: Flat, differing: Iterable[Place]) -> Iterator[str]:
    for place in sorted(differing):
        wanted, got = (repr(one[place]) if place in one else "nothing" for one in (theirs, ours))
        yield f"golden: status.{text_of(place)}: {got}, a kubelet has {wanted}"
