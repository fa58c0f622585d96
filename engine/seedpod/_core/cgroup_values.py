"""What the kernel is told so that a container, or a pod, gets what its manifest says.

CPU time is given out twice: in proportion to what was asked for (shares, or a weight), and up to
a limit (a quota of each period). Memory and the number of processes only have a limit.

Source: kubelet, cm/helpers_linux.go (`MilliCPUToShares`, `MilliCPUToQuota`, `ResourceConfigForPod`)
and kuberuntime_container_linux.go (`calculateLinuxResources`); runc,
`ConvertCPUSharesToCgroupV2Value`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from seedpod._core.resources import (
    CPU,
    MEMORY,
    QOSClass,
    aggregate_requests,
    effective_limits,
    effective_requests,
    qos_class,
)
from seedpod._core.restart import is_sidecar
from seedpod.spec import Container, Pod, PodSpec, Quantity

CPU_PERIOD: Final = 100_000
"""Microseconds in which a group may use its quota."""
FEWEST_SHARES: Final = 2
_MOST_SHARES: Final = 262_144
_SMALLEST_QUOTA: Final = 1000
_OOM_GUARANTEED: Final = -997
_OOM_FIRST: Final = 1000


def cpu_shares(milli_cpu: int) -> int:
    """The share in a contended CPU of who asks for so many thousandths of one; 1024 for a whole."""
    return max(FEWEST_SHARES, min(_MOST_SHARES, milli_cpu * 1024 // 1000))


def cpu_quota(milli_cpu: int) -> int:
    """Microseconds of CPU time in each `CPU_PERIOD` for who may use so many thousandths of one."""
    return max(_SMALLEST_QUOTA, milli_cpu * CPU_PERIOD // 1000)


def oom_score_adjustment(pod: Pod, container: Container, memory_bytes: int) -> int:
    """How much sooner (up to 1000) or later (down to -1000) the kernel kills it for want of memory.

    A container that may use more than it asked for goes the sooner, the less it asked for; what
    the pod asks for beyond its containers counts for each in equal parts. A sidecar does not go
    before an app. The pod's priority makes no difference.

    Args:
        pod: With its defaults.
        container: Of the pod.
        memory_bytes: What the machine has.

    Source: kubelet, qos.GetContainerOOMScoreAdjust.
    """
    match qos_class(pod):
        case QOSClass.GUARANTEED:
            return _OOM_GUARANTEED
        case QOSClass.BEST_EFFORT:
            return _OOM_FIRST
        case QOSClass.BURSTABLE:
            asked = _asked_memory(container)
            if is_sidecar(container):
                asked = max(asked, min(_asked_memory(app) for app in pod.spec.containers))
            asked += _undivided_memory(pod.spec)
            score = _OOM_FIRST - _OOM_FIRST * asked // max(1, memory_bytes)
            return min(max(score, _OOM_FIRST + _OOM_GUARANTEED), _OOM_FIRST - 1)


def _asked_memory(container: Container) -> int:
    return _bytes(container.resources.requests.get(MEMORY)) or 0


def _undivided_memory(spec: PodSpec) -> int:
    """The part of each container in what the pod asks for and none of its containers does."""
    own = None if spec.resources is None else _bytes(spec.resources.requests.get(MEMORY))
    if own is None:
        return 0
    of_containers = _bytes(aggregate_requests(spec).get(MEMORY)) or 0
    return (own - of_containers) // len((*spec.containers, *spec.init_containers))


def cpu_weight(shares: int) -> int:
    """The weight, 1 to 10000, that means in cgroup v2 what *shares* mean in v1."""
    return 1 + (shares - FEWEST_SHARES) * 9999 // (_MOST_SHARES - FEWEST_SHARES)


@attrs.frozen(kw_only=True)
class GroupLimits:
    """What one group of processes gets and may use; None: what the kernel gives without a word."""

    cpu_shares: int | None = None
    """2 to 262144; a group that nothing is said of has 1024."""
    cpu_quota: int | None = None
    """Microseconds of CPU time in each `CPU_PERIOD`."""
    memory: int | None = None
    """Bytes, without any swap."""
    pids: int | None = None
    """Processes and threads at a time."""

    @classmethod
    def of_container(cls, container: Container, pids_limit: int | None = None) -> GroupLimits:
        """What *container* gets; who asks for no CPU asks for as much as its limit, or for none."""
        limits, requests = container.resources.limits, container.resources.requests
        asked = requests.get(CPU, limits.get(CPU))
        return cls(
            cpu_shares=cpu_shares(_milli(asked)),
            cpu_quota=_quota(limits.get(CPU)),
            memory=_bytes(limits.get(MEMORY)),
            pids=pids_limit,
        )

    @classmethod
    def of_pod(cls, spec: PodSpec, pids_limit: int | None = None) -> GroupLimits:
        """What all containers of a pod get together.

        A pod that asks for no CPU time has no shares of its own here. The kubelet gives it the
        fewest, among pods; but this group stands among the host's own processes, which would leave
        it nothing. Its containers have the kubelet's, among each other.

        A limit is one for the pod only if `spec.resources` has it or every container does: the
        sum of the limits of some would bind those that have none.

        Args:
            spec: With defaults: a container's missing requests are its limits.
            pids_limit: How many processes and threads the pod may have.
        """
        pod = Pod(spec=spec)
        if qos_class(pod) is QOSClass.BEST_EFFORT:
            return cls(pids=pids_limit)
        limits = effective_limits(pod)
        asked = _milli(effective_requests(pod).get(CPU))
        return cls(
            cpu_shares=cpu_shares(asked) if asked else None,
            cpu_quota=_quota(limits.get(CPU)) if _is_limited(spec, CPU) else None,
            memory=_bytes(limits.get(MEMORY)) if _is_limited(spec, MEMORY) else None,
            pids=pids_limit,
        )

    @property
    def controllers(self) -> frozenset[str]:
        """The controllers without which one of the limits is not kept: `cpu`, `memory`, `pids`."""
        limits = {CPU: self.cpu_quota, MEMORY: self.memory, "pids": self.pids}
        return frozenset(name for name, limit in limits.items() if limit is not None)


def _is_limited(spec: PodSpec, resource: str) -> bool:
    """Whether everything the pod runs has a limit of *resource*."""
    if spec.resources is not None and spec.resources.limits.get(resource):
        return True
    return all(each.get(resource) for each in _limits_at_work(spec))


def _limits_at_work(spec: PodSpec) -> Iterator[Mapping[str, Quantity]]:
    """The limits of each app, and of each init container together with the sidecars beside it."""
    for app in spec.containers:
        yield app.resources.limits
    beside: dict[str, Quantity] = {}
    for container in spec.init_containers:
        # As the kubelet has it: one limit among those that run together is a limit of them all.
        together = {**beside, **{k: v for k, v in container.resources.limits.items() if v}}
        yield together
        if is_sidecar(container):
            beside = together


def _milli(amount: Quantity | None) -> int:
    return 0 if amount is None else amount.milli_value()


def _quota(limit: Quantity | None) -> int | None:
    return cpu_quota(limit.milli_value()) if limit else None


def _bytes(limit: Quantity | None) -> int | None:
    return limit.value() if limit else None
