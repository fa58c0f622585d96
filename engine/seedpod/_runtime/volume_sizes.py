"""The sizes of a pod's emptyDirs, looked at for as long as the pod lives.

A kubelet looks every ten seconds. Here a look follows the one before after a second, or after
twenty times as long as that took: so a volume with a million files costs no more than a small part
of the loop's time, and a small one is found out within about a second.

Source: kubelet, pkg/kubelet/eviction, `localStorageEviction`.
"""

from __future__ import annotations

from typing import Final

from anyio import sleep

from seedpod._core.volume_sizes import GRACE_SECONDS, outgrown, size_limits
from seedpod._runtime.pod_run import PodRun
from seedpod._runtime.stopping import stop_soon
from seedpod._runtime.volumes.usage import used_bytes
from seedpod.events import StopReason

_LEAST_PAUSE: Final = 1.0
"""Seconds."""
_SHARE: Final = 20.0
"""How many times as long as a look takes is waited for the next one."""


async def watch_sizes(pod: PodRun) -> None:
    """Evict *pod* when one of its emptyDirs takes more room than its limit allows.

    Cancellation: the limits no longer hold.
    """
    pause = _LEAST_PAUSE
    while True:
        await sleep(pause)
        began = pod.settings.clock()
        message = await _complaint(pod)
        if message is not None:
            # It is the pod's own doing, so it is not one that was disrupted.
            pod.is_disrupted = False
            grace = pod.grace(GRACE_SECONDS)
            stop_soon(pod, StopReason.EVICTED, grace, message)
            return
        pause = max(_LEAST_PAUSE, _SHARE * (pod.settings.clock() - began))


async def _complaint(pod: PodRun) -> str | None:
    """What is said of the first volume that takes too much; None if none does."""
    for name, limit in size_limits(pod.pod).items():
        path = pod.volumes.get(name)
        if path is not None and await used_bytes(path) > limit.value():
            return outgrown(name, limit)
    return None
