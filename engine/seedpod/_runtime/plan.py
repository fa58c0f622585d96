"""What an executor is told about one attempt of one container."""

from __future__ import annotations

from collections.abc import Callable

from seedpod import events
from seedpod._core.environment import Unresolved, command_line, environment
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.messages import message_mount
from seedpod._runtime.pausing import paused
from seedpod._runtime.pod_volumes import mounts_of
from seedpod._runtime.volumes.prepare import file_reader
from seedpod.abc import ContainerPlan
from seedpod.status import FoundContainer

CONFIG_ERROR = "CreateContainerConfigError"


async def planned(
    container: ContainerRun, has_to_wait: Callable[[], object]
) -> ContainerPlan | None:
    """The plan of the next attempt; waits for what it needs. None if the pod stops first.

    Args:
        container: No attempt of it runs.
        has_to_wait: Called when something it needs is missing.

    Cancellation: stops waiting; no attempt was made.
    """
    if not await _has_image(container, has_to_wait):
        return None
    told = ""
    while True:
        plan = _plan(container)
        if isinstance(plan, ContainerPlan):
            return None if container.is_stopping else plan
        if plan.message != told:
            told = plan.message
            container.cause = container.pod.happened(
                events.ContainerWaiting, container.cause, container.name, CONFIG_ERROR, told
            )
        has_to_wait()
        if not await paused(container, container.pod.settings.objects.changed):
            return None


async def _has_image(container: ContainerRun, has_to_wait: Callable[[], object]) -> bool:
    images = container.pod.settings.images
    if images is None:
        return not container.is_stopping
    from seedpod._runtime.images import has_image  # noqa: PLC0415 (few executors have any)

    return await has_image(container, images, has_to_wait)


def plan_of_found(container: ContainerRun, found: FoundContainer) -> ContainerPlan:
    """The plan of what was found running: what it was made from counts, not what is there now."""
    container.output = container.pod.output.of(container.name, found.attempt)
    return ContainerPlan(
        name=container.name,
        kind=container.kind,
        spec=container.spec,
        attempt=found.attempt,
        container_id=found.container_id,
        command=(),
        args=(),
        env={},
        mounts=(),
        write=container.output.write,
    )


def _plan(container: ContainerRun) -> ContainerPlan | Unresolved:
    pod = container.pod
    settings = pod.settings
    read = file_reader(pod.volumes)
    found = environment(pod.pod, container.spec, pod.facts, settings.objects, read)
    if isinstance(found, Unresolved):
        return found
    mounts = mounts_of(pod, container.spec, found.env) if container.spec.volume_mounts else ()
    if isinstance(mounts, Unresolved):
        return mounts
    attempt = container.attempt + 1
    message = message_mount(container)
    if isinstance(message, Unresolved):
        return message
    command, args = command_line(container.spec, found.env)
    container.output = pod.output.of(container.name, attempt)
    return ContainerPlan(
        name=container.name,
        kind=container.kind,
        spec=container.spec,
        attempt=attempt,
        container_id=f"{settings.executor.name}://{pod.uid}/{container.name}/{attempt}",
        command=command,
        args=args,
        env=found.env,
        mounts=mounts if message is None else (*mounts, message),
        write=container.output.write,
    )
