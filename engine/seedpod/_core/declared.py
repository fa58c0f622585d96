"""What a status repeats of the spec: resources, mounts, the stop signal.

Source: kubelet, `convertToAPIContainerStatuses` and `convertToAPIPodLevelResourcesStatus`.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from seedpod._core.resources import CPU, MEMORY, effective_limits, effective_requests
from seedpod.spec import Container, Pod, Quantity, ResourceRequirements
from seedpod.status import ContainerState, ContainerStatus, VolumeMountStatus


def declared_status(container: Container, state: ContainerState) -> ContainerStatus:
    """The status of a container of which no more is known than its state."""
    return ContainerStatus(
        name=container.name,
        image=container.image,
        state=state,
        stop_signal=_stop_signal(container),
        volume_mounts=_volume_mounts(container),
    )


def with_resources(status: ContainerStatus, container: Container) -> ContainerStatus:
    """*status* with what the container was allocated, as it shows once there was an attempt."""
    return attrs.evolve(
        status,
        allocated_resources=container.resources.requests,
        resources=_without_claims(container.resources),
    )


def pod_resources(pod: Pod) -> tuple[Mapping[str, Quantity], ResourceRequirements | None]:
    """What the pod as a whole was allocated, and what bounds it.

    Bounds are shown where the pod sets its own, or where those of its containers amount to some:
    one container without a limit leaves the pod without.
    """
    requests = effective_requests(pod)
    own = pod.spec.resources
    is_bounded = own is not None and bool(own.limits or own.requests)
    every = (*pod.spec.init_containers, *pod.spec.containers)
    if is_bounded or all(_is_limited(each) for each in every):
        return requests, ResourceRequirements(limits=effective_limits(pod), requests=requests)
    return requests, None


def _is_limited(container: Container) -> bool:
    limits = container.resources.limits
    return CPU in limits and MEMORY in limits


def _without_claims(resources: ResourceRequirements) -> ResourceRequirements:
    return attrs.evolve(resources, claims=()) if resources.claims else resources


def _stop_signal(container: Container) -> str:
    lifecycle = container.lifecycle
    return "" if lifecycle is None else lifecycle.stop_signal or ""


def _volume_mounts(container: Container) -> tuple[VolumeMountStatus, ...]:
    return tuple(
        VolumeMountStatus(
            name=each.name,
            mount_path=each.mount_path,
            read_only=each.read_only,
            recursive_read_only=_recursive(each.recursive_read_only) if each.read_only else None,
        )
        for each in container.volume_mounts
    )


def _recursive(asked: str | None) -> str:
    """Source: kubelet, `resolveRecursiveReadOnly`; what is asked for if possible is possible."""
    return "Enabled" if asked in {"Enabled", "IfPossible"} else "Disabled"
