"""The life of a pod, as a story: volumes, sandbox, init containers, apps, the end."""

from __future__ import annotations

from anyio import TASK_STATUS_IGNORED, create_task_group, get_cancelled_exc_class, sleep
from anyio.abc import TaskGroup

from seedpod import events
from seedpod._core.adoption.part import Part
from seedpod._runtime.attempt import run_once
from seedpod._runtime.concluding import conclude
from seedpod._runtime.container import supervise
from seedpod._runtime.gate import Gate
from seedpod._runtime.objects import RETRY_SECONDS
from seedpod._runtime.pausing import paused
from seedpod._runtime.pod_run import PodRun
from seedpod._runtime.pod_volumes import volumes_prepared, volumes_removed
from seedpod._runtime.stopping import end_containers
from seedpod._runtime.watches import watch_sandbox
from seedpod.abc import ContainerKind, PodContext
from seedpod.errors import ExecutorError
from seedpod.events import StopReason


async def run_pod(pod: PodRun) -> None:
    """Run *pod* until its phase is terminal and nothing of it is left.

    Cancellation: the containers that run are asked to end and killed if they do not; the pod's last
    status is recorded all the same.
    """
    try:
        await live(pod)
    except get_cancelled_exc_class():
        pod.stop(StopReason.CANCELLED, 0.0)
        raise
    finally:
        conclude(pod)
        volumes_removed(pod)
        pod.finish()


async def live(pod: PodRun) -> None:
    """Prepare what the containers share, and run them in it.

    Cancellation: as `run_pod`.
    """
    await look_for(pod)
    while await volumes_prepared(pod) or pod.found is not None:
        try:
            await live_in_sandbox(pod)
        except ExecutorError as error:
            if pod.record.has_sandbox:
                raise
            message = f"Failed to create pod sandbox: {error.message}"
            pod.happened(events.PodBlocked, pod.milestone, "FailedCreatePodSandBox", message)
            if not await paused(pod, lambda: sleep(RETRY_SECONDS)):
                await give_up(pod)
                return
        else:
            if not (pod.begins_again and has_begun_anew(pod)):
                return


async def look_for(pod: PodRun) -> None:
    """Go on with what an earlier engine left of *pod*, if the executor can find it.

    Cancellation: what is found may be left as it is.
    """
    adoption = pod.settings.adoption
    found = None if adoption is None else await adoption.find(pod.pod)
    if adoption is not None and found is not None and (found.sandboxes or found.containers):
        # Few pods are found, and what it takes is slow to import.
        from seedpod._runtime.taking_up import take_up  # noqa: PLC0415

        await take_up(pod, found, adoption)


def has_begun_anew(pod: PodRun) -> bool:
    """Prepare *pod*, whose sandbox is lost, for another one; False if it ends instead."""
    from seedpod._runtime.taking_up import begin_anew  # noqa: PLC0415 (as above)

    return begin_anew(pod)


async def give_up(pod: PodRun) -> None:
    """End by force what was found of *pod*, whose sandbox cannot be entered any more.

    Cancellation: something may be left.
    """
    found, pod.found = pod.found, None
    if found is not None and pod.settings.adoption is not None:
        from seedpod._runtime.taking_up import discard  # noqa: PLC0415 (as above)

        await discard(pod, found, pod.settings.adoption)


async def live_in_sandbox(pod: PodRun) -> None:
    """Run the containers, as often as they ask to be restarted all together.

    Cancellation: as `run_pod`.
    """
    context = PodContext(
        pod=pod.pod,
        uid=pod.uid,
        volumes=pod.volumes,
        directories=tuple(pod.room or ()),
        found=pod.found,
        sandbox_attempt=pod.sandbox_attempt,
    )
    async with pod.settings.executor.open_pod(context) as pod.sandbox:
        pod.sandbox_opened()
        watch_sandbox(pod)
        await run_containers(pod)
        while pod.begins_again and not pod.is_lost:
            pod.begin_again()
            await run_containers(pod)


async def run_containers(pod: PodRun) -> None:
    """Run the init containers, then the apps; sidecars live around both.

    Cancellation: as `run_pod`.
    """
    async with create_task_group() as pod.group:
        if await initialize(pod, pod.group):
            await run_apps(pod)
            reason = StopReason.COMPLETED
        else:
            end_found(pod, pod.group)
            reason = StopReason.INIT_FAILED
        if not pod.is_stopping and pod.stop(reason, pod.grace_of_spec, pod.milestone):
            await end_containers(pod)  # only sidecars are left: last started, first stopped
    pod.group = None


async def initialize(pod: PodRun, group: TaskGroup) -> bool:
    """Run the init containers strictly in order; False if one fails for good, or the pod stops.

    A sidecar's step is over when it has *started*; it lives on in *group*, beside all that follows.

    Cancellation: as `run_pod`.
    """
    for container in pod.inits:
        if pod.is_stopping:
            return False
        container.cause = pod.milestone
        if container.part in {Part.DONE, Part.LEFT}:
            continue
        if container.was_passed:
            group.start_soon(supervise, container)
            is_done = True
        elif container.kind is ContainerKind.SIDECAR:
            is_done = await group.start(supervise, container)
        else:
            is_done = await supervise(container)
        if not is_done:
            return False
        pod.milestone = container.cause
    return not pod.is_stopping


async def run_apps(pod: PodRun) -> None:
    """Start the apps one after another, in order, and wait until each has ended for good.

    Cancellation: as `run_pod`.
    """
    async with create_task_group() as group:
        for app in pod.apps:
            app.cause = pod.milestone
            if app.part is not Part.LEFT:
                await group.start(supervise, app)
    pod.milestone = max(app.cause for app in pod.apps)


def end_found(pod: PodRun, group: TaskGroup) -> None:
    """Adopt what was found running of a pod that stops before it comes to it: thereby it ends."""
    for each in pod.containers:
        if each.found is not None:
            group.start_soon(run_once, each, Gate(TASK_STATUS_IGNORED, is_of_app=False))
