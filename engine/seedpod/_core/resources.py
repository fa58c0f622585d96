"""What a pod as a whole asks for and may use, per resource, and the class that follows from it.

Apps and sidecars run together, so their amounts add up. A regular init container runs beside the
sidecars listed before it and nothing else. The pod needs the larger of the two, for each resource.

Source: component-helpers, `resource.PodRequests`, `PodLimits` and `AggregateContainerRequests`;
apis/core/v1/helper/qos, `ComputePodQOS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, TypeAlias

from seedpod._core.restart import is_sidecar
from seedpod.spec import Container, Pod, PodSpec, Quantity, ResourceRequirements

Amounts: TypeAlias = Mapping[str, Quantity]
"""By resource: `cpu` in cores, `memory` in bytes, ..."""

CPU: Final = "cpu"
MEMORY: Final = "memory"
_JUDGED: Final = (CPU, MEMORY)
_NONE: Final = ResourceRequirements()


class QOSClass(StrEnum):
    """How firmly a pod's resources are promised, from the firmest to the loosest."""

    GUARANTEED = "Guaranteed"
    BURSTABLE = "Burstable"
    BEST_EFFORT = "BestEffort"


def effective_requests(
    pod: Pod, *, has_overhead: bool = True, has_pod_level: bool = True
) -> dict[str, Quantity]:
    """What the pod asks for.

    Args:
        pod: With defaults: a container's missing requests are its limits.
        has_overhead: Whether to add `spec.overhead`.
        has_pod_level: Whether `spec.resources` replaces what the containers ask for.
    """
    total = aggregate_requests(pod.spec)
    if has_pod_level:
        total.update(pod_level((pod.spec.resources or _NONE).requests))
    if has_overhead:
        _add(total, pod.spec.overhead)
    return total


def effective_limits(
    pod: Pod, *, has_overhead: bool = True, has_pod_level: bool = True
) -> dict[str, Quantity]:
    """What the pod may use; a container without a limit adds nothing to the sum.

    Args:
        pod: With defaults.
        has_overhead: Whether to add `spec.overhead`, where there is a limit to add it to.
        has_pod_level: Whether `spec.resources` replaces the containers' limits.
    """
    total = aggregate_limits(pod.spec)
    if has_pod_level:
        total.update(pod_level((pod.spec.resources or _NONE).limits))
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


def aggregate_requests(spec: PodSpec) -> dict[str, Quantity]:
    """What the containers ask for, taken together."""
    return _aggregate(spec, lambda container: container.resources.requests)


def aggregate_limits(spec: PodSpec) -> dict[str, Quantity]:
    """What the containers may use, taken together."""
    return _aggregate(spec, lambda container: container.resources.limits)


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


def _aggregate(spec: PodSpec, amounts: Callable[[Container], Amounts]) -> dict[str, Quantity]:
    total: dict[str, Quantity] = {}
    for app in spec.containers:
        _add(total, amounts(app))
    peak: dict[str, Quantity] = {}
    sidecars: dict[str, Quantity] = {}
    for container in spec.init_containers:
        use = dict(sidecars)
        _add(use, amounts(container))
        _raise_to(peak, use)
        if is_sidecar(container):
            sidecars = use
    _add(total, sidecars)
    _raise_to(total, peak)
    return total


def _add(total: dict[str, Quantity], amounts: Amounts) -> None:
    for name, amount in amounts.items():
        total[name] = total[name] + amount if name in total else amount


def _raise_to(total: dict[str, Quantity], amounts: Amounts) -> None:
    for name, amount in amounts.items():
        if name not in total or total[name] < amount:
            total[name] = amount
