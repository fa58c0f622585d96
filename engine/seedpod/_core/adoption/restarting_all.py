"""The restart of all containers: whether one is due, and in which order they are removed.

Source: kubelet, `ShouldAllContainersRestart`, `AllContainersRestartCleanedUp` and
`getContainersToReset`; KEP-5532.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from seedpod._core.adoption.attempts import newest_attempts
from seedpod._core.conditions import ALL_RESTARTING
from seedpod._core.restart import RESTART_ALL, has_restart_all_rule, rule_action
from seedpod.spec import Container, Pod, PodSpec
from seedpod.status import FoundContainer, FoundPod, PodCondition, Terminated


@attrs.frozen(kw_only=True)
class ContainerToReset:
    """One attempt that is removed so that its container begins anew."""

    name: str
    container_id: str
    is_killed: bool
    """It may still run, and is killed first, without its preStop hook."""


def should_restart_all(pod: Pod, found: FoundPod, conditions: Iterable[PodCondition] = ()) -> bool:
    """Whether all containers are to be restarted, or are being restarted already.

    Args:
        pod: While it is being deleted, nothing is restarted.
        found: A container whose newest attempt ended with a code that asks for it is enough.
        conditions: As last reported: a restart that has begun is gone on with.
    """
    if pod.metadata.deletion_timestamp:
        return False
    if any(each.type == ALL_RESTARTING and each.status == "True" for each in conditions):
        return True
    return restart_trigger(pod.spec, found) is not None


def restart_trigger(spec: PodSpec, found: FoundPod) -> str | None:
    """The container whose newest attempt ended with a code that asks for the restart of all."""
    newest = newest_attempts(found)
    for each in _containers(spec):
        attempt = newest.get(each.name)
        if attempt is not None and _is_trigger(each, attempt):
            return each.name
    return None


def is_restarting_all(
    pod: Pod, found: FoundPod, conditions: Iterable[PodCondition] = ()
) -> bool | None:
    """Whether the condition AllContainersRestarting holds; None if the pod has no such condition.

    It has one if a container has a rule that asks for it. It holds until everything is removed.
    """
    if not has_restart_all_rule(pod.spec):
        return None
    newest = newest_attempts(found)
    is_left = any(each.name in newest for each in _containers(pod.spec))
    return is_left and should_restart_all(pod, found, conditions)


def containers_to_reset(spec: PodSpec, found: FoundPod) -> tuple[ContainerToReset, ...]:
    """Every attempt there is, in the order of removal.

    Those whose end asks for the restart go last, so that the reason stays visible until then; apps
    go before init containers.
    """
    apps, app_triggers = _split(spec.containers, found)
    inits, init_triggers = _split(spec.init_containers, found)
    return tuple(_reset(each) for each in (*apps, *inits, *app_triggers, *init_triggers))


def _split(
    containers: Sequence[Container], found: FoundPod
) -> tuple[list[FoundContainer], list[FoundContainer]]:
    """The attempts of *containers* that merely go, and those that ask for it."""
    targets: list[FoundContainer] = []
    triggers: list[FoundContainer] = []
    for container in containers:
        for attempt in found.containers:
            if attempt.name == container.name:
                (triggers if _is_trigger(container, attempt) else targets).append(attempt)
    return targets, triggers


def _reset(attempt: FoundContainer) -> ContainerToReset:
    return ContainerToReset(
        name=attempt.name,
        container_id=attempt.container_id,
        is_killed=not isinstance(attempt.state, Terminated),
    )


def _is_trigger(container: Container, attempt: FoundContainer) -> bool:
    state = attempt.state
    if not isinstance(state, Terminated):
        return False
    return rule_action(container, state.exit_code) == RESTART_ALL


def _containers(spec: PodSpec) -> tuple[Container, ...]:
    return (*spec.init_containers, *spec.containers)
