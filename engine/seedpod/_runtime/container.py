"""One container through all its attempts: start, wait, judge, back off, start again."""

from __future__ import annotations

from collections.abc import Callable

from anyio import TASK_STATUS_IGNORED, sleep, sleep_until
from anyio.abc import TaskStatus

from seedpod import events
from seedpod._core.backoff import charge, charge_after_kill, crash_loop_message
from seedpod._core.restart import has_init_failed, may_restart
from seedpod._core.restart_limit import has_given_up
from seedpod._runtime.attempt import run_once
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.gate import Gate
from seedpod._runtime.objects import RETRY_SECONDS
from seedpod._runtime.pausing import paused
from seedpod.abc import ContainerKind
from seedpod.status import Termination


async def supervise(  # noqa: ASYNC128 (the gate calls it)
    container: ContainerRun, *, task_status: TaskStatus[bool] = TASK_STATUS_IGNORED
) -> bool:
    """Keep *container* running as its restart policy asks, until it is done or its pod stops.

    Args:
        container: The container; no attempt of it runs, but perhaps one that was found.
        task_status: Told True when the container has started, False if it never will.

    Returns:
        Whether it is done, with success.

    Cancellation: the attempt that runs is asked to end, killed if it does not, and recorded.
    """
    gate = Gate(task_status, is_of_app=container.kind is ContainerKind.APP)
    try:
        if container.ended_at is None or await _may_start_again(container, gate):
            while container.found is not None or not container.is_stopping:
                was_made = await run_once(container, gate)
                if not await _goes_on(container, gate, was_made=was_made):
                    break
    finally:
        gate.open(has_started=False)
    return container.end is not None and not has_init_failed(container.end)


async def back_off(container: ContainerRun, has_to_wait: Callable[[], object]) -> bool:
    """Wait as long as the back-off asks before the next attempt; False if the pod stops meanwhile.

    Args:
        container: No attempt of it runs.
        has_to_wait: Called when it may not start at once.

    Cancellation: stops waiting; the attempt counts as charged.
    """
    pod = container.pod
    settings = pod.settings
    ended_at = container.ended_at
    if ended_at is None:
        return True
    chance = settings.chance()
    if container.was_replaced:
        due, container.backoff = charge_after_kill(
            settings.backoff, container.backoff, container.ended_before, ended_at, chance
        )
    else:
        due, container.backoff = charge(settings.backoff, container.backoff, ended_at, chance)
    if due <= settings.clock():
        return True
    has_to_wait()
    message = crash_loop_message(due - ended_at, container.name, pod.full_name)
    container.cause = pod.happened(
        events.ContainerWaiting,
        container.cause,
        container.name,
        "CrashLoopBackOff",
        message,
        settings.date(due),
    )
    return await paused(container, lambda: sleep_until(due))


async def _goes_on(container: ContainerRun, gate: Gate, *, was_made: bool) -> bool:
    """Wait until there may be a next attempt; False if there is to be none.

    Source: kubelet, the reasons of 'start failures' that show until the next attempt.
    """
    if was_made and not _is_to_run_again(container):
        return False
    failure, container.start_failure = container.start_failure, None
    if failure is not None and not container.is_stopping:
        container.cause = container.pod.happened(
            events.ContainerWaiting, container.cause, container.name, *failure
        )
    if was_made:
        return await _may_start_again(container, gate)
    # It could not even be created, which counts for nothing.
    return await paused(container, lambda: sleep(RETRY_SECONDS))


async def _may_start_again(container: ContainerRun, gate: Gate) -> bool:
    return await back_off(container, gate.start_failed) and await _initialized_again(container)


async def _initialized_again(container: ContainerRun) -> bool:
    """Wait until the pod counts as initialized, before an app starts again; False if it stops.

    With no app running, the last sidecar has to be up, if nothing comes after it.

    Source: kubelet, computeInitContainerActions.
    """
    pod = container.pod
    if container.kind is ContainerKind.APP:
        while pod.waits_for_last_sidecar:
            if not await paused(container, pod.log.changed):
                return False
    return not container.is_stopping


def _is_to_run_again(container: ContainerRun) -> bool:
    end = container.end
    if container.is_stopping or end is None or not _is_wanted(container, end):
        return False
    settings = container.pod.settings
    limit = settings.restart_limit
    if limit is None:
        return True
    now = settings.clock()
    if not has_given_up(limit, container.restarts, now):
        recent = (each for each in container.restarts if now - each < limit.window_seconds)
        container.restarts = (*recent, now)
        return True
    container.has_given_up = True
    container.cause = container.pod.happened(
        events.ContainerGaveUp, container.cause, container.name, limit.max_restarts
    )
    return False


def _is_wanted(container: ContainerRun, end: Termination) -> bool:
    """Whether policy and rules ask for another attempt."""
    if container.kind is ContainerKind.SIDECAR:
        return True
    if container.kind is ContainerKind.INIT and not has_init_failed(end):
        return False  # success is final, whatever policy or rules say
    if container.was_replaced:
        return True  # whatever the exit code
    pod_policy = container.pod.pod.spec.restart_policy
    return may_restart(pod_policy, container.spec, end.exit_code)
