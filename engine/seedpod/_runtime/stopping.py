"""Ending what runs: politely within the grace period, then by force.

Theory of operation: a stop has one deadline for the whole pod (`StopClock`). Apps and a regular
init container are sent their stop signal at once. A sidecar waits for its turn: until every app and
every later sidecar has ended, or the deadline has passed. Whoever still runs at the deadline, but
at least two seconds after its stop signal, is killed. So the reverse order holds within the grace
period, and the whole takes no longer than the grace period and two seconds.

Source: kubelet, killContainersWithSyncResult and terminationOrdering.
"""

from __future__ import annotations

from collections.abc import Iterator

from anyio import CancelScope, create_task_group

from seedpod import events
from seedpod._core.grace import MINIMUM_STOP_SECONDS, kill_deadline
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.pod_run import PodRun
from seedpod.abc import ContainerKind, Workload
from seedpod.events import StopReason

DEFAULT_STOP_SIGNAL = "SIGTERM"


async def end_containers(pod: PodRun) -> None:
    """End everything that runs in a pod that is stopping; returns when nothing does.

    Cancellation: stops asking; the containers are then killed by whoever runs them.
    """
    running = [each for each in pod.containers if each.is_running]
    if len(running) == 1:
        await terminate(running[0])
        return
    async with create_task_group() as group:
        for each in running:
            group.start_soon(terminate, each)


async def terminate(container: ContainerRun) -> None:
    """End one running container when its turn has come: stop signal, grace period, kill.

    Cancellation: stops asking; the container is then killed by whoever runs it.
    """
    pod = container.pod
    clock = pod.stop_clock
    if clock is None:
        return
    if container.kind is ContainerKind.SIDECAR:
        with clock.waiting():
            for each in _prerequisites(container):
                await each.ended()
    workload = container.workload
    if workload is None or container.asked_to_end_by is not None:
        return  # it has ended, or was asked by whoever saw it start while the pod was stopping
    await _ask(container, workload, kill_deadline(pod.settings.clock(), clock.deadline))
    has_ended = False
    with clock.waiting(container.asked_at + MINIMUM_STOP_SECONDS):
        await container.ended()
        has_ended = True
    if not has_ended and container.workload is workload:
        await _kill(container, workload)
        await container.ended()


async def stop_now(container: ContainerRun, workload: Workload) -> None:
    """End a container whose task was cancelled: ask, wait a short while, kill.

    All containers of the pod are cancelled together, so there is no order among them.

    Cancellation: shielded; takes no longer than `cancel_grace_seconds` and what a kill takes.
    """
    pod = container.pod
    seconds = pod.settings.cancel_grace_seconds
    until = pod.settings.clock() + seconds
    pod.stop(StopReason.CANCELLED, seconds)
    with CancelScope(shield=True):
        if seconds > 0:
            if container.asked_to_end_by is None:
                await _ask(container, workload, until)
            elif pod.stop_clock is not None:  # it keeps the deadline it had, if that is sooner
                until = min(until, kill_deadline(container.asked_at, pod.stop_clock.deadline))
            with CancelScope(deadline=until):
                await workload.wait()
                return
        await _kill(container, workload)


async def _ask(container: ContainerRun, workload: Workload, until: float) -> None:
    pod = container.pod
    signal = _stop_signal(container)
    container.asked_at = pod.settings.clock()
    container.asked_to_end_by = pod.happened(
        events.ContainerStopping,
        None if pod.stop_clock is None else pod.stop_clock.cause,
        container.name,
        f"Stopping container {container.name}",
        signal,
        pod.settings.date(until),
    )
    await workload.signal(signal)


async def _kill(container: ContainerRun, workload: Workload) -> None:
    pod = container.pod
    container.asked_to_end_by = pod.happened(
        events.ContainerKilled, container.asked_to_end_by, container.name
    )
    await workload.signal("SIGKILL")


def _stop_signal(container: ContainerRun) -> str:
    lifecycle = container.spec.lifecycle
    return (lifecycle and lifecycle.stop_signal) or DEFAULT_STOP_SIGNAL


def _prerequisites(sidecar: ContainerRun) -> Iterator[ContainerRun]:
    """Whom a sidecar waits for: every app, and the sidecars after it."""
    yield from sidecar.pod.apps
    later = False
    for each in sidecar.pod.inits:
        if later and each.kind is ContainerKind.SIDECAR:
            yield each
        later = later or each is sidecar
