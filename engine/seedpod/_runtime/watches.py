"""What goes on beside a pod as long as it lives: its deadline, and its volumes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import cast

from anyio import CancelScope, sleep_forever

from seedpod._runtime.pod_run import PodRun
from seedpod._runtime.pod_volumes import is_refreshed, keep_refreshed
from seedpod._runtime.stopping import lose_sandbox, stop_soon
from seedpod.abc import CanBeLost
from seedpod.events import StopReason


def watch_soon(pod: PodRun) -> None:
    """Begin to watch over *pod*; ends with the pod."""
    if pod.pod.spec.active_deadline_seconds is not None:
        _start_soon(pod, watch_deadline)
    if is_refreshed(pod):
        _start_soon(pod, keep_refreshed)
    if any(volume.empty_dir is not None for volume in pod.pod.spec.volumes):
        # Few pods have a limit, and none is looked at without one.
        from seedpod._core.volume_sizes import size_limits  # noqa: PLC0415

        if size_limits(pod.pod):
            from seedpod._runtime.volume_sizes import watch_sizes  # noqa: PLC0415 (as above)

            _start_soon(pod, watch_sizes)


def watch_sandbox(pod: PodRun) -> None:
    """Begin to watch over the sandbox of *pod*, if it may cease to be."""
    if hasattr(pod.sandbox, "lost"):  # `CanBeLost`, asked in the quick way
        sandbox = cast("CanBeLost", pod.sandbox)
        _start_soon(pod, partial(watch_for_loss, sandbox=sandbox))


async def watch_for_loss(pod: PodRun, sandbox: CanBeLost) -> None:
    """End what is left of the containers when the sandbox they are in is lost.

    Cancellation: the loss goes unnoticed.
    """
    attempt = pod.sandbox_attempt
    await sandbox.lost()
    if pod.sandbox_attempt == attempt and pod.group is not None:
        lose_sandbox(pod)


def set_deadline(pod: PodRun) -> None:
    """Hold *pod* to the `activeDeadlineSeconds` it has by now."""
    if pod.deadline is None:
        _start_soon(pod, watch_deadline)
    else:
        pod.deadline.deadline = _deadline_of(pod)


async def watch_deadline(pod: PodRun) -> None:
    """Stop *pod* when its `activeDeadlineSeconds`, which count from its submission, are over.

    Cancellation: the deadline no longer holds.
    """
    with CancelScope(deadline=_deadline_of(pod)) as pod.deadline:
        await sleep_forever()
    stop_soon(pod, StopReason.DEADLINE_EXCEEDED, pod.grace_of_spec)


def _start_soon(pod: PodRun, watch: Callable[[PodRun], Awaitable[None]]) -> None:
    """In the group of all pods: what watches over a pod must not keep it from ending."""
    if pod.settings.group is not None:
        pod.settings.group.start_soon(_beside, pod, watch)


async def _beside(pod: PodRun, watch: Callable[[PodRun], Awaitable[None]]) -> None:
    if pod.is_finished:
        return
    with CancelScope() as scope:
        pod.watches = (*pod.watches, scope)
        await watch(pod)


def _deadline_of(pod: PodRun) -> float:
    return pod.submitted_at + (pod.pod.spec.active_deadline_seconds or 0)
