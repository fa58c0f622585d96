"""What a pod as a whole asks for and may use, per resource, and the class that follows from it.

Apps and sidecars run together, so their amounts add up. A regular init container runs beside the
sidecars listed before it and nothing else. The pod needs the larger of the two, for each resource.

With a status at hand, what a container has counts too: until a change of its resources is carried
out, it needs the larger of what it is to have, was granted and has; if the change cannot be made,
what it is to have does not count.

Source: component-helpers, `resource.PodRequests`, `PodLimits` and `AggregateContainerRequests`;
apis/core/v1/helper/qos, `ComputePodQOS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, TypeAlias

from seedpod._core.restart import is_sidecar
from seedpod.spec import Container, Pod, PodSpec, Quantity, ResourceRequirements
from seedpod.status import ContainerStatus, PodStatus

Amounts: TypeAlias = Mapping[str, Quantity]
"""By resource: `cpu` in cores, `memory` in bytes, ..."""

CPU: Final = "cpu"
MEMORY: Final = "memory"
RESIZE_PENDING: Final = "PodResizePending"
"""The condition of a pod whose change of resources waits, or cannot be made."""
INFEASIBLE: Final = "Infeasible"
"""The reason of that condition where it cannot."""
_JUDGED: Final = (CPU, MEMORY)


class QOSClass(StrEnum):
    """How firmly a pod's resources are promised, from the firmest to the loosest."""

    GUARANTEED = "Guaranteed"
    BURSTABLE = "Burstable"
    BEST_EFFORT = "BestEffort"


def effective_requests(
    pod: Pod,
    status: PodStatus | None = None,
    *,
    has_overhead: bool = True,
    has_pod_level: bool = True,
) -> dict[str, Quantity]:
    """What the pod asks for.

    Args:
        pod: With defaults: a container's missing requests are its limits.
        status: What its containers have by now; None: only what is asked for counts.
        has_overhead: Whether to add `spec.overhead`.
        has_pod_level: Whether `spec.resources` replaces what the containers ask for.
    """
    total = aggregate_requests(pod.spec, status)
    if has_pod_level and pod.spec.resources is not None:
        own = pod_level(pod.spec.resources.requests)
        if own and status is not None and status.resources is not None:
            had = (status.resources.requests, status.allocated_resources)
            own = _only(own, _needed(status, own, *had))
        total.update(own)
    if has_overhead:
        _add(total, pod.spec.overhead)
    return total


def effective_limits(
    pod: Pod,
    status: PodStatus | None = None,
    *,
    has_overhead: bool = True,
    has_pod_level: bool = True,
) -> dict[str, Quantity]:
    """What the pod may use; a container without a limit adds nothing to the sum.

    Args:
        pod: With defaults.
        status: What its containers have by now; None: only what is asked for counts.
        has_overhead: Whether to add `spec.overhead`, where there is a limit to add it to.
        has_pod_level: Whether `spec.resources` replaces the containers' limits.
    """
    total = aggregate_limits(pod.spec, status)
    if has_pod_level and pod.spec.resources is not None:
        own = pod_level(pod.spec.resources.limits)
        if own and status is not None and status.resources is not None:
            own = _only(own, _needed(status, own, status.resources.limits))
        total.update(own)
    if has_overhead:
        _add(total, {name: each for name, each in pod.spec.overhead.items() if total.get(name)})
    return total


def qos_class(pod: Pod) -> QOSClass:
    """The class of the pod, judged by cpu and memory alone; amounts of zero do not count.

    `spec.resources` is judged instead of the containers if it says anything. An empty one is as
    good as none (Kubernetes calls such a pod BestEffort whatever its containers ask for).
    """
    judged = _judged(pod.spec)
    requests = _total([each.requests for each in judged])
    limits = _total([each.limits for each in judged])
    if not requests and not limits:
        return QOSClass.BEST_EFFORT
    is_limited = all(each.limits.get(name) for each in judged for name in _JUDGED)
    return QOSClass.GUARANTEED if is_limited and requests == limits else QOSClass.BURSTABLE


def aggregate_requests(spec: PodSpec, status: PodStatus | None = None) -> dict[str, Quantity]:
    """What the containers ask for, taken together; see `effective_requests`."""

    def requests(container: Container, found: ContainerStatus | None) -> Amounts:
        asked = container.resources.requests
        if status is None or found is None or found.resources is None:
            return asked
        return _needed(status, asked, found.resources.requests, found.allocated_resources)

    return _aggregate(spec, status, requests)


def aggregate_limits(spec: PodSpec, status: PodStatus | None = None) -> dict[str, Quantity]:
    """What the containers may use, taken together; see `effective_limits`."""

    def limits(container: Container, found: ContainerStatus | None) -> Amounts:
        asked = container.resources.limits
        if status is None or found is None or found.resources is None:
            return asked
        return _needed(status, asked, found.resources.limits)

    return _aggregate(spec, status, limits)


def pod_level(amounts: Amounts) -> dict[str, Quantity]:
    """Those of *amounts* that can be set for a pod as a whole."""
    return {name: each for name, each in amounts.items() if is_pod_level_resource(name)}


def is_pod_level_resource(name: str) -> bool:
    """Whether this resource can be set for a pod as a whole: cpu, memory, huge pages."""
    return name in {CPU, MEMORY} or name.startswith("hugepages-")


def _judged(spec: PodSpec) -> list[ResourceRequirements]:
    own = spec.resources
    if own is not None and (own.requests or own.limits):
        return [own]
    return [each.resources for each in (*spec.init_containers, *spec.containers)]


def _total(many: list[Amounts]) -> dict[str, int]:
    """The sums of cpu and memory, in billionths; without those that are zero."""
    sums = {name: sum(each[name].nanos for each in many if name in each) for name in _JUDGED}
    return {name: amount for name, amount in sums.items() if amount}


def _aggregate(
    spec: PodSpec,
    status: PodStatus | None,
    amounts: Callable[[Container, ContainerStatus | None], Amounts],
) -> dict[str, Quantity]:
    found = {} if status is None else _statuses(status)
    total: dict[str, Quantity] = {}
    for app in spec.containers:
        _add(total, amounts(app, found.get(app.name)))
    peak: dict[str, Quantity] = {}
    sidecars: dict[str, Quantity] = {}
    for container in spec.init_containers:
        stays = is_sidecar(container)
        use = dict(sidecars)
        _add(use, amounts(container, found.get(container.name) if stays else None))
        _raise_to(peak, use)
        if stays:
            sidecars = use
    _add(total, sidecars)
    _raise_to(total, peak)
    return total


def _statuses(status: PodStatus) -> dict[str, ContainerStatus]:
    every = (*status.container_statuses, *status.init_container_statuses)
    return {each.name: each for each in every}


def _needed(status: PodStatus, asked: Amounts, *had: Amounts) -> dict[str, Quantity]:
    """The larger of what is asked for and what is *had*, resource by resource."""
    pending = status.condition(RESIZE_PENDING)
    is_infeasible = pending is not None and pending.reason == INFEASIBLE
    most = {} if is_infeasible else dict(asked)
    for amounts in had:
        _raise_to(most, amounts)
    return most


def _only(wanted: Amounts, amounts: Amounts) -> dict[str, Quantity]:
    """Those of *amounts* whose resource is in *wanted*."""
    return {name: each for name, each in amounts.items() if name in wanted}


def _add(total: dict[str, Quantity], amounts: Amounts) -> None:
    for name, amount in amounts.items():
        total[name] = total[name] + amount if name in total else amount


def _raise_to(total: dict[str, Quantity], amounts: Amounts) -> None:
    for name, amount in amounts.items():
        if name not in total or total[name] < amount:
            total[name] = amount
