"""One container through all its attempts: start, wait, judge, back off, start again."""

from __future__ import annotations

from anyio import TASK_STATUS_IGNORED, get_cancelled_exc_class, move_on_after, sleep_until
from anyio.abc import TaskStatus

from seedpod import events
from seedpod._core.backoff import charge, crash_loop_message
from seedpod._core.restart import has_init_failed, may_restart
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.pausing import paused
from seedpod._runtime.plan import planned
from seedpod._runtime.stopping import stop_now, terminate
from seedpod.abc import ContainerKind, ContainerPlan, Workload
from seedpod.errors import StartError
from seedpod.status import Termination

START_ERROR = Termination(128, "StartError")
"""Source: containerd, a container that was created and could not be started."""
LOST = Termination(
    137,
    "ContainerStatusUnknown",
    "The container could not be located when the pod was terminated",
)
"""Source: kubelet, a container whose end nobody saw."""
REAP_SECONDS = 30.0
"""How long an executor may take to tell the end of what it has killed."""


async def supervise(  # noqa: ASYNC128 (the gate calls it)
    container: ContainerRun, *, task_status: TaskStatus[bool] = TASK_STATUS_IGNORED
) -> bool:
    """Keep *container* running as its restart policy asks, until it is done or its pod stops.

    Args:
        container: The container; no attempt of it runs.
        task_status: Told True when the container has started, False if it never will.

    Returns:
        Whether it is done, with success.

    Cancellation: the attempt that runs is asked to end, killed if it does not, and recorded.
    """
    gate = _Gate(task_status, is_of_app=container.kind is ContainerKind.APP)
    try:
        while not container.pod.is_stopping:
            await run_once(container, gate)
            if not _is_to_run_again(container) or not await back_off(container):
                break
    finally:
        gate.open(has_started=False)
    return container.end is not None and not has_init_failed(container.end)


class _Gate:
    """Lets whoever started the container go on: at its first start, or when there will be none.

    An app that could not be started at once does not hold back the next one either.
    """

    def __init__(self, task_status: TaskStatus[bool], *, is_of_app: bool) -> None:
        self._task_status: TaskStatus[bool] | None = task_status
        self._is_of_app = is_of_app

    def start_failed(self) -> None:
        if self._is_of_app:
            self.open(has_started=False)

    def open(self, *, has_started: bool) -> None:
        task_status, self._task_status = self._task_status, None
        if task_status is not None:
            task_status.started(has_started)


async def run_once(container: ContainerRun, gate: _Gate) -> None:
    """Make one attempt: from the start step to the end of all it started.

    Cancellation: the attempt is asked to end, killed if it does not, and recorded.
    """
    plan = await planned(container, gate.start_failed)
    pod = container.pod
    if plan is None or pod.sandbox is None:
        return
    container.begins(plan.attempt)
    container.cause = pod.happened(
        events.ContainerStarting, container.cause, container.name, plan.attempt
    )
    end: Termination | None = None
    workload: Workload | None = None
    try:
        async with pod.sandbox.start(plan) as workload:
            _note_start(container, plan, workload)
            gate.open(has_started=True)
            end = await _end_of(container, workload)
    except StartError as error:
        end = Termination(START_ERROR.exit_code, START_ERROR.reason, error.message)
        gate.start_failed()
    finally:
        if end is None and workload is not None:  # left before its end: by force, or by a bug
            end = LOST
            with move_on_after(REAP_SECONDS, shield=True):
                end = await workload.wait()
        _note_end(container, plan, end)


async def back_off(container: ContainerRun) -> bool:
    """Wait as long as the back-off asks before the next attempt; False if the pod stops meanwhile.

    Cancellation: stops waiting; the attempt counts as charged.
    """
    pod = container.pod
    due, container.backoff = charge(pod.settings.backoff, container.backoff, container.ended_at)
    if due <= pod.settings.clock():
        return True
    message = crash_loop_message(due - container.ended_at, container.name, pod.full_name)
    container.cause = pod.happened(
        events.ContainerWaiting,
        container.cause,
        container.name,
        "CrashLoopBackOff",
        message,
        pod.settings.date(due),
    )
    return await paused(container, lambda: sleep_until(due))


def _is_to_run_again(container: ContainerRun) -> bool:
    end = container.end
    if container.pod.is_stopping or end is None:
        return False
    if container.kind is ContainerKind.SIDECAR:
        return True
    if container.kind is ContainerKind.INIT and not has_init_failed(end):
        return False  # success is final, whatever policy or rules say
    return may_restart(container.pod.pod.spec.restart_policy, container.spec, end.exit_code)


def _note_start(container: ContainerRun, plan: ContainerPlan, workload: Workload) -> None:
    pod = container.pod
    container.workload = workload
    container.cause = pod.happened(
        events.ContainerStarted, container.cause, container.name, plan.attempt, plan.container_id
    )
    if pod.is_stopping and pod.group is not None:
        # The stop came while the executor was starting the container, and found nothing to end.
        pod.group.start_soon(terminate, container)


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
        container.asked_to_end_by,
        container.name,
        plan.attempt,
        end.exit_code,
        reason,
        end.message,
        plan.container_id,
    )
    container.is_over(end, ended_at)
