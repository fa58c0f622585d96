"""Claims about Kubernetes events, the output of containers, and how long a run took."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.conformance.claims import (
    Evidence,
    MalformedError,
    UnmetError,
    as_list,
    compare,
    is_within,
    seconds,
)
from tests.conformance.claims_of_log import line_at

_KEYS: Final = frozenset({"reason", "container", "message", "type", "count", "after"})


def _matching(evidence: Evidence, wanted: Any) -> list[Mapping[str, Any]]:
    """The events that are as *wanted* says."""
    unknown = set(wanted) - _KEYS
    if unknown:
        raise MalformedError(f"unknown event keys {sorted(unknown)}")
    since = line_at(evidence.lines, wanted["after"]).time if "after" in wanted else None
    return [
        event
        for event in evidence.events
        if _is_as_wanted(event, wanted) and (since is None or _time(event) > since)
    ]


def _is_as_wanted(event: Mapping[str, Any], wanted: Any) -> bool:
    return (
        event.get("reason") in as_list(wanted["reason"])
        and ("container" not in wanted or event.get("container") == wanted["container"])
        and ("type" not in wanted or event.get("type") == wanted["type"])
        and (
            "message" not in wanted
            or wanted["message"].lower() in (event.get("message") or "").lower()
        )
    )


def _time(event: Mapping[str, Any]) -> float:
    time = event.get("time")
    try:
        return float(time)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return seconds(time)


def _described(wanted: Any) -> Any:
    return {"reason": wanted} if isinstance(wanted, str) else wanted


def _event(evidence: Evidence, wanted: Any) -> None:
    wanted = _described(wanted)
    range_ = wanted.get("count", "1..*")
    found = sum(event.get("count", 1) for event in _matching(evidence, wanted))
    if not is_within(found, range_):
        raise UnmetError(f"{found} events match {wanted!r}, wanted {range_}")


def _no_event(evidence: Evidence, wanted: Any) -> None:
    found = _matching(evidence, _described(wanted))
    if found:
        raise UnmetError(f"unexpected event {found[0]!r}")


def _events_in_order(evidence: Evidence, wanted: Any) -> None:
    last: float | None = None
    for each in wanted:
        described = _described(each)
        times = [_time(event) for event in _matching(evidence, described)]
        later = [time for time in times if last is None or time >= last]
        if not later:
            after = "" if last is None else " after the previous one"
            raise UnmetError(f"no event {described!r}{after}")
        last = min(later)


def _container_log(evidence: Evidence, wanted: Any) -> None:
    if evidence.output is None:
        raise UnmetError("the runner gave no container logs")
    name = wanted["container"]
    compare(evidence.output.get(name, ""), wanted, f"output of {name}")


def _wall_clock_between(evidence: Evidence, wanted: Any) -> None:
    least, most = wanted
    if not least <= evidence.wall_seconds <= most:
        raise UnmetError(f"the run took {evidence.wall_seconds:.2f}s, wanted [{least}, {most}]")


CLAIMS: Final[Mapping[str, Callable[[Evidence, Any], None]]] = {
    "event": _event,
    "no_event": _no_event,
    "events_in_order": _events_in_order,
    "container_log": _container_log,
    "wall_clock_between": _wall_clock_between,
}
