"""Lifecycle hooks: what is done right after a container starts, and before it is stopped.

Source: kubelet, startContainer, executePreStopHook and pkg/kubelet/lifecycle.
"""

from __future__ import annotations

from anyio import CancelScope, get_cancelled_exc_class

from seedpod import events
from seedpod._core.hooks import hook_of
from seedpod._core.requests import Target
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.performing import perform_hook
from seedpod.abc import Workload
from seedpod.spec.words import HookKind
from seedpod.status import Result

CUT_OFF = "its container has ended"


async def post_start(container: ContainerRun, workload: Workload) -> bool:
    """Run the postStart hook of an attempt that has just started, if it has one.

    Returns:
        Whether it succeeded, or there is none.

    Cancellation: the hook is given up. If that is because its container has ended, a command that
        was running in it has failed.
    """
    failure = await _run(container, workload, HookKind.POST_START)
    if failure is not None:
        container.start_failure = ("PostStartHookError", failure)
    return failure is None


async def pre_stop(container: ContainerRun, workload: Workload, wait: CancelScope) -> None:
    """Run the preStop hook of an attempt that is to end, then end *wait*.

    Cancellation: as `post_start`.
    """
    await _run(container, workload, HookKind.PRE_STOP)
    wait.cancel()


def target_of(container: ContainerRun) -> Target:
    """Where the container's probes and hooks reach it."""
    pod = container.pod
    ip, ports = pod.facts.pod_ip, container.spec.ports
    return Target(pod=pod.full_name, container=container.name, ip=ip, ports=ports)


async def _run(container: ContainerRun, workload: Workload, kind: HookKind) -> str | None:
    """Run one hook, and return why it failed, if it did."""
    hook = hook_of(container.spec, kind)
    if hook is None:
        return None
    pod = container.pod
    began = pod.happened(
        events.ContainerHookStarted, container.cause, container.name, container.attempt, kind
    )
    try:
        outcome = await perform_hook(kind, hook, workload, target_of(container))
    except get_cancelled_exc_class():
        if container.end is not None and hook.exec is not None:
            _note_end(container, kind, began, CUT_OFF, is_success=False)
            if kind is HookKind.POST_START:
                container.start_failure = ("PostStartHookError", CUT_OFF)
        raise
    is_success = outcome.result in {Result.SUCCESS, Result.WARNING}
    message = "" if outcome.result is Result.SUCCESS else outcome.message
    _note_end(container, kind, began, message, is_success=is_success)
    return None if is_success else message


def _note_end(
    container: ContainerRun, kind: HookKind, began: int, message: str, *, is_success: bool
) -> None:
    container.cause = container.pod.happened(
        events.ContainerHookEnded,
        began,
        container.name,
        container.attempt,
        kind,
        is_success,
        message,
    )
