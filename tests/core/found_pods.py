"""What is found of pods, in few words, and what becomes of it when the actions are carried out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from seedpod._core.adoption.actions import Actions
from seedpod._core.adoption.attempts import kept_attempts, newest_attempts, next_attempt
from seedpod.spec import ObjectMeta, Pod, PodSpec
from seedpod.status import (
    ContainerState,
    FoundContainer,
    FoundPod,
    FoundSandbox,
    Running,
    Terminated,
    Waiting,
)
from tests.core.sketches import NOW

READY = FoundSandbox(is_ready=True, ip="10.0.0.1")
DEAD = FoundSandbox(is_ready=False, ip="10.0.0.1")
CREATED = Waiting()
LOST = None
KILLED = Terminated(137, "Error")


def of(spec: PodSpec, *, deletion_timestamp: str = "") -> Pod:
    """A pod of *spec*."""
    return Pod(
        metadata=ObjectMeta(name="web", uid="u-1", deletion_timestamp=deletion_timestamp), spec=spec
    )


def attempt(name: str, state: ContainerState | None, number: int = 0) -> FoundContainer:
    """One attempt; its id names it and its number."""
    return FoundContainer(name=name, state=state, attempt=number, container_id=f"{name}-{number}")


def in_sandbox(*containers: FoundContainer) -> FoundPod:
    """These attempts in a sandbox that can be used."""
    return FoundPod(sandboxes=(READY,), containers=containers)


def without_sandbox(*containers: FoundContainer) -> FoundPod:
    """These attempts in a sandbox that cannot be used any more."""
    return FoundPod(sandboxes=(DEAD,), containers=containers)


def carried_out(spec: PodSpec, found: FoundPod, actions: Actions) -> FoundPod:
    """What is there once everything was done, and every start has succeeded."""
    newest = newest_attempts(found)
    killed = {each.container_id for each in actions.containers_to_kill}
    removed = {each.container_id for each in actions.containers_to_reset}
    sandboxes: Sequence[FoundSandbox] = found.sandboxes
    containers = [
        _ended(each) if actions.kills_pod or each.container_id in killed else each
        for each in found.containers
        if each.container_id not in removed
    ]
    if actions.kills_pod:
        sandboxes = [attrs.evolve(each, is_ready=False) for each in sandboxes]
    if actions.creates_sandbox:
        inits = {each.name for each in spec.init_containers}
        containers = [
            attrs.evolve(each, is_in_newest_sandbox=False)
            for each in containers
            if each.name not in inits
        ]
        new = attrs.evolve(
            READY, attempt=actions.sandbox_attempt or 0, has_host_network=spec.host_network
        )
        sandboxes = [new, *sandboxes]
    containers = list(kept_attempts(spec, FoundPod(containers=tuple(containers))))
    started = [
        attempt(name, Running(NOW), next_attempt(newest.get(name))) for name in _starts(actions)
    ]
    return FoundPod(sandboxes=tuple(sandboxes), containers=(*started, *containers))


def _ended(each: FoundContainer) -> FoundContainer:
    if isinstance(each.state, Running) or each.state is None:
        return attrs.evolve(each, state=KILLED)
    return each


def _starts(actions: Actions) -> Iterable[str]:
    return (
        *actions.ephemeral_containers_to_start,
        *actions.init_containers_to_start,
        *actions.containers_to_start,
    )
