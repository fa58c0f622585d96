"""What claims about a run are made of: the evidence, comparisons, ranges, times."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from tests.conformance.lifecycle_log import Line

MISSING: Final = object()
"""What is at a path that leads nowhere."""
_TIME: Final = re.compile(r"^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$")
_RANGE: Final = re.compile(r"^(\d+)(?:\.\.(\d+|\*))?$")
_STEP: Final = re.compile(r"\[(\d+)\]|\['([^']+)'\]|([^.\[\]]+)")


class UnmetError(Exception):
    """A claim does not hold; the sentence says why."""


class MalformedError(Exception):
    """A claim is not written in the vocabulary."""


@attrs.frozen(kw_only=True)
class Evidence:
    """What a run left behind."""

    lines: Sequence[Line] = ()
    """The lifecycle log, sorted by time."""
    pod: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    """The v1 Pod: the final one, or the snapshot a claim is about."""
    events: Sequence[Mapping[str, Any]] = ()
    """Each with reason, message, time, and perhaps container, type, count."""
    wall_seconds: float = 0.0
    """From the submission to the end."""
    snapshots: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict[str, Any])
    output: Mapping[str, str] | None = None
    """What each container wrote; None if nobody kept it."""


def at_path(value: Any, path: str) -> Any:
    """What is at `a.b[0].c` or `a['dotted.key']` of *value*, or `MISSING`."""
    for index, quoted, plain in _STEP.findall(path):
        if index:
            if not isinstance(value, list) or int(index) >= len(value):
                return MISSING
            value = value[int(index)]
        else:
            key = quoted or plain
            if not isinstance(value, dict) or key not in value:
                return MISSING
            value = value[key]
    return value


_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "equals": lambda value, wanted: value == wanted,
    "not_equals": lambda value, wanted: value != wanted,
    "in": lambda value, wanted: value in wanted,
    "matches": lambda value, wanted: re.search(wanted, str(value)) is not None,
    "contains": lambda value, wanted: wanted in value,
    "at_least": lambda value, wanted: value >= wanted,
    "at_most": lambda value, wanted: value <= wanted,
    "length": lambda value, wanted: len(value) == wanted,
}


def compare(value: Any, wanted: Mapping[str, Any], what: str) -> None:
    """Hold *value* against every comparison in *wanted*.

    v1 JSON leaves out empty strings, zeros and false, so a missing value equals those.
    """
    asked = [key for key in wanted if key in _COMPARISONS or key == "exists"]
    if not asked:
        known = ", ".join([*_COMPARISONS, "exists"])
        raise MalformedError(f"no comparison given for {what} (one of {known})")
    for key in asked:
        _compare(value, key, wanted[key], what)


def _compare(value: Any, key: str, wanted: Any, what: str) -> None:
    is_there = value is not MISSING
    if key == "exists":
        if (is_there and value is not None) != bool(wanted):
            told = "is missing" if wanted else f"is {value!r} but should be absent"
            raise UnmetError(f"{what} {told}")
    elif not is_there:
        if key != "equals" or wanted not in ("", None, 0, False):
            raise UnmetError(f"{what} is missing")
    elif not _COMPARISONS[key](value, wanted):
        raise UnmetError(f"{what} is {value!r}, wanted {key} {wanted!r}")


def bounds(range_: Any) -> tuple[int, float]:
    """The least and the most of `2..4`, `2..*`, `3`."""
    if isinstance(range_, int) and not isinstance(range_, bool):
        return range_, range_
    match = _RANGE.match(str(range_))
    if match is None:
        raise MalformedError(f"bad range {range_!r} (want 'lo..hi', 'lo..*' or a number)")
    least, most = match.groups()
    if most is None:
        return int(least), int(least)
    return int(least), float("inf") if most == "*" else int(most)


def is_within(number: float, range_: Any) -> bool:
    """Whether *number* is in the range."""
    least, most = bounds(range_)
    return least <= number <= most


def seconds(text: Any) -> float:
    """An RFC 3339 time as seconds since 1970."""
    match = _TIME.match(text or "")
    if match is None:
        raise UnmetError(f"not an RFC 3339 time: {text!r}")
    whole, fraction, zone = match.groups()
    offset = "+00:00" if zone in "Zz" else zone
    moment = datetime.fromisoformat(whole.upper() + offset).astimezone(UTC)
    return moment.timestamp() + float(fraction or 0)


def as_list(value: Any) -> list[Any]:
    """*value*, if it is a list, or a list of it alone."""
    return value if isinstance(value, list) else [value]
