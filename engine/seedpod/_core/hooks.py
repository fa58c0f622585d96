"""Which lifecycle hooks are run, and what becomes of a pause that is one.

Source: kubelet, `killContainer`, `startContainer` and `runSleepHandler`.
"""

from __future__ import annotations

from seedpod.spec import Container, LifecycleHandler, SleepAction
from seedpod.spec.words import HookKind
from seedpod.status import Result


def hook_of(container: Container, kind: HookKind) -> LifecycleHandler | None:
    """The hook of this kind that *container* has, or None."""
    lifecycle = container.lifecycle
    if lifecycle is None:
        return None
    return lifecycle.post_start if kind is HookKind.POST_START else lifecycle.pre_stop


def runs_pre_stop(container: Container, grace_seconds: float) -> bool:
    """Whether preStop is run before *container*, which runs, gets its stop signal.

    Args:
        container: One that is to be stopped; a hook is not run for one that ended by itself.
        grace_seconds: What it is given. There is no time for a hook if that is nothing.
    """
    return grace_seconds > 0 and hook_of(container, HookKind.PRE_STOP) is not None


def sleep_result(action: SleepAction, seconds_left: float) -> Result:
    """What comes of a pause in a container that has *seconds_left*: failure if it takes longer."""
    return Result.SUCCESS if action.seconds <= seconds_left else Result.FAILURE
