"""How large the emptyDirs of a pod may become, and what is said of one that became larger.

Source: kubelet, pkg/kubelet/eviction, `emptyDirLimitEviction`; pkg/volume/emptydir,
`calculateEmptyDirMemorySize`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from seedpod._core.resources import MEMORY, effective_limits
from seedpod.spec import EmptyDirVolumeSource, Pod, Quantity

GRACE_SECONDS: Final = 1.0
"""How long a pod that has outgrown a limit may take to end."""


def size_limits(pod: Pod) -> Mapping[str, Quantity]:
    """How many bytes each emptyDir of *pod* may take, by its name; only of those with a bound.

    One in memory may take no more than the pod as a whole, whatever its own limit is.
    """
    limits: dict[str, Quantity] = {}
    for volume in pod.spec.volumes:
        if volume.empty_dir is not None:
            limit = _limit(pod, volume.empty_dir)
            if limit is not None:
                limits[volume.name] = limit
    return limits


def outgrown(volume: str, limit: Quantity) -> str:
    """What is said of a pod whose *volume* takes more than its *limit*; ends in a blank there."""
    return f'Usage of EmptyDir volume "{volume}" exceeds the limit "{limit}". '


def _limit(pod: Pod, source: EmptyDirVolumeSource) -> Quantity | None:
    own = source.size_limit if source.size_limit and source.size_limit.nanos > 0 else None
    whole = _memory_limit(pod) if source.medium == "Memory" else None
    if own is None or whole is None:
        return own or whole
    return min(own, whole)


def _memory_limit(pod: Pod) -> Quantity | None:
    """What all of the pod's memory is held to; None where a container is not.

    Source: kubelet, pkg/kubelet/cm, `ResourceConfigForPod`.
    """
    spec = pod.spec
    whole = spec.resources is not None and spec.resources.limits.get(MEMORY)
    every = (*spec.init_containers, *spec.containers)
    if whole or all(each.resources.limits.get(MEMORY) for each in every):
        return effective_limits(pod).get(MEMORY) or None
    return None
