"""Ending what runs: politely within the grace period, then by force.

Theory of operation: a stop has one deadline for the whole pod (`StopClock`). All preStop hooks
begin at once. When its hook is done an app, or a regular init container, is sent its stop signal; a
sidecar waits for its turn as well: until every app and every later sidecar has ended. Whatever
somebody waits for, the deadline ends the wait. Whoever still runs at the deadline, but at least two
seconds after its stop signal, is killed; a hook that is not done ends with its container. So the
reverse order holds within the grace period, and the whole takes no longer than the grace period and
two seconds.

A single container that is ended while its pod goes on has a clock of its own, and no turn to wait
for. If its pod stops meanwhile, it ends no later than that allows.

Source: kubelet, killContainer, killContainersWithSyncResult and terminationOrdering.
"""

from __future__ import annotations

from collections.abc import Iterator

from anyio import CancelScope, create_task_group

from seedpod import events
from seedpod._core.grace import MINIMUM_STOP_SECONDS, kill_deadline
from seedpod._core.hooks import runs_pre_stop
from seedpod._core.kill_messages import stopping
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.pod_run import PodRun
from seedpod._runtime.stop_clock import StopClock
from seedpod.abc import ContainerKind, Workload, WorkloadDescription
from seedpod.events import StopReason

DEFAULT_STOP_SIGNAL = "SIGTERM"


def stop_soon(
    pod: PodRun, reason: StopReason, grace_period_seconds: float, message: str = ""
) -> None:
    """Begin to end *pod*, or allow less time to a pod that is ending already."""
    if pod.stop(reason, grace_period_seconds, message=message) and pod.group is not None:
        pod.group.start_soon(end_containers, pod)


def restart_all(pod: PodRun, trigger: ContainerRun) -> None:
    """End all containers of *pod* without ceremony, so that it begins anew in its sandbox."""
    if pod.restart_all(trigger) and pod.group is not None:
        pod.group.start_soon(end_containers, pod)


def lose_sandbox(pod: PodRun) -> None:
    """End what may be left of the containers of *pod*, whose sandbox is gone."""
    if pod.lose_sandbox() and pod.group is not None:
        pod.group.start_soon(end_containers, pod)


async def end_containers(pod: PodRun) -> None:
    """End everything that runs in a pod that is stopping; returns when nothing does.

    Cancellation: stops asking; the containers are then killed by whoever runs them.
    """
    clock = pod.stop_clock
    running = [each for each in pod.containers if each.is_running]
    if clock is None or not running:
        return
    if len(running) == 1:
        await terminate(running[0], clock)
        return
    async with create_task_group() as group:
        for each in running:
            group.start_soon(terminate, each, clock)


async def terminate(container: ContainerRun, clock: StopClock) -> None:
    """End one running container: preStop hook, its turn, stop signal, grace period, kill.

    A container that is being ended already is only held to *clock* as well.

    Cancellation: stops asking; the container is then killed by whoever runs it.
    """
    workload = container.workload
    if workload is None:
        return
    if container.ending is not None:
        if container.ending is not clock:
            clock.lead(container.ending)
        await container.ended()
        return
    container.ending = clock
    _announce(container, clock)
    grace = clock.deadline - container.pod.settings.clock()
    if runs_pre_stop(container.spec, grace):
        from seedpod._runtime.hooks import pre_stop  # noqa: PLC0415 (slow to import)

        async with create_task_group() as group:
            with clock.waiting() as wait:
                # A wait that is over takes no harm from being ended.
                group.start_soon(pre_stop, container, workload, wait)  # noqa: ASYNC111 (see above)
                await container.ended()
            await _stop(container, workload, clock)
            group.cancel_scope.cancel()  # a hook outlives its grace period, never its container
    else:
        await _stop(container, workload, clock)


async def end_alone(
    container: ContainerRun, message: str, grace_period_seconds: float, cause: int | None
) -> None:
    """End one running container while its pod goes on.

    Cancellation: as `terminate`.
    """
    deadline = container.pod.settings.clock() + grace_period_seconds
    await terminate(container, StopClock(deadline, cause, message, is_ordered=False))


def end_if_judged(container: ContainerRun) -> None:
    """Begin to end what was found running if it cannot go on as it is, so that it starts anew."""
    pod = container.pod
    verdict, container.verdict = container.verdict, None
    if verdict is not None and pod.group is not None:
        container.was_replaced = True
        message, grace = verdict.message, pod.grace_of_spec
        pod.group.start_soon(end_alone, container, message, grace, container.cause)


async def stop_now(container: ContainerRun, workload: Workload) -> None:
    """End a container whose task was cancelled: ask, wait a short while, kill.

    All containers of the pod are cancelled together, so there is no order among them.

    Cancellation: shielded; takes no longer than `cancel_grace_seconds` and what a kill takes.
    """
    pod = container.pod
    seconds = pod.settings.cancel_grace_seconds
    now = pod.settings.clock()
    until = now + seconds
    pod.stop(StopReason.CANCELLED, seconds)
    if container.ending is not None:  # it keeps the deadline it had, if that is sooner
        signalled_at = now if container.signalled_at is None else container.signalled_at
        until = min(until, kill_deadline(signalled_at, container.ending.deadline))
    with CancelScope(shield=True):
        if seconds > 0:
            if container.signalled_at is None:
                await _signal(container, workload, until)
            with CancelScope(deadline=until):
                await workload.wait()
                return
        await _kill(container, workload)


def _announce(container: ContainerRun, clock: StopClock) -> None:
    pod = container.pod
    container.end_cause = pod.happened(
        events.ContainerStopping,
        clock.cause,
        container.name,
        clock.message or stopping(container.name),
        pod.settings.date(clock.deadline),
    )


async def _stop(container: ContainerRun, workload: Workload, clock: StopClock) -> None:
    """Send the stop signal in the container's turn, and kill it when its time is over."""
    if clock.is_ordered and container.kind is ContainerKind.SIDECAR:
        with clock.waiting():
            for each in _prerequisites(container):
                await each.ended()
    if container.workload is not workload:
        return  # it has ended by itself
    now = container.pod.settings.clock()
    await _signal(container, workload, kill_deadline(now, clock.deadline))
    with clock.waiting(now + MINIMUM_STOP_SECONDS):
        await container.ended()
    if container.workload is workload:
        await _kill(container, workload)
        await container.ended()


async def _signal(container: ContainerRun, workload: Workload, until: float) -> None:
    pod = container.pod
    signal = _stop_signal(container, workload)
    container.signalled_at = pod.settings.clock()
    container.end_cause = pod.happened(
        events.ContainerSignalled,
        container.end_cause,
        container.name,
        signal,
        pod.settings.date(until),
    )
    await workload.signal(signal)


async def _kill(container: ContainerRun, workload: Workload) -> None:
    pod = container.pod
    container.end_cause = pod.happened(events.ContainerKilled, container.end_cause, container.name)
    await workload.signal("SIGKILL")


def _stop_signal(container: ContainerRun, workload: Workload) -> str:
    """The manifest's, else that of the image, else the usual one.

    Source: containerd, stopContainer.
    """
    lifecycle = container.spec.lifecycle
    if lifecycle is not None and lifecycle.stop_signal:
        return lifecycle.stop_signal
    # `CanDescribe`, asked for in the quick way.
    description: WorkloadDescription | None = getattr(workload, "description", None)
    return (description and description.stop_signal) or DEFAULT_STOP_SIGNAL


def _prerequisites(sidecar: ContainerRun) -> Iterator[ContainerRun]:
    """Whom a sidecar waits for: every app, and the sidecars after it."""
    yield from sidecar.pod.apps
    later = False
    for each in sidecar.pod.inits:
        if later and each.kind is ContainerKind.SIDECAR:
            yield each
        later = later or each is sidecar
