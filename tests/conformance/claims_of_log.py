"""Claims about the lifecycle log: what started, what ended, in which order, how far apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from tests.conformance.claims import (
    MISSING,
    Evidence,
    MalformedError,
    UnmetError,
    as_list,
    at_path,
    is_within,
    seconds,
)
from tests.conformance.claims_of_pod import check_launches, status_of
from tests.conformance.lifecycle_log import Line, positions

_START_SLACK: Final = 0.5
"""Seconds: two shells launched one after the other may write in the other order."""


def line_at(lines: Sequence[Line], reference: Any) -> Line:
    """The line `[name, Word]` or `[name, Word, n]` refers to: n from 1, or from the end."""
    if not isinstance(reference, list) or len(reference) not in (2, 3):
        raise MalformedError(
            f"a line reference is [name, Word] or [name, Word, n], got {reference!r}"
        )
    words: list[Any] = [*reference, 1]
    name, word, nth = words[:3]
    if not isinstance(nth, int) or nth == 0:
        raise MalformedError(f"bad occurrence in {reference!r}")
    found = positions(lines, name, word)
    index = nth - 1 if nth > 0 else len(found) + nth
    if not 0 <= index < len(found):
        raise UnmetError(f"no line {reference!r} (found {len(found)} of '{name} {word}')")
    return lines[found[index]]


def _position(lines: Sequence[Line], name: str, word: str, start: int = 0) -> int:
    """Where the first such line from *start* on is; there must be one."""
    found = positions(lines, name, word, start)
    if not found:
        raise UnmetError(f"no '{name} {word}' line" + (f" after line {start}" if start else ""))
    return found[0]


def _starts(evidence: Evidence, wanted: Any) -> None:
    for name in as_list(wanted):
        _position(evidence.lines, name, "Started")


def _does_not_start(evidence: Evidence, wanted: Any) -> None:
    for name in as_list(wanted):
        if any(line.name == name for line in evidence.lines):
            raise UnmetError(f"{name} left lines in the log but must never start")


def _exits(evidence: Evidence, wanted: Any) -> None:
    for name in as_list(wanted):
        _position(evidence.lines, name, "Exiting")


def _does_not_exit(evidence: Evidence, wanted: Any) -> None:
    for name in as_list(wanted):
        if positions(evidence.lines, name, "Exiting"):
            raise UnmetError(f"{name} logged Exiting but must not")


def _starts_before(evidence: Evidence, wanted: Any) -> None:
    first, second = wanted
    begun = _position(evidence.lines, first, "Started")
    _position(evidence.lines, second, "Starting", begun + 1)


def _starts_in_order(evidence: Evidence, wanted: Any) -> None:
    for first, second in pairwise(wanted):
        times = [
            evidence.lines[_position(evidence.lines, name, "Starting")].time
            for name in (first, second)
        ]
        if times[1] < times[0] - _START_SLACK:
            raise UnmetError(f"{second} started {times[0] - times[1]:.3f}s before {first}")
        check_launches(evidence, first, second)


def _exits_before(evidence: Evidence, wanted: Any) -> None:
    first, second = wanted
    ended = _position(evidence.lines, first, "Exiting")
    _position(evidence.lines, second, "Exiting", ended + 1)


def _completes_before_start(evidence: Evidence, wanted: Any) -> None:
    first, second = wanted
    ended = _position(evidence.lines, first, "Exiting")
    if _position(evidence.lines, second, "Starting") <= ended:
        raise UnmetError(f"{second} started before {first} had exited")


def _runs_together_first(evidence: Evidence, wanted: Any) -> None:
    first, second = wanted
    begun = _position(evidence.lines, first, "Started")
    joined = _position(evidence.lines, second, "Started", begun + 1)
    ended = positions(evidence.lines, first, "Exiting", begun + 1)
    if ended and ended[0] < joined:
        raise UnmetError(f"{first} exited before {second} started")


def _runs_together(evidence: Evidence, wanted: Any) -> None:
    try:
        _runs_together_first(evidence, [wanted[0], wanted[1]])
    except UnmetError:
        _runs_together_first(evidence, [wanted[1], wanted[0]])


def _has_restarted(evidence: Evidence, wanted: Any) -> None:
    for name in as_list(wanted):
        if len(positions(evidence.lines, name, "Starting")) < 2:
            raise UnmetError(f"{name} started fewer than two times")


def _has_not_restarted(evidence: Evidence, wanted: Any) -> None:
    for name in as_list(wanted):
        count = len(positions(evidence.lines, name, "Starting"))
        if count != 1:
            raise UnmetError(f"{name} started {count} times, wanted exactly once")


def _no_line_after(evidence: Evidence, wanted: Any) -> None:
    mark = line_at(evidence.lines, wanted["after"])
    name, word = wanted["line"]
    for line in evidence.lines:
        if line.time > mark.time and line.name == name and word in ("*", line.word):
            raise UnmetError(
                f"'{line.name} {line.word}' at +{line.time - mark.time:.3f}s"
                f" after '{mark.name} {mark.word}'"
            )


def _log_contains(evidence: Evidence, wanted: Any) -> None:
    for text in as_list(wanted):
        if not any(text in line.text for line in evidence.lines):
            raise UnmetError(f"no log line contains {text!r}")


def _log_matches(evidence: Evidence, wanted: Any) -> None:
    for pattern in as_list(wanted):
        if not any(re.search(pattern, line.text) for line in evidence.lines):
            raise UnmetError(f"no log line matches {pattern!r}")


def _log_lacks(evidence: Evidence, wanted: Any) -> None:
    for text in as_list(wanted):
        for line in evidence.lines:
            if text in line.text:
                raise UnmetError(f"log line {line.text!r} contains {text!r}")


def _log_count(evidence: Evidence, wanted: Any) -> None:
    name, word = wanted["line"]
    count = len(positions(evidence.lines, name, word))
    if not is_within(count, wanted["count"]):
        raise UnmetError(f"{count} lines '{name} {word}', wanted {wanted['count']}")


def _time_between(evidence: Evidence, wanted: Any) -> None:
    start, end = (line_at(evidence.lines, wanted[key]) for key in ("from", "to"))
    least, most = wanted["between"]
    gap = end.time - start.time
    if not least <= gap <= most:
        raise UnmetError(
            f"{gap:.3f}s from '{start.name} {start.word}' to '{end.name} {end.word}',"
            f" wanted [{least}, {most}]"
        )


def _simultaneous(evidence: Evidence, wanted: Any) -> None:
    times = {str(each): line_at(evidence.lines, each).time for each in wanted["lines"]}
    gap = max(times.values()) - min(times.values())
    if gap > wanted["within"]:
        raise UnmetError(f"lines are {gap:.3f}s apart, wanted within {wanted['within']}s: {times}")


def _terminated_in_order(evidence: Evidence, wanted: Any) -> None:
    for first, second in pairwise(wanted):
        exits = [_last_exit(evidence.lines, name) for name in (first, second)]
        if exits[0] is not None and exits[1] is not None:
            if exits[0] >= exits[1]:
                raise UnmetError(f"{second} exited before {first}")
            continue
        path = "state.terminated.finishedAt"
        ends = [at_path(status_of(evidence.pod, name), path) for name in (first, second)]
        if MISSING in ends:
            raise UnmetError(
                f"cannot order {first} and {second}: no Exiting lines and no finishedAt"
            )
        if seconds(ends[0]) > seconds(ends[1]):
            raise UnmetError(f"{second} finished before {first}")


def _last_exit(lines: Sequence[Line], name: str) -> float | None:
    """When the last life of a container says that it ends, if it does."""
    begun = positions(lines, name, "Starting")
    ended = positions(lines, name, "Exiting", begun[-1] if begun else 0)
    return lines[ended[0]].time if ended else None


CLAIMS: Final[Mapping[str, Callable[[Evidence, Any], None]]] = {
    "starts": _starts,
    "does_not_start": _does_not_start,
    "exits": _exits,
    "does_not_exit": _does_not_exit,
    "starts_before": _starts_before,
    "starts_in_order": _starts_in_order,
    "exits_before": _exits_before,
    "completes_before_start": _completes_before_start,
    "runs_together": _runs_together,
    "runs_together_lhs_first": _runs_together_first,
    "has_restarted": _has_restarted,
    "has_not_restarted": _has_not_restarted,
    "no_line_after": _no_line_after,
    "log_contains": _log_contains,
    "log_matches": _log_matches,
    "log_lacks": _log_lacks,
    "log_count": _log_count,
    "time_between": _time_between,
    "simultaneous": _simultaneous,
    "terminated_in_order": _terminated_in_order,
}
