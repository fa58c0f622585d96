"""The last word on a pod that is gone: containers whose end nobody saw, and a phase that is final.

Source: kubelet, `TerminatePod`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from seedpod._core.restart import is_sidecar
from seedpod._core.unseen_ends import LOST
from seedpod.spec import PodSpec
from seedpod.status import ContainerStatus, Phase, PodStatus, Running, Terminated, Waiting

_FINAL: Final = frozenset((Phase.SUCCEEDED, Phase.FAILED))
"""Compared by value: a status from elsewhere may name a phase that nobody knows."""


def terminated(spec: PodSpec, status: PodStatus) -> PodStatus:
    """The last status of a pod of which nothing runs any more.

    A container that was started, or must have been, has ended, and an end that was not seen is an
    error. One that never had its turn goes on waiting. A pod that is not over by now has failed.

    Returns:
        *status* itself if there is nothing to add to it.
    """
    inits = _ended(status.init_container_statuses, _begun(status.init_container_statuses))
    apps = status.container_statuses
    if _has_initialized(spec, status):
        apps = _ended(apps, len(apps))
    phase = status.phase if status.phase in _FINAL else Phase.FAILED
    if (
        inits is status.init_container_statuses
        and apps is status.container_statuses
        and phase is status.phase
    ):
        return status
    return attrs.evolve(status, phase=phase, init_container_statuses=inits, container_statuses=apps)


def _ended(statuses: tuple[ContainerStatus, ...], count: int) -> tuple[ContainerStatus, ...]:
    """*statuses*, of which the first *count* have ended; the same tuple if they had already."""
    if all(isinstance(each.state, Terminated) for each in statuses[:count]):
        return statuses
    ended = (
        each if isinstance(each.state, Terminated) else attrs.evolve(each, state=LOST)
        for each in statuses[:count]
    )
    return (*ended, *statuses[count:])


def _begun(statuses: Sequence[ContainerStatus]) -> int:
    """How many init containers had their turn: the first in any case, and all up to the last seen.

    They take their turns in order, so those before one that was started were started too.
    """
    for count in range(len(statuses), 1, -1):
        if _has_begun(statuses[count - 1]):
            return count
    return min(len(statuses), 1)


def _has_initialized(spec: PodSpec, status: PodStatus) -> bool:
    """Whether the apps had their turn."""
    if not spec.init_containers or any(map(_has_begun, status.container_statuses)):
        return True
    if not status.init_container_statuses:
        return False
    last = status.init_container_statuses[-1]
    if any(each.name == last.name and is_sidecar(each) for each in spec.init_containers):
        return isinstance(last.state, Running) and bool(last.started)
    ends = (last.state, last.last_state)
    return any(isinstance(each, Terminated) and each.exit_code == 0 for each in ends)


def _has_begun(status: ContainerStatus) -> bool:
    return status.last_state is not None or not isinstance(status.state, Waiting)
