"""Status as a fold over events: what is known of a pod after each fact.

Theory of operation: a pod's writer hands every event to `apply`, which changes one mutable
`PodRecord`. Nothing is computed twice: container states, counts and flags change in place, and a
frozen `PodStatus` is only built when somebody looks (`snapshot`). The few conclusions that are
events themselves (phase and conditions) are drawn by `conclusions`, from the same functions the
snapshot uses, so they agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from seedpod import events
from seedpod._core import phase as phases
from seedpod._core.conditions import (
    ALL_RESTARTING,
    CONTAINERS_READY,
    INITIALIZED,
    READY,
    READY_TO_START,
    SCHEDULED,
    are_gates_open,
    is_initialized,
)
from seedpod._core.record import ContainerRecord, PodRecord, not_begun
from seedpod._core.restart import has_init_failed
from seedpod._core.snapshot import utc
from seedpod._core.unseen_ends import RESET, RESETTING
from seedpod.spec.words import HookKind
from seedpod.status import Phase, PodCondition, Running, Terminated, Waiting


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
    phase = record.phase
    if phase.is_terminal:
        return
    yield from _changed_conditions(record)
    if phase is Phase.PENDING and not all(_has_begun(each) for each in record.apps):
        return
    spec, has_initialized = record.pod.spec, _has_initialized(record)
    now = phases.phase(spec, record.inits, record.apps, has_initialized=has_initialized)
    if now is not phase and not now.is_terminal:
        yield now


def _changed_conditions(record: PodRecord) -> Iterator[tuple[str, bool]]:
    known, spec = record.is_true, record.pod.spec
    if known.get(READY_TO_START) is not record.has_sandbox:
        yield READY_TO_START, record.has_sandbox
    if not known.get(INITIALIZED) and is_initialized(spec, record.inits, record.apps):
        yield INITIALIZED, True
    is_ready = all(each.ready for each in record.serving)
    if known.get(CONTAINERS_READY) is not is_ready:
        yield CONTAINERS_READY, is_ready
    is_ready = is_ready and are_gates_open(spec, record.others)
    if known.get(READY) is not is_ready:
        yield READY, is_ready
    if record.may_restart_all and known.get(ALL_RESTARTING) is not record.is_restarting_all:
        yield ALL_RESTARTING, record.is_restarting_all


def final_phase(record: PodRecord) -> Phase | None:
    """The phase of a pod of which nothing runs any more; None if its containers do not decide it.

    Source: kubelet, getPhase of a pod that is terminal.
    """
    stopping = record.stopping
    if stopping is not None and stopping.reason is events.StopReason.DEADLINE_EXCEEDED:
        return Phase.FAILED
    spec = record.pod.spec
    last = phases.phase(spec, record.inits, record.apps, is_terminal=True, has_initialized=True)
    return last if last.is_terminal else None


def _has_initialized(record: PodRecord) -> bool:
    """Source: kubelet, HasAnyActiveRegularContainerStarted: what is gone proves nothing."""
    return any(each.is_in_sandbox for each in record.apps)


def _has_begun(each: ContainerRecord) -> bool:
    """Whether there was an attempt of the container."""
    return type(each.state) is not Waiting or each.last_state is not None


def _submitted(record: PodRecord, event: events.PodSubmitted) -> None:
    record.submitted_at = event.time
    record.is_true[SCHEDULED] = True
    record.changed_at[SCHEDULED] = event.time
    for type_ in (READY_TO_START, INITIALIZED, CONTAINERS_READY, READY):
        record.is_true[type_] = False
        record.changed_at[type_] = event.time
    if record.may_restart_all:
        record.is_true[ALL_RESTARTING] = False
        record.changed_at[ALL_RESTARTING] = event.time
    record.is_true[INITIALIZED] = not record.inits


def _blocked(record: PodRecord, event: events.PodBlocked) -> None:
    record.blocked = event


def _sandbox_opened(record: PodRecord, event: events.SandboxOpened) -> None:
    record.blocked = None
    record.pod_ips = event.addresses or record.pod_ips
    record.has_sandbox = record.had_sandbox = True


def _sandbox_closed(record: PodRecord, _event: events.SandboxClosed) -> None:
    record.has_sandbox = False


def _sandbox_lost(record: PodRecord, _event: events.SandboxLost) -> None:
    record.has_sandbox = False
    for each in record.by_name.values():
        each.is_in_sandbox = False


def _condition_changed(record: PodRecord, event: events.PodConditionChanged) -> None:
    record.is_true[event.type] = event.is_true
    record.changed_at[event.type] = event.time


def _condition_set(record: PodRecord, event: events.PodConditionSet) -> None:
    old = record.others.get(event.type)
    has_changed = old is None or old.status != event.status
    since = utc(event.time) if old is None or has_changed else old.last_transition_time
    record.others[event.type] = PodCondition(
        type=event.type,
        status=event.status,
        reason=event.reason,
        message=event.message,
        last_transition_time=since,
    )


def _phase_changed(record: PodRecord, event: events.PodPhaseChanged) -> None:
    record.phase = event.phase
    record.reason = event.reason
    record.message = event.message
    record.is_forced = event.is_forced


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


def _updated(record: PodRecord, event: events.PodUpdated) -> None:
    record.pod = event.pod
    specs = {
        each.name: each for each in (*event.pod.spec.init_containers, *event.pod.spec.containers)
    }
    for each in record.by_name.values():
        each.spec = specs[each.name]


def _restarting_all(record: PodRecord, _event: events.AllContainersRestarting) -> None:
    record.is_restarting_all = True


def _reset(record: PodRecord, event: events.AllContainersReset) -> None:
    record.is_restarting_all = False
    record.was_reset = True
    for name in event.containers:
        each = record.by_name[name]
        each.covered = None
        each.next_attempt_at = None
        each.state = RESETTING
        each.last_state = RESET
        each.restart_count += 1
        each.started = each.ready = False


def _found(record: PodRecord, event: events.ContainerFound) -> None:
    each = record.by_name[event.container]
    each.has_run = True
    each.is_in_sandbox = event.is_in_sandbox
    each.state = event.state
    each.last_state = event.last_state
    each.restart_count = event.attempt
    each.container_id = event.container_id
    each.image_id = event.image_id
    each.user = event.user
    if type(event.state) is Running:
        _is_running(each, is_started=not each.has_startup_probe)
    elif type(event.state) is Terminated:
        each.ready = each.is_init and not has_init_failed(event.state)


def _started(record: PodRecord, event: events.ContainerStarted) -> None:
    each = record.by_name[event.container]
    if record.was_reset:
        _begin_again(record)
    each.container_id = event.container_id
    each.image_id = event.image_id
    each.user = event.user
    each.has_run = each.is_in_sandbox = True
    each.complaint = ""
    if each.has_post_start:
        each.running_since = event.time  # shown as running when the hook is done
        return
    _show_running(each, event.time, event.attempt)


def _show_running(each: ContainerRecord, since: float, attempt: int) -> None:
    if type(each.state) is Terminated:
        each.last_state = each.state
    each.covered = None
    each.next_attempt_at = None
    each.running_since = None
    each.state = Running(utc(since))
    each.restart_count = attempt
    _is_running(each, is_started=not each.has_startup_probe)


def _is_running(each: ContainerRecord, *, is_started: bool) -> None:
    each.started = is_started
    each.ready = is_started and not each.has_readiness_probe and not each.is_init


def _begin_again(record: PodRecord) -> None:
    record.was_reset = False
    waiting = not_begun(record.pod)
    for each in record.by_name.values():
        if each.state is RESETTING:
            each.state = waiting


def _hook_ended(record: PodRecord, event: events.ContainerHookEnded) -> None:
    each = record.by_name[event.container]
    if event.hook is HookKind.POST_START and event.is_success and each.running_since is not None:
        _show_running(each, each.running_since, event.attempt)


def _waiting(record: PodRecord, event: events.ContainerWaiting) -> None:
    each = record.by_name[event.container]
    if type(each.state) is Terminated:
        each.covered = (each.state, each.last_state)
        each.last_state = each.state
    each.next_attempt_at = event.until
    each.state = Waiting(event.reason, event.message)


def _startup_changed(record: PodRecord, event: events.ContainerStartupChanged) -> None:
    each = record.by_name[event.container]
    each.complaint = ""
    _is_running(each, is_started=event.is_started)


def _readiness_changed(record: PodRecord, event: events.ContainerReadinessChanged) -> None:
    each = record.by_name[event.container]
    each.ready = event.is_ready
    if event.is_ready:
        each.complaint = ""


def _probe_failed(record: PodRecord, event: events.ContainerProbeFailed) -> None:
    record.by_name[event.container].complaint = f"{event.probe} probe failed: {event.message}"


def _exited(record: PodRecord, event: events.ContainerExited) -> None:
    each = record.by_name[event.container]
    finished_at = utc(event.time)
    started_at = finished_at
    if type(each.state) is Terminated:
        each.last_state = each.state
    if type(each.state) is Running:
        started_at = each.state.started_at
    elif each.running_since is not None:
        started_at = utc(each.running_since)
    each.covered = None
    each.next_attempt_at = None
    each.running_since = None
    each.has_run = True
    each.is_in_sandbox = record.has_sandbox
    each.restart_count = event.attempt
    each.container_id = event.container_id
    each.state = Terminated(
        event.exit_code,
        event.reason,
        event.message,
        started_at,
        finished_at,
        event.container_id,
    )
    each.started = False
    each.ready = each.is_init and not has_init_failed(each.state)


_FOLDS: dict[type[events.Event], Callable[[PodRecord, Any], None]] = {
    events.PodSubmitted: _submitted,
    events.PodUpdated: _updated,
    events.PodBlocked: _blocked,
    events.SandboxOpened: _sandbox_opened,
    events.SandboxLost: _sandbox_lost,
    events.SandboxClosed: _sandbox_closed,
    events.PodConditionChanged: _condition_changed,
    events.PodConditionSet: _condition_set,
    events.AllContainersRestarting: _restarting_all,
    events.AllContainersReset: _reset,
    events.PodPhaseChanged: _phase_changed,
    events.PodStopping: _stopping,
    events.PodGraceShortened: _grace_shortened,
    events.PodFinished: _finished,
    events.ContainerFound: _found,
    events.ContainerStarted: _started,
    events.ContainerHookEnded: _hook_ended,
    events.ContainerWaiting: _waiting,
    events.ContainerProbeFailed: _probe_failed,
    events.ContainerStartupChanged: _startup_changed,
    events.ContainerReadinessChanged: _readiness_changed,
    events.ContainerExited: _exited,
}
