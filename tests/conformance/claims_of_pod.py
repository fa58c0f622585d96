"""Claims about a Pod object: phase, conditions, the statuses of its containers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.conformance.claims import (
    MISSING,
    Evidence,
    UnmetError,
    as_list,
    at_path,
    compare,
    is_within,
    seconds,
)

_LISTS: Final = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")


def statuses(pod: Mapping[str, Any]) -> dict[str, Any]:
    """The statuses of all containers of a v1 Pod, by name."""
    status = pod.get("status") or {}
    return {each.get("name"): each for key in _LISTS for each in status.get(key) or []}


def status_of(pod: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The status of one container."""
    found = statuses(pod)
    if name not in found:
        raise UnmetError(f"no container status named {name!r} (have {sorted(found)})")
    status: Mapping[str, Any] = found[name]
    return status


def conditions(pod: Mapping[str, Any]) -> dict[str, Any]:
    """The conditions of a v1 Pod, by type."""
    found = (pod.get("status") or {}).get("conditions") or []
    return {each.get("type"): each for each in found}


def _phase(evidence: Evidence, wanted: Any) -> None:
    phase = (evidence.pod.get("status") or {}).get("phase")
    if phase not in as_list(wanted):
        raise UnmetError(f"phase is {phase!r}, wanted {' or '.join(as_list(wanted))}")


def _pod(evidence: Evidence, wanted: Any) -> None:
    compare(at_path(evidence.pod, wanted["path"]), wanted, wanted["path"])


def _condition(evidence: Evidence, wanted: Any) -> None:
    if isinstance(wanted, str):
        type_, _, status = wanted.partition("=")
        wanted = {"type": type_, "status": status}
    found, type_ = conditions(evidence.pod), wanted["type"]
    if type_ not in found:
        raise UnmetError(f"no condition {type_} (have {sorted(found)})")
    condition = found[type_]
    if condition.get("status") != wanted["status"]:
        raise UnmetError(
            f"condition {type_} is {condition.get('status')}, wanted {wanted['status']}"
            f" ({condition.get('message', '')})"
        )
    for key in ("reason", "message"):
        if key in wanted and condition.get(key, "") != wanted[key]:
            raise UnmetError(
                f"condition {type_} has {key} {condition.get(key)!r}, wanted {wanted[key]!r}"
            )


def _conditions_in_order(evidence: Evidence, wanted: Any) -> None:
    found = conditions(evidence.pod)
    before: tuple[float, str] | None = None
    for type_ in wanted:
        condition = found.get(type_)
        if condition is None or condition.get("status") != "True":
            raise UnmetError(f"condition {type_} is not True")
        since = seconds(condition.get("lastTransitionTime"))
        if before is not None and since < before[0]:
            raise UnmetError(f"{type_} became True before {before[1]}")
        before = since, type_


def _status(evidence: Evidence, wanted: Any) -> None:
    name, path = wanted["container"], wanted["path"]
    compare(at_path(status_of(evidence.pod, name), path), wanted, f"{name}.{path}")


def _restarts(evidence: Evidence, wanted: Any) -> None:
    for name, range_ in wanted.items():
        count = status_of(evidence.pod, name).get("restartCount", 0)
        if not is_within(count, range_):
            raise UnmetError(f"{name} has restartCount {count}, wanted {range_}")


def _terminated(evidence: Evidence, wanted: Any) -> None:
    for name, words in wanted.items():
        code, _, reason = str(words).partition(" ")
        state = status_of(evidence.pod, name).get("state")
        terminated = (state or {}).get("terminated")
        if terminated is None:
            raise UnmetError(f"{name} is not terminated: {state!r}")
        if code != "*" and terminated.get("exitCode", 0) != int(code):
            raise UnmetError(f"{name} exited with {terminated.get('exitCode', 0)}, wanted {code}")
        if reason and terminated.get("reason") != reason:
            raise UnmetError(f"{name} has reason {terminated.get('reason')!r}, wanted {reason!r}")


def _waiting(evidence: Evidence, wanted: Any) -> None:
    for name, reasons in wanted.items():
        state = status_of(evidence.pod, name).get("state")
        waiting = (state or {}).get("waiting")
        if waiting is None:
            raise UnmetError(f"{name} is not waiting: {state!r}")
        if as_list(reasons) != ["*"] and waiting.get("reason") not in as_list(reasons):
            raise UnmetError(
                f"{name} waits with reason {waiting.get('reason')!r}, wanted {reasons}"
            )


def _running(evidence: Evidence, wanted: Any) -> None:
    for name in as_list(wanted):
        state = status_of(evidence.pod, name).get("state")
        if (state or {}).get("running") is None:
            raise UnmetError(f"{name} is not running: {state!r}")


def check_launches(evidence: Evidence, first: str, second: str) -> None:
    """Hold that *second*, if neither ever restarted, has no earlier `startedAt` than *first*."""
    known = statuses(evidence.pod)
    found = [known[name] for name in (first, second) if known.get(name)]
    if len(found) < 2 or any(each.get("restartCount") for each in found):
        return
    begun = [
        at_path(each, f"state.{state}.startedAt")
        for each in found
        for state in ("running", "terminated")
    ]
    begun = [each for each in begun if each is not MISSING]
    if len(begun) == 2 and seconds(begun[1]) < seconds(begun[0]):
        raise UnmetError(f"{second} has an earlier startedAt than {first}")


CLAIMS: Final[Mapping[str, Callable[[Evidence, Any], None]]] = {
    "phase": _phase,
    "pod": _pod,
    "condition": _condition,
    "conditions_in_order": _conditions_in_order,
    "status": _status,
    "restarts": _restarts,
    "terminated": _terminated,
    "waiting": _waiting,
    "running": _running,
}
