"""What holds of the actions whatever is found."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from hypothesis import given
from hypothesis import strategies as st

from seedpod._core.adoption.actions import Actions, pod_actions
from seedpod._core.adoption.attempts import newest_attempts
from seedpod._core.adoption.part import Part
from seedpod._core.adoption.resumption import resumptions
from seedpod.spec import Container, Pod
from seedpod.status import FoundContainer, FoundPod, FoundSandbox, Running
from tests.core.found_pods import CREATED, DEAD, LOST, READY, attempt, carried_out, of
from tests.core.sketches import RUNNING, container, ended, rule, spec

POLICIES = ["Always", "OnFailure", "Never"]
STATES = st.sampled_from([RUNNING, CREATED, LOST, ended(0), ended(1), ended(42)])
RULES = [rule("In", 42), rule("In", 42, action="RestartAllContainers")]
_ENOUGH = 30


@st.composite
def containers(draw: st.DrawFn, names: str) -> Sequence[Container]:
    """Some containers, sidecars among them where they are init containers."""
    made: list[Container] = []
    for name in names[: draw(st.integers(0, len(names)))]:
        policy = draw(st.sampled_from([None, None, *POLICIES]))
        rules = draw(st.sampled_from([[], [], RULES[:1], RULES[1:]])) if policy else []
        made.append(container(name, restart_policy=policy, restart_policy_rules=rules))
    return made


@st.composite
def pods(draw: st.DrawFn) -> Pod:
    """A pod with an app at least."""
    apps = [container("app"), *draw(containers("xy"))]
    inits = tuple(draw(containers("ijk")))
    return of(spec(*apps, inits=inits, policy=draw(st.sampled_from(POLICIES))))


@st.composite
def found_of(draw: st.DrawFn, pod: Pod) -> FoundPod:
    """Anything that may be found of *pod*."""
    attempts: list[FoundContainer] = []
    for each in (*pod.spec.init_containers, *pod.spec.containers):
        states = draw(st.lists(STATES, max_size=2))
        numbers = reversed(range(len(states)))
        attempts += [attempt(each.name, state, n) for state, n in zip(states, numbers, strict=True)]
    sandboxes = draw(st.lists(st.sampled_from([READY, DEAD]), max_size=2))
    return FoundPod(sandboxes=_numbered(sandboxes), containers=tuple(attempts))


def _numbered(sandboxes: Sequence[FoundSandbox]) -> tuple[FoundSandbox, ...]:
    count = len(sandboxes)
    return tuple(attrs.evolve(each, attempt=count - n) for n, each in enumerate(sandboxes))


SITUATIONS = pods().flatmap(lambda pod: st.tuples(st.just(pod), found_of(pod)))


def starts(actions: Actions) -> tuple[str, ...]:
    return (*actions.init_containers_to_start, *actions.containers_to_start)


@given(SITUATIONS)
def test_nothing_is_started_beside_an_attempt_of_it_that_runs(
    situation: tuple[Pod, FoundPod],
) -> None:
    pod, found = situation
    actions = pod_actions(pod, found)
    killed = {each.name for each in actions.containers_to_kill}
    for name, newest in newest_attempts(found).items():
        if isinstance(newest.state, Running) and not actions.kills_pod:
            assert (name in starts(actions)) <= (name in killed)


@given(SITUATIONS)
def test_nothing_is_started_twice(situation: tuple[Pod, FoundPod]) -> None:
    started = starts(pod_actions(*situation))
    assert len(started) == len(set(started))


@given(SITUATIONS)
def test_a_pod_that_is_killed_for_good_starts_nothing(situation: tuple[Pod, FoundPod]) -> None:
    actions = pod_actions(*situation)
    if actions.kills_pod and not actions.creates_sandbox:
        assert starts(actions) == ()


@given(SITUATIONS)
def test_every_restart_of_all_removes_every_attempt_once(situation: tuple[Pod, FoundPod]) -> None:
    pod, found = situation
    reset = pod_actions(pod, found, restarts_all=True).containers_to_reset
    assert sorted(each.container_id for each in reset) == sorted(
        each.container_id for each in found.containers
    )


@given(SITUATIONS)
def test_a_pod_comes_to_rest_if_its_init_containers_succeed_and_nothing_else_happens(
    situation: tuple[Pod, FoundPod],
) -> None:
    pod, found = situation
    for _ in range(_ENOUGH):
        actions = pod_actions(pod, found)
        if actions.kills_pod and not actions.creates_sandbox:
            return
        after = _succeed(pod, carried_out(pod.spec, found, actions))
        if after == found:
            break
        found = after
    assert pod_actions(pod, found) == Actions()
    newest = newest_attempts(found)
    for each in pod.spec.init_containers:
        if each.restart_policy == "Always":
            assert isinstance(newest[each.name].state, Running)


def _succeed(pod: Pod, found: FoundPod) -> FoundPod:
    """Every init container that runs ends with 0."""
    inits = {each.name for each in pod.spec.init_containers if each.restart_policy != "Always"}
    containers = tuple(
        attrs.evolve(each, state=ended()) if each.name in inits and each.state == RUNNING else each
        for each in found.containers
    )
    return attrs.evolve(found, containers=containers)


@given(SITUATIONS)
def test_the_parts_of_the_containers_are_the_actions_told_otherwise(
    situation: tuple[Pod, FoundPod],
) -> None:
    pod, found = situation
    actions = pod_actions(pod, found, heeds_own_policies=True)
    parts = resumptions(pod, found)
    assert set(parts) == {each.name for each in (*pod.spec.init_containers, *pod.spec.containers)}
    started = {name for name, part in parts.items() if part in {Part.START, Part.KILL_AND_START}}
    assert started == set(starts(actions))
    newest = newest_attempts(found)
    adopted = {name for name, part in parts.items() if part is Part.ADOPT}
    if not actions.creates_sandbox:
        running = {name for name, each in newest.items() if isinstance(each.state, Running)}
        assert adopted == running - started
