"""What a run reported, held against what a kubelet reported for the same scenario.

The last status is compared field by field, and the events by the set of their reasons. A difference
is let pass only if the page of differences lists it: each allowance here is bound to the id of a
row there, and says which runs and which fields it is about, never which scenarios.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from tests.conformance.comparable_status import Flat, Place, flat, normalised, text_of
from tests.conformance.golden_record import GoldenRecord, reduced
from tests.conformance.momentary import is_of_the_moment, moments

IMAGES: Final = "images"
HOST_USER: Final = "host-user"
RESTART_TIMING: Final = "restart-timing"
ALLOWANCES: Final = frozenset({IMAGES, HOST_USER, RESTART_TIMING})
"""Rows of the page of differences that allow something here."""


@attrs.frozen(kw_only=True)
class Reported:
    """What one run reported, and what is to be known of it."""

    pod: Mapping[str, Any]
    """The final v1 Pod."""
    reasons: frozenset[str]
    """Of all events."""
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
    differing = {path for path in {*theirs, *ours} if _differs(theirs, ours, path)}
    missing = record.reasons - reported.reasons
    known = moments(record, reduced(status), is_sample=reported.is_sample)
    allowed: dict[str, set[Place]] = {
        RESTART_TIMING: {path for path in differing if is_of_the_moment(path, known)},
    }
    if not reported.has_images:
        allowed[HOST_USER] = {path for path in differing if _is_of_user(path, ours)}
        allowed[IMAGES] = {(reason,) for reason in missing & {"Pulled", "Pulling"}}
    used = {row for row, paths in allowed.items() if paths and row in {*listed}}
    let_pass = {path for row in used for path in allowed[row]}
    return Comparison(
        (
            *_told(theirs, ours, differing - let_pass),
            *_told_of_events(missing, record.reasons, reported.reasons, let_pass),
        ),
        frozenset(used),
    )


def _differs(theirs: Flat, ours: Flat, path: Place) -> bool:
    return path not in theirs or path not in ours or theirs[path] != ours[path]


def _is_of_user(path: Place, ours: Flat) -> bool:
    """Whether it is about whom a container was started as, which must be told in any case."""
    return path[2:3] == ("user",) and (*path[:2], "user", "linux", "gid") in ours


def _told(theirs: Flat, ours: Flat, differing: Iterable[Place]) -> Iterator[str]:
    for path in sorted(differing):
        wanted, got = (
            repr(flat_[path]) if path in flat_ else "nothing" for flat_ in (theirs, ours)
        )
        yield f"golden: status.{text_of(path)}: {got}, a kubelet has {wanted}"


def _told_of_events(
    missing: Iterable[str], theirs: frozenset[str], ours: frozenset[str], let_pass: set[Place]
) -> Iterator[str]:
    for reason in sorted(missing):
        if (reason,) not in let_pass:
            yield f"golden: no event {reason}, which a kubelet reports"
    for reason in sorted(ours - theirs):
        yield f"golden: event {reason}, which a kubelet does not report"
