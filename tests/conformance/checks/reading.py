"""What a runtime has of a pod, and what was said of it, as the rows write them; and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from seedpod._core.manifest.dump import to_dict
from seedpod.spec import Quantity
from seedpod.status import (
    ContainerState,
    ContainerStatus,
    FoundContainer,
    FoundPod,
    FoundSandbox,
    Phase,
    PodCondition,
    PodStatus,
    Running,
    Terminated,
    Waiting,
)
from tests.conformance.rows import Json

ZERO: Final = datetime(1, 1, 1, tzinfo=UTC)
"""Stands for a time that a row does not give."""
_ZERO_TIME: Final = to_dict(Running(ZERO))["startedAt"]
_RESOURCES: Final = frozenset({"allocatedResources", "requests", "limits"})


def found_pod(runtime: Json, *, host_network: bool = False) -> FoundPod:
    """What a row's runtime has; the rows give no network mode, so it is the spec's."""
    active = runtime.get("activeContainers")
    known = [found_container(each, is_active=active is None) for each in runtime["containers"]]
    known += [found_container(each) for each in active or ()]
    return FoundPod(
        sandboxes=tuple(
            FoundSandbox(
                is_ready=each["ready"],
                attempt=each["attempt"],
                has_host_network=each.get("hostNetwork", host_network),
                ip=each.get("ip", ""),
            )
            for each in runtime["sandboxes"]
        ),
        containers=tuple(known),
    )


def found_container(raw: Json, *, is_active: bool = True) -> FoundContainer:
    """One instance of a container."""
    return FoundContainer(
        name=raw.get("name", ""),
        attempt=raw.get("attempt", raw.get("restartCount", 0)),
        state=_found_state(raw),
        container_id=_container_id(raw),
        has_other_spec=raw.get("specChanged", False),
        is_in_newest_sandbox=is_active,
    )


def status_of(raw: Json) -> PodStatus:
    """A status; a phase that is none, or is not given, is kept as it is."""
    phase: Any = raw.get("phase", "")
    return PodStatus(
        phase=Phase(phase) if phase in set(Phase) else phase,
        reason=raw.get("reason", ""),
        message=raw.get("message", ""),
        conditions=tuple(PodCondition(**each) for each in raw.get("conditions", ())),
        init_container_statuses=statuses_of(raw.get("initContainerStatuses", ())),
        container_statuses=statuses_of(raw.get("containerStatuses", ())),
    )


def statuses_of(raw: Iterable[Json]) -> tuple[ContainerStatus, ...]:
    """Container statuses, in their order."""
    return tuple(
        ContainerStatus(
            name=each["name"],
            container_id=each.get("containerID", ""),
            state=_state(each.get("state") or {}),
            last_state=_last_state(each.get("lastState") or {}),
            restart_count=each.get("restartCount", 0),
            ready=each.get("ready", False),
            started=each.get("started"),
        )
        for each in raw
    )


def comparable(raw: Json, *ignored: str) -> dict[str, Any]:
    """*raw* without what is empty or *ignored*: quantities by value, conditions by type."""
    made: dict[str, Any] = {}
    for name, value in raw.items():
        if name in {"state", "lastState"}:
            made[name] = {kind: _comparable(each, *ignored) for kind, each in value.items()}
        elif name == "conditions":
            made[name] = {each["type"]: _comparable(each, *ignored) for each in value}
        elif name in _RESOURCES:
            made[name] = {key: Quantity(each) for key, each in value.items()}
        elif name not in ignored:
            made[name] = _comparable(value, *ignored)
    if made.get("state") == {"waiting": {}}:
        del made["state"]  # as good as no state
    return {name: value for name, value in made.items() if value not in ({}, [], "", None)}


def without_unasked(found: Any, wanted: Any) -> Any:
    """*found* without the messages that *wanted* lacks: the rows leave long ones out."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        asked = {name: each for name, each in found.items() if name != "message" or name in wanted}
        return {name: without_unasked(each, wanted.get(name)) for name, each in asked.items()}
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        return [without_unasked(*each) for each in zip(found, wanted, strict=True)]
    return found


def _comparable(value: Any, *ignored: str) -> Any:
    if isinstance(value, Mapping):
        return comparable(value, *ignored)
    if isinstance(value, list):
        return [_comparable(each, *ignored) for each in value]
    return None if value == _ZERO_TIME else value


def _found_state(raw: Json) -> ContainerState | None:
    """A runtime's word for a state."""
    match raw["state"]:
        case "running":
            return Running(_time(raw.get("startedAt")) or ZERO)
        case "exited":
            return Terminated(
                raw.get("exitCode", 0),
                raw.get("reason", ""),
                raw.get("message", ""),
                _time(raw.get("startedAt")),
                _time(raw.get("finishedAt")),
            )
        case "created":
            return Waiting()
        case other:
            assert other == "unknown"
            return None


def _container_id(raw: Json) -> str:
    found = raw.get("id", "")
    return f"{raw.get('idType', '')}://{found}" if found else ""


def _state(raw: Json) -> ContainerState:
    if "running" in raw:
        return Running(_time(raw["running"].get("startedAt")) or ZERO)
    return _last_state(raw) or Waiting(**raw.get("waiting", {}))


def _last_state(raw: Json) -> Terminated | None:
    ended = raw.get("terminated")
    if ended is None:
        return None
    return Terminated(
        ended["exitCode"],
        ended.get("reason", ""),
        ended.get("message", ""),
        _time(ended.get("startedAt")),
        _time(ended.get("finishedAt")),
        ended.get("containerID", ""),
    )


def _time(raw: str | None) -> datetime | None:
    return None if raw is None else datetime.fromisoformat(raw)
