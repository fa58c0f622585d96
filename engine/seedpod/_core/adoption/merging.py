"""What is published of a pod: a new status, joined with what was published before.

Others write conditions too, so those that are not the engine's are kept. A terminal phase tells
them that nothing of the pod runs any more, so it is held back until that is true.

Source: kubelet, `mergePodStatus` and `checkContainerStateTransition`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import attrs

from seedpod._core.conditions import CONTAINERS_READY, DISRUPTED, OWN, READY
from seedpod._core.restart import ALWAYS, has_restart_all_rule, is_sidecar, may_restart
from seedpod.spec import Container, PodSpec
from seedpod.status import ContainerStatus, Phase, PodCondition, PodStatus, Terminated

TERMINAL: Final = frozenset({Phase.SUCCEEDED, Phase.FAILED})
"""The one condition that the engine and others share: whoever disturbs a pod says so."""
_RESIZING: Final = frozenset({"PodResizePending", "PodResizeInProgress"})
_END_REASONS: Final = {Phase.SUCCEEDED: "PodCompleted", Phase.FAILED: "PodFailed"}


def merged(
    before: PodStatus,
    after: PodStatus,
    *,
    may_have_running: bool,
    now: datetime | None = None,
) -> PodStatus:
    """The status to publish.

    Args:
        before: What was published last.
        after: What the status is now.
        may_have_running: Some container may still run.
        now: Since when a condition is as it is, if it changes here.
    """
    ends = after.phase in TERMINAL and before.phase not in TERMINAL
    shown = before if ends and may_have_running else after
    joined = {each.type: each for each in before.conditions if not is_own(each.type)}
    for each in after.conditions:
        if is_own(each.type):
            joined[each.type] = each
        elif each.type == DISRUPTED and ends and not may_have_running:
            joined[each.type] = dated(each, before, now)
    status = attrs.evolve(
        after,
        phase=shown.phase,
        reason=shown.reason,
        message=shown.message,
        conditions=tuple(joined.values()),
    )
    return _unready(status, now) if status.phase in TERMINAL else status


def is_own(type_: str) -> bool:
    """Whether the engine alone decides the conditions of this type."""
    return type_ in OWN or type_ in _RESIZING


def dated(condition: PodCondition, before: PodStatus, now: datetime | None) -> PodCondition:
    """*condition* with the time since when its status has been what it is."""
    old = before.condition(condition.type)
    if old is not None and old.status == condition.status:
        now = old.last_transition_time
    return attrs.evolve(condition, last_transition_time=now)


def illegal_restarts(spec: PodSpec, before: PodStatus, after: PodStatus) -> tuple[str, ...]:
    """The containers that left an end behind which was final.

    A status that has one contradicts what was published before, and is not to be published.
    """
    if spec.restart_policy == ALWAYS or has_restart_all_rule(spec):
        return ()
    regular = [each for each in spec.init_containers if not is_sidecar(each)]
    return (
        *_risen(spec, regular, before.init_container_statuses, after.init_container_statuses),
        *_risen(spec, spec.containers, before.container_statuses, after.container_statuses),
    )


def _risen(
    spec: PodSpec,
    containers: Iterable[Container],
    before: Sequence[ContainerStatus],
    after: Sequence[ContainerStatus],
) -> list[str]:
    ends = {each.name: each.state for each in before if isinstance(each.state, Terminated)}
    alive = {each.name for each in after if not isinstance(each.state, Terminated)}
    return [
        each.name
        for each in containers
        if each.name in alive
        and each.name in ends
        and not may_restart(spec.restart_policy, each, ends[each.name].exit_code)
    ]


def _unready(status: PodStatus, now: datetime | None) -> PodStatus:
    """A pod that is over with is not ready, whatever its containers were when last asked."""
    seen = (status.condition(CONTAINERS_READY), status.condition(READY))
    if not any(each is not None and each.status == "True" for each in seen):
        return status
    joined = {each.type: each for each in status.conditions}
    for type_ in (CONTAINERS_READY, READY):
        forced = PodCondition(type=type_, status="False", reason=_END_REASONS[status.phase])
        joined[type_] = dated(forced, status, now)
    return attrs.evolve(status, conditions=tuple(joined.values()))
