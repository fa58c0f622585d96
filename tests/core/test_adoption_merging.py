"""What is published of a pod, after what was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from seedpod._core.adoption.merging import illegal_restarts, merged
from seedpod.spec import PodSpec
from seedpod.status import ContainerState, Phase, PodCondition, PodStatus, Waiting
from tests.core.sketches import NOW, RUNNING, container, ended, rule, seen, sidecar, spec

LATER = NOW + timedelta(seconds=5)


def condition(type_: str, status: str = "True", **fields: Any) -> PodCondition:
    return PodCondition(type=type_, status=status, **fields)


def status(phase: Phase, *conditions: PodCondition, reason: str = "") -> PodStatus:
    return PodStatus(phase=phase, conditions=conditions, reason=reason, message=reason.lower())


def words(found: PodStatus) -> dict[str, tuple[str, str]]:
    return {each.type: (each.status, each.reason) for each in found.conditions}


UNREADY = (condition("Ready", "False"), condition("ContainersReady", "False"))
BEFORE = status(Phase.RUNNING, *UNREADY, reason="Old")
DISRUPTED = condition("DisruptionTarget", reason="TerminationByKubelet", last_transition_time=NOW)


def test_a_terminal_phase_is_held_back_while_something_may_run() -> None:
    after = status(Phase.FAILED, *UNREADY, reason="Evicted")
    held = merged(BEFORE, after, may_have_running=True)
    assert (held.phase, held.reason, held.message) == (Phase.RUNNING, "Old", "old")
    shown = merged(BEFORE, after, may_have_running=False)
    assert (shown.phase, shown.reason, shown.message) == (Phase.FAILED, "Evicted", "evicted")


def test_but_not_one_that_was_published_already_nor_any_other() -> None:
    before = status(Phase.FAILED)
    after = status(Phase.FAILED, DISRUPTED, reason="Evicted")
    assert merged(before, after, may_have_running=True).reason == "Evicted"
    assert merged(before, after, may_have_running=False).conditions == ()
    running = status(Phase.RUNNING, reason="New")
    assert merged(status(Phase.PENDING), running, may_have_running=True) == running


def test_conditions_of_others_are_kept_and_ones_own_are_the_new_ones() -> None:
    before = status(Phase.RUNNING, condition("example.com/up"), condition("PodResizePending"))
    for phase, ready in [(Phase.RUNNING, ("True", "")), (Phase.FAILED, ("False", "PodFailed"))]:
        after = status(phase, condition("Ready"), condition("example.com/down"))
        found = words(merged(before, after, may_have_running=False))
        assert found["Ready"] == ready
        assert set(found) - {"ContainersReady"} == {"example.com/up", "Ready"}


@pytest.mark.parametrize(
    ("phase", "may_have_running"),
    [(Phase.RUNNING, False), (Phase.FAILED, True)],
    ids=["goes on", "may run"],
)
def test_a_disruption_is_published_with_the_end_it_leads_to(
    phase: Phase, may_have_running: bool
) -> None:
    found = merged(BEFORE, status(phase, DISRUPTED), may_have_running=may_have_running)
    assert "DisruptionTarget" not in words(found)
    end = merged(BEFORE, status(Phase.FAILED, DISRUPTED), may_have_running=False, now=LATER)
    shown = end.condition("DisruptionTarget")
    assert shown is not None
    assert (shown.reason, shown.last_transition_time) == ("TerminationByKubelet", LATER)


def test_and_replaces_what_others_said_of_it_since_then() -> None:
    other = condition("DisruptionTarget", reason="EvictionByEvictionAPI", last_transition_time=NOW)
    before = status(Phase.RUNNING, other)
    found = merged(before, status(Phase.FAILED, DISRUPTED), may_have_running=False, now=LATER)
    [shown] = found.conditions
    assert (shown.reason, shown.last_transition_time) == ("TerminationByKubelet", NOW)


@pytest.mark.parametrize(
    ("phase", "reason"), [(Phase.SUCCEEDED, "PodCompleted"), (Phase.FAILED, "PodFailed")]
)
@pytest.mark.parametrize("type_", ["Ready", "ContainersReady"])
def test_a_pod_that_is_over_is_not_ready(phase: Phase, reason: str, type_: str) -> None:
    ready = status(phase, condition(type_, last_transition_time=NOW))
    found = merged(BEFORE, ready, may_have_running=False, now=LATER)
    assert words(found) == {"Ready": ("False", reason), "ContainersReady": ("False", reason)}
    assert {each.last_transition_time for each in found.conditions} == {LATER}


def test_why_it_was_unready_before_is_left_as_it_is() -> None:
    unready = status(Phase.FAILED, condition("Ready", "False", reason="ContainersNotReady"))
    found = merged(BEFORE, unready, may_have_running=False)
    assert words(found) == {"Ready": ("False", "ContainersNotReady")}


def restarts(pod_spec: PodSpec, before: ContainerState, after: ContainerState) -> tuple[str, ...]:
    """What every container of the pod did at once."""
    inits = [each.name for each in pod_spec.init_containers]
    apps = [each.name for each in pod_spec.containers]

    def all_in(state: ContainerState) -> PodStatus:
        return PodStatus(
            init_container_statuses=tuple(seen(name, state) for name in inits),
            container_statuses=tuple(seen(name, state) for name in apps),
        )

    return illegal_restarts(pod_spec, all_in(before), all_in(after))


@pytest.mark.parametrize("after", [RUNNING, Waiting()])
@pytest.mark.parametrize(
    ("policy", "code", "names"),
    [
        ("Always", 0, ()),
        ("OnFailure", 1, ()),
        ("OnFailure", 0, ("init", "app")),
        ("Never", 1, ("init", "app")),
    ],
)
def test_a_container_does_not_leave_an_end_that_is_final(
    policy: str, code: int, names: tuple[str, ...], after: ContainerState
) -> None:
    pod_spec = spec(container("app"), inits=(container("init"), sidecar("proxy")), policy=policy)
    assert restarts(pod_spec, ended(code), after) == names
    assert restarts(pod_spec, ended(code), ended(3)) == ()
    assert restarts(pod_spec, RUNNING, after) == ()


def test_in_a_pod_that_always_restarts_no_end_is_final() -> None:
    own = container("app", restart_policy="Never")
    assert restarts(spec(own), ended(1), RUNNING) == ()


def test_its_own_policy_and_rules_may_allow_it() -> None:
    own = container("app", restart_policy="OnFailure")
    assert restarts(spec(own, policy="Never"), ended(1), RUNNING) == ()
    ruled = container("app", restart_policy="Never", restart_policy_rules=[rule("In", 42)])
    assert restarts(spec(ruled, policy="Never"), ended(42), RUNNING) == ()
    assert restarts(spec(ruled, policy="Never"), ended(41), RUNNING) == ("app",)


def test_and_so_does_a_rule_that_restarts_all() -> None:
    all_rule = rule("In", 42, action="RestartAllContainers")
    trigger = container("job", restart_policy="Never", restart_policy_rules=[all_rule])
    pod_spec = spec(container("app"), trigger, policy="Never")
    assert restarts(pod_spec, ended(1), RUNNING) == ()
    without = attrs.evolve(pod_spec, containers=pod_spec.containers[:1])
    assert restarts(without, ended(1), RUNNING) == ("app",)
