"""What a pod that is not there yet is waiting for, as a chain of causes."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from seedpod._core.backoff import go_duration
from seedpod._core.conditions import INITIALIZED
from seedpod._core.record import ContainerRecord, PodRecord
from seedpod._core.restart import is_sidecar
from seedpod.status import Running, Terminated, Waiting


@attrs.frozen
class Why:
    """A chain of causes: each is the reason for the one before it."""

    causes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "; ".join(self.causes)

    def __bool__(self) -> bool:
        return bool(self.causes)


def why(record: PodRecord, now: float) -> Why:
    """What the pod waits for.

    Args:
        record: What is known of it.
        now: The time, in seconds since 1970.

    Returns:
        The causes, outermost first; none if the pod is ready, or has ended.
    """
    if record.finished_at is not None:
        return Why()
    if record.stopping is not None:
        return Why(tuple(_why_stopping(record, now)))
    if record.blocked is not None:
        reason = record.blocked.reason
        return Why(("no container can start yet", f"{reason}: {record.blocked.message}"))
    if record.is_restarting_all:
        return Why(("all containers are ended, to be restarted together",))
    if not record.has_sandbox:
        return Why(("no container can start yet", "the pod's sandbox is being opened"))
    return Why(tuple(_why_not_ready(record, now)))


def _why_stopping(record: PodRecord, now: float) -> Iterator[str]:
    stopping = record.stopping
    if stopping is None or record.stop_deadline is None:
        return
    yield f"the pod is stopping ({stopping.reason})"
    alive = [each.name for each in record.by_name.values() if type(each.state) is Running]
    left = max(0.0, record.stop_deadline - now)
    if alive:
        yield f"{_listed(alive)} may run for {_seconds(left)} more"


def _why_not_ready(record: PodRecord, now: float) -> Iterator[str]:
    specs = record.pod.spec.init_containers
    for each, spec in zip(record.inits, specs, strict=True):
        is_passed = each.started if is_sidecar(spec) else each.ready
        if not is_passed and not record.is_true.get(INITIALIZED):
            apps = _listed([app.name for app in record.apps])
            yield f"{apps} cannot start before the init containers"
            verb = "has started" if is_sidecar(spec) else "has succeeded"
            kind = "sidecar" if is_sidecar(spec) else "init container"
            yield f"initialization waits until {kind} {each.name} {verb}"
            yield from _why_container(each, now)
            return
    for each in (*record.inits, *record.apps):
        if not each.ready and not each.is_init:
            yield f"{each.name} is not ready"
            yield from _why_container(each, now)
            return
    for gate in record.pod.spec.readiness_gates:
        condition = record.others.get(gate.condition_type)
        if condition is None or condition.status != "True":
            yield f"readiness gate {gate.condition_type} is not open"
            if condition is not None:
                yield " ".join(filter(None, (condition.reason, condition.message)))
            return


def _why_container(each: ContainerRecord, now: float) -> Iterator[str]:
    if type(each.state) is Running:
        at = each.state.started_at.timestamp()
        yield f"{each.name} has been running for {_seconds(now - at)}"
        if each.complaint:
            yield each.complaint
    elif each.running_since is not None:
        yield f"its postStart hook has been running for {_seconds(now - each.running_since)}"
    elif type(each.state) is Terminated:
        yield _ended(each, each.state)
    elif type(each.state) is Waiting:
        yield from _why_waiting(each, each.state, now)


def _why_waiting(each: ContainerRecord, state: Waiting, now: float) -> Iterator[str]:
    yield f"{each.name} waits: {state.reason or 'it was not started yet'}"
    if each.next_attempt_at is not None:
        yield f"it is tried again in {_seconds(max(0.0, each.next_attempt_at - now))}"
    elif state.message:
        yield state.message
    if each.last_state is not None:
        yield _ended(each, each.last_state)


def _ended(each: ContainerRecord, end: Terminated) -> str:
    times = f" (start number {each.restart_count + 1})" if each.restart_count else ""
    message = f": {end.message}" if end.message else ""
    return f"{each.name} ended with exit code {end.exit_code}, {end.reason}{times}{message}"


def _listed(names: list[str]) -> str:
    *others, last = names or ["no container"]
    return f"{', '.join(others)} and {last}" if others else last


def _seconds(seconds: float) -> str:
    return go_duration(round(seconds, 1))
