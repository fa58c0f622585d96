"""One attempt of one container: from the start step to the end of all it started."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Final, cast

from anyio import create_task_group, get_cancelled_exc_class, move_on_after

from seedpod import events
from seedpod._core.probes import is_accompanied
from seedpod._core.restart import RESTART_ALL, rule_action
from seedpod._core.unseen_ends import EXIT_CODE, LOST_MESSAGE, UNKNOWN
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.gate import Gate
from seedpod._runtime.messages import last_words
from seedpod._runtime.plan import plan_of_found, planned
from seedpod._runtime.stopping import end_if_judged, lose_sandbox, restart_all, stop_now, terminate
from seedpod.abc import CanAdoptContainer, ContainerPlan, Sandbox, Workload, WorkloadDescription
from seedpod.errors import CreateError, StartError
from seedpod.status import Termination

LOST: Final = Termination(EXIT_CODE, UNKNOWN, LOST_MESSAGE)
"""A container whose end nobody saw."""
REAP_SECONDS: Final = 30.0
"""How long an executor may take to tell the end of what it has killed."""
_START_ERROR: Final = "StartError"
_START_ERROR_EXIT_CODE: Final = 128
_NOTHING_TO_ADD: Final = WorkloadDescription()


async def run_once(container: ContainerRun, gate: Gate) -> bool:
    """Make one attempt, from its preparation to the end of all it started.

    Returns:
        Whether there was one: not if the pod stops first, or if it could not even be created.

    Cancellation: the attempt is asked to end, killed if it does not, and recorded.
    """
    if container.found is None:
        plan = await planned(container, gate.start_failed)
    else:
        plan = plan_of_found(container, container.found)
    sandbox = container.pod.sandbox
    if plan is None or sandbox is None or _is_lost(container, sandbox):
        return False
    end: Termination | None = None
    workload: Workload | None = None
    try:
        async with _attempt(container, sandbox, plan) as workload:
            _note_start(container, plan, workload)
            # One coroutine less for the many that nothing goes on beside.
            if is_accompanied(container.spec):
                end = await _accompanied(container, workload, gate)
            else:
                gate.open(has_started=True)
                end = await _end_of(container, workload)
    except StartError as error:
        # Source: containerd; it had been created, so there was an attempt.
        end = Termination(_START_ERROR_EXIT_CODE, _START_ERROR, error.message)
        container.start_failure = ("RunContainerError", error.message)
        gate.start_failed()
    except CreateError as error:
        container.start_failure = (error.reason, error.message)
        gate.start_failed()
    finally:
        if end is None and workload is not None:  # left before its end: by force, or by a bug
            end = LOST
            with move_on_after(REAP_SECONDS, shield=True):
                end = await workload.wait()
        _note_end(container, plan, end)
    _is_lost(container, sandbox)
    return end is not None


def _is_lost(container: ContainerRun, sandbox: Sandbox) -> bool:
    """Whether the sandbox is no more; if so, the pod is told before anybody starts anything."""
    if not getattr(sandbox, "is_lost", False):  # `CanBeLost`, asked in the quick way
        return False
    lose_sandbox(container.pod)
    return True


def _attempt(
    container: ContainerRun, sandbox: Sandbox, plan: ContainerPlan
) -> AbstractAsyncContextManager[Workload]:
    """Adopt or start: the block in which the attempt runs."""
    container.begins(plan.attempt)
    found, container.found = container.found, None
    container.is_adopted = found is not None
    if found is not None:
        return cast("CanAdoptContainer", sandbox).adopt(plan, found)  # as `CanAdopt` says
    container.cause = container.pod.happened(
        events.ContainerStarting, container.cause, container.name, plan.attempt
    )
    return sandbox.start(plan)


def _note_start(container: ContainerRun, plan: ContainerPlan, workload: Workload) -> None:
    pod = container.pod
    container.runs(workload, pod.settings.clock())
    if not container.is_adopted:
        more = _description(workload)
        container.cause = pod.happened(
            events.ContainerStarted,
            container.cause,
            container.name,
            plan.attempt,
            more.container_id or plan.container_id,
            more.image_id,
            more.user,
        )
    if pod.stop_clock is not None and pod.group is not None:
        # The stop came while the executor was starting the container, and found nothing to end.
        pod.group.start_soon(terminate, container, pod.stop_clock)
    elif not container.is_held_until_started:
        end_if_judged(container)


def _description(workload: Workload | None) -> WorkloadDescription:
    """What the workload knows of itself: `CanDescribe`, asked for in the quick way."""
    more: WorkloadDescription = getattr(workload, "description", _NOTHING_TO_ADD)
    return more


async def _accompanied(container: ContainerRun, workload: Workload, gate: Gate) -> Termination:
    """Wait for the end of the attempt, with what goes on beside it."""
    # Slow to import, for what many pods never need.
    from seedpod._runtime.accompany import accompany  # noqa: PLC0415

    end = LOST
    async with create_task_group() as group:
        group.start_soon(accompany, container, workload, gate)
        container.end = end = await _end_of(container, workload)
        group.cancel_scope.cancel()
    return end


async def _end_of(container: ContainerRun, workload: Workload) -> Termination:
    try:
        return await workload.wait()
    except get_cancelled_exc_class():
        await stop_now(container, workload)  # noqa: ASYNC102 (shields itself, within a bound)
        raise


def _note_end(container: ContainerRun, plan: ContainerPlan, end: Termination | None) -> None:
    pod = container.pod
    container.output_closed()
    ended_at = pod.settings.clock()
    if end is None:
        pod.happened(events.ContainerStartAborted, container.cause, container.name, plan.attempt)
        container.is_over(end, ended_at)
        return
    reason = end.reason or ("Error" if end.exit_code else "Completed")
    container.cause = pod.happened(
        events.ContainerExited,
        container.end_cause,
        container.name,
        plan.attempt,
        end.exit_code,
        reason,
        last_words(container, plan, end),
        _description(container.workload).container_id or plan.container_id,
    )
    container.is_over(end, ended_at)
    own_rules = container.spec.restart_policy and container.spec.restart_policy_rules
    if own_rules and rule_action(container.spec, end.exit_code) == RESTART_ALL:
        restart_all(pod, container)
