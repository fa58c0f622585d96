"""One line of `kubectl get pods`: NAME, READY, STATUS, RESTARTS, AGE.

STATUS is not the phase: it is the word that explains the pod best, found by walking the init
containers forwards and, once they are done, the apps backwards.

Source: kubectl, `printPod`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs

from seedpod._core.age import human_duration
from seedpod._core.restart import is_sidecar
from seedpod.spec import Pod
from seedpod.status import ContainerStatus, PodStatus, Terminated, Waiting

_NONE: Final = "<none>"
_TERMINAL: Final = frozenset({"Succeeded", "Failed"})


@attrs.frozen(kw_only=True)
class PodRow:
    """The cells of one pod."""

    name: str
    ready: str
    """`1/2`: how many of the apps and sidecars are ready."""
    status: str
    restarts: str
    """`3 (10s ago)`."""
    age: str
    """Since the engine took it on."""
    ip: str = _NONE
    """These are the cells of `-o wide`."""
    node: str = _NONE
    readiness_gates: str = _NONE
    """`1/2`: how many of them are open."""


def row(pod: Pod, status: PodStatus, *, now: datetime, is_deleting: bool = False) -> PodRow:
    """The line kubectl would print for the pod.

    Args:
        pod: As submitted.
        status: What is observed of it.
        now: The time ages are counted to; aware.
        is_deleting: Somebody has asked for the pod's end. What its metadata says about creation and
            deletion is about another life of it, in a cluster, and does not count here.
    """
    sidecars = {each.name for each in pod.spec.init_containers if is_sidecar(each)}
    count = len(pod.spec.init_containers)
    text, seen = _init_text(status.init_container_statuses, sidecars, count)
    counted, ready = status.init_container_statuses[:seen], _ready_sidecars(status, sidecars, seen)
    if text is None or _is_true(status, "Initialized"):
        app_text, ready_apps = _app_text(status)
        text, ready = app_text or _pod_text(status), ready + ready_apps
        counted = tuple(each for each in counted if each.name in sidecars)
        counted += status.container_statuses
    if is_deleting:
        text = _deleting_text(status, text)
    return PodRow(
        name=pod.metadata.name,
        ready=f"{ready}/{len(pod.spec.containers) + _sidecar_count(pod)}",
        status=text,
        restarts=_restarts(counted, now),
        age=_age(status, now),
        ip=status.pod_ips[0] if status.pod_ips else _NONE,
        node=pod.spec.node_name or _NONE,
        readiness_gates=_open_gates(pod, status),
    )


def _open_gates(pod: Pod, status: PodStatus) -> str:
    gates = [gate.condition_type for gate in pod.spec.readiness_gates]
    return f"{sum(_is_true(status, gate) for gate in gates)}/{len(gates)}" if gates else _NONE


def _init_text(
    statuses: tuple[ContainerStatus, ...], sidecars: set[str], count: int
) -> tuple[str | None, int]:
    """What holds the initialization up, or None; and how many statuses were looked at."""
    for index, each in enumerate(statuses):
        state = each.state
        if isinstance(state, Terminated) and state.exit_code == 0:
            continue
        if each.name in sidecars and each.started:
            continue
        if isinstance(state, Terminated):
            return f"Init:{_ending(state)}", index + 1
        if isinstance(state, Waiting) and state.reason not in {"", "PodInitializing"}:
            return f"Init:{state.reason}", index + 1
        return f"Init:{index}/{count}", index + 1
    return None, len(statuses)


def _ready_sidecars(status: PodStatus, sidecars: set[str], seen: int) -> int:
    return sum(
        1
        for each in status.init_container_statuses[:seen]
        if each.name in sidecars and each.started and each.ready and not _has_succeeded(each)
    )


def _app_text(status: PodStatus) -> tuple[str, int]:
    """What the apps have to say (maybe nothing), and how many of them serve."""
    text, error, ready = "", "", 0
    for each in reversed(status.container_statuses):
        state = each.state
        if isinstance(state, Waiting):
            text = state.reason or text
        elif isinstance(state, Terminated):
            text = _ending(state)
            error = text if state.exit_code else error
        else:
            ready += each.ready
    if text != "Completed":
        return text, ready
    if ready and _is_true(status, "Ready"):
        return "Running", ready
    return error or ("NotReady" if ready else text), ready


def _pod_text(status: PodStatus) -> str:
    scheduled = status.condition("PodScheduled")
    if scheduled is not None and scheduled.reason == "SchedulingGated":
        return scheduled.reason
    return status.reason or str(status.phase)


def _deleting_text(status: PodStatus, text: str) -> str:
    if status.reason == "NodeLost":
        return "Unknown"
    return text if status.phase in _TERMINAL else "Terminating"


def _ending(state: Terminated) -> str:
    if state.reason:
        return state.reason
    return f"Signal:{state.signal}" if state.signal else f"ExitCode:{state.exit_code}"


def _restarts(statuses: tuple[ContainerStatus, ...], now: datetime) -> str:
    total = sum(each.restart_count for each in statuses)
    ends = [
        each.last_state.finished_at
        for each in statuses
        if each.last_state is not None and each.last_state.finished_at is not None
    ]
    if not total or not ends:
        return str(total)
    return f"{total} ({human_duration(now - max(ends))} ago)"


def _age(status: PodStatus, now: datetime) -> str:
    since = status.start_time
    return "<unknown>" if since is None else human_duration(now - since)


def _sidecar_count(pod: Pod) -> int:
    return sum(1 for each in pod.spec.init_containers if is_sidecar(each))


def _has_succeeded(status: ContainerStatus) -> bool:
    return isinstance(status.state, Terminated) and status.state.exit_code == 0


def _is_true(status: PodStatus, type_: str) -> bool:
    condition = status.condition(type_)
    return condition is not None and condition.status == "True"
