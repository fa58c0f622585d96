"""Status as a fold over events: what is known of a pod after each fact.

Theory of operation: a pod's writer hands every event to `apply`, which changes one mutable
`PodRecord`. Nothing is computed twice: container states, counts and flags change in place, and a
frozen `PodStatus` is only built when somebody looks (`snapshot`). The few conclusions that are
events themselves (phase and conditions) are drawn by `conclusions`, from the same functions the
snapshot uses, so they agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import attrs

from seedpod import events
from seedpod._core import phase as phases
from seedpod._core.conditions import (
    CONTAINERS_READY,
    INITIALIZED,
    READY,
    READY_TO_START,
    SCHEDULED,
    PodView,
    conditions,
    is_initialized,
)
from seedpod._core.resources import qos_class
from seedpod._core.restart import has_init_failed, is_sidecar
from seedpod.spec import Container, Pod
from seedpod.status import (
    ContainerState,
    ContainerStatus,
    Phase,
    PodStatus,
    Running,
    Terminated,
    Waiting,
)


@attrs.define(eq=False)
class ContainerRecord:
    """What is known of one container; the names are those of `ContainerStatus`."""

    name: str
    image: str
    is_init: bool
    """A regular init container: it is ready by having succeeded."""
    has_startup_probe: bool
    has_readiness_probe: bool
    state: ContainerState
    last_state: Terminated | None = None
    restart_count: int = 0
    ready: bool = False
    started: bool = False
    container_id: str = ""
    next_attempt_at: float | None = None
    """While it waits: when it is tried again, in seconds since 1970."""
    covered: tuple[Terminated, Terminated | None] | None = None
    """While a waiting reason covers an end: the end, and the `last_state` of that time."""


@attrs.define(eq=False)
class PodRecord:
    """What is known of one pod."""

    pod: Pod
    inits: tuple[ContainerRecord, ...]
    """Regular init containers and sidecars, in the order of the spec."""
    apps: tuple[ContainerRecord, ...]
    """In the order of the spec."""
    by_name: dict[str, ContainerRecord]
    serving: tuple[ContainerRecord, ...]
    """Sidecars and apps: the pod is ready when they are."""
    host_ip: str = ""
    pod_ip: str = ""
    phase: Phase = Phase.PENDING
    reason: str = ""
    message: str = ""
    submitted_at: float | None = None
    has_sandbox: bool = False
    blocked: events.PodBlocked | None = None
    stopping: events.PodStopping | None = None
    stop_deadline: float | None = None
    finished_at: float | None = None
    is_true: dict[str, bool] = attrs.field(factory=dict[str, bool])
    """The conditions, as far as they have been decided."""
    changed_at: dict[str, float] = attrs.field(factory=dict[str, float])


def pod_record(pod: Pod, *, host_ip: str = "", pod_ip: str = "") -> PodRecord:
    """A record of *pod* before anything has happened to it."""
    reason = "PodInitializing" if pod.spec.init_containers else "ContainerCreating"
    waiting = Waiting(reason)
    inits = tuple(
        _container_record(each, waiting, in_init=True) for each in pod.spec.init_containers
    )
    apps = tuple(_container_record(each, waiting, in_init=False) for each in pod.spec.containers)
    by_name = {each.name: each for each in (*inits, *apps)}
    serving = tuple(each for each in by_name.values() if not each.is_init)
    return PodRecord(pod, inits, apps, by_name, serving, host_ip, pod_ip)


def _container_record(container: Container, waiting: Waiting, *, in_init: bool) -> ContainerRecord:
    return ContainerRecord(
        name=container.name,
        image=container.image or "",
        is_init=in_init and not is_sidecar(container),
        has_startup_probe=container.startup_probe is not None,
        has_readiness_probe=container.readiness_probe is not None,
        state=waiting,
    )


def apply(record: PodRecord, event: events.Event) -> None:
    """Let *record* know what *event* says."""
    fold = _FOLDS.get(type(event))
    if fold is not None:
        fold(record, event)


def conclusions(record: PodRecord) -> Iterator[tuple[str, bool] | Phase]:
    """What follows from the record and is not in it yet: conditions, then the phase.

    A terminal phase is never concluded: it is published by whoever knows that nothing runs any
    more. Asked after every change of a container, so what cannot have changed is not looked at:
    a pod stays Pending while an app was never started, and initialized once it was.
    """
    known = record.is_true
    spec = record.pod.spec
    if known.get(READY_TO_START) is not record.has_sandbox:
        yield READY_TO_START, record.has_sandbox
    if not known.get(INITIALIZED) and is_initialized(spec, record.inits, record.apps):
        yield INITIALIZED, True
    is_ready = all(each.ready for each in record.serving)
    if known.get(CONTAINERS_READY) is not is_ready:
        yield CONTAINERS_READY, is_ready
    if known.get(READY) is not (is_ready and not spec.readiness_gates):
        yield READY, is_ready and not spec.readiness_gates
    if record.phase is Phase.PENDING and not all(_has_begun(each) for each in record.apps):
        return
    now = phases.phase(spec, record.inits, record.apps, has_initialized=_has_initialized(record))
    if now is not record.phase and not now.is_terminal:
        yield now


def final_phase(record: PodRecord) -> Phase:
    """The phase of a pod of which nothing runs any more."""
    stopping = record.stopping
    if stopping is not None and stopping.reason is events.StopReason.DEADLINE_EXCEEDED:
        return Phase.FAILED
    return phases.final_phase(record.pod.spec, record.inits, record.apps)


def snapshot(record: PodRecord) -> PodStatus:
    """The v1 status of the pod as of the last event."""
    inits = tuple(_container_status(each) for each in record.inits)
    apps = tuple(_container_status(each) for each in sorted(record.apps, key=_by_name))
    view = PodView(
        spec=record.pod.spec,
        phase=record.phase,
        init_statuses=inits,
        statuses=apps,
        has_sandbox=record.has_sandbox,
        was_initialized=record.is_true.get(INITIALIZED, False),
    )
    return PodStatus(
        phase=record.phase,
        reason=record.reason,
        message=record.message,
        conditions=conditions(
            view, times={type_: utc(at) for type_, at in record.changed_at.items()}
        ),
        init_container_statuses=inits,
        container_statuses=apps,
        start_time=None if record.submitted_at is None else utc(record.submitted_at),
        qos_class=qos_class(record.pod),
        host_ip=record.host_ip,
        host_ips=(record.host_ip,) if record.host_ip else (),
        pod_ip=record.pod_ip,
        pod_ips=(record.pod_ip,) if record.pod_ip else (),
    )


def utc(seconds: float) -> datetime:
    """A moment given in seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _by_name(each: ContainerRecord) -> str:
    return each.name


def _has_initialized(record: PodRecord) -> bool:
    return any(_has_begun(each) for each in record.apps)


def _has_begun(each: ContainerRecord) -> bool:
    """Whether there was an attempt of the container."""
    return type(each.state) is not Waiting or each.last_state is not None


def _container_status(each: ContainerRecord) -> ContainerStatus:
    return ContainerStatus(
        name=each.name,
        image=each.image,
        container_id=each.container_id,
        state=each.state,
        last_state=each.last_state,
        restart_count=each.restart_count,
        ready=each.ready,
        started=each.started,
    )


def _submitted(record: PodRecord, event: events.PodSubmitted) -> None:
    record.submitted_at = event.time
    record.is_true[SCHEDULED] = True
    record.changed_at[SCHEDULED] = event.time
    for type_ in (READY_TO_START, INITIALIZED, CONTAINERS_READY, READY):
        record.is_true[type_] = False
        record.changed_at[type_] = event.time
    record.is_true[INITIALIZED] = not record.inits


def _blocked(record: PodRecord, event: events.PodBlocked) -> None:
    record.blocked = event


def _sandbox_opened(record: PodRecord, _event: events.SandboxOpened) -> None:
    record.blocked = None
    record.has_sandbox = True


def _sandbox_closed(record: PodRecord, _event: events.SandboxClosed) -> None:
    record.has_sandbox = False


def _condition_changed(record: PodRecord, event: events.PodConditionChanged) -> None:
    record.is_true[event.type] = event.is_true
    record.changed_at[event.type] = event.time


def _phase_changed(record: PodRecord, event: events.PodPhaseChanged) -> None:
    record.phase = event.phase
    record.reason = event.reason
    record.message = event.message


def _stopping(record: PodRecord, event: events.PodStopping) -> None:
    record.stopping = event
    record.stop_deadline = event.deadline
    record.blocked = None
    # Nothing is started from here on, so a container between two attempts shows its last end again.
    for each in record.by_name.values():
        each.next_attempt_at = None
        if each.covered is not None:
            each.state, each.last_state = each.covered
            each.covered = None


def _grace_shortened(record: PodRecord, event: events.PodGraceShortened) -> None:
    record.stop_deadline = event.deadline


def _finished(record: PodRecord, event: events.PodFinished) -> None:
    record.finished_at = event.time


def _started(record: PodRecord, event: events.ContainerStarted) -> None:
    each = record.by_name[event.container]
    if type(each.state) is Terminated:
        each.last_state = each.state
    each.covered = None
    each.next_attempt_at = None
    each.state = Running(utc(event.time))
    each.restart_count = event.attempt
    each.container_id = event.container_id
    each.started = not each.has_startup_probe
    each.ready = each.started and not each.has_readiness_probe and not each.is_init


def _waiting(record: PodRecord, event: events.ContainerWaiting) -> None:
    each = record.by_name[event.container]
    if type(each.state) is Terminated:
        each.covered = (each.state, each.last_state)
        each.last_state = each.state
    each.next_attempt_at = event.until
    each.state = Waiting(event.reason, event.message)


def _startup_changed(record: PodRecord, event: events.ContainerStartupChanged) -> None:
    each = record.by_name[event.container]
    each.started = event.is_started
    each.ready = event.is_started and not each.has_readiness_probe and not each.is_init


def _readiness_changed(record: PodRecord, event: events.ContainerReadinessChanged) -> None:
    record.by_name[event.container].ready = event.is_ready


def _exited(record: PodRecord, event: events.ContainerExited) -> None:
    each = record.by_name[event.container]
    if type(each.state) is Terminated:
        each.last_state = each.state
    started_at = each.state.started_at if type(each.state) is Running else None
    finished_at = utc(event.time)
    each.covered = None
    each.next_attempt_at = None
    each.restart_count = event.attempt
    each.container_id = event.container_id
    each.state = Terminated(
        event.exit_code,
        event.reason,
        event.message,
        started_at or finished_at,
        finished_at,
        event.container_id,
    )
    each.started = False
    each.ready = each.is_init and not has_init_failed(each.state)


_FOLDS: dict[type[events.Event], Callable[[PodRecord, Any], None]] = {
    events.PodSubmitted: _submitted,
    events.PodBlocked: _blocked,
    events.SandboxOpened: _sandbox_opened,
    events.SandboxClosed: _sandbox_closed,
    events.PodConditionChanged: _condition_changed,
    events.PodPhaseChanged: _phase_changed,
    events.PodStopping: _stopping,
    events.PodGraceShortened: _grace_shortened,
    events.PodFinished: _finished,
    events.ContainerStarted: _started,
    events.ContainerWaiting: _waiting,
    events.ContainerStartupChanged: _startup_changed,
    events.ContainerReadinessChanged: _readiness_changed,
    events.ContainerExited: _exited,
}
