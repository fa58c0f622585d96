"""Whether a container that ended runs again."""

from __future__ import annotations

import pytest

from seedpod._core.restart import (
    effective_policy,
    has_init_failed,
    has_restart_all_rule,
    is_restartable,
    is_sidecar,
    may_restart,
    needs_start,
    rule_action,
)
from seedpod.spec import ContainerRestartRule
from seedpod.status import ContainerState, Termination
from tests.core.sketches import RUNNING, WAITING, container, ended, rule, sidecar, spec


@pytest.mark.parametrize(
    ("pod_policy", "exit_code", "expected"),
    [
        ("Always", 0, True),
        ("Always", 1, True),
        ("OnFailure", 0, False),
        ("OnFailure", 1, True),
        ("Never", 0, False),
        ("Never", 1, False),
        ("", 0, True),
    ],
)
def test_without_a_policy_of_its_own_a_container_follows_the_pod(
    pod_policy: str, exit_code: int, expected: bool
) -> None:
    assert may_restart(pod_policy, container("app"), exit_code) is expected


def test_its_own_policy_goes_before_the_pods() -> None:
    assert may_restart("Never", container("app", restart_policy="Always"), 0)
    assert not may_restart("Always", container("app", restart_policy="Never"), 1)


def test_a_rule_goes_before_the_policy() -> None:
    app = container("app", restart_policy="Never", restart_policy_rules=[rule("In", 42)])
    assert may_restart("Never", app, 42)
    assert not may_restart("Never", app, 41)


def test_a_rule_may_name_the_codes_it_does_not_match() -> None:
    app = container("app", restart_policy="Never", restart_policy_rules=[rule("NotIn", 1, 2)])
    assert may_restart("Never", app, 0)
    assert not may_restart("Never", app, 2)


def test_rules_without_a_policy_count_for_nothing() -> None:
    app = container("app", restart_policy_rules=[rule("In", 42)])
    assert not may_restart("Never", app, 42)


def test_the_first_rule_that_matches_decides() -> None:
    rules = [rule("In", 1), rule("In", 2, action="RestartAllContainers"), rule("NotIn", 3)]
    app = container("app", restart_policy="Never", restart_policy_rules=rules)
    assert rule_action(app, 1) == "Restart"
    assert rule_action(app, 2) == "RestartAllContainers"
    assert rule_action(app, 3) is None


def test_a_rule_with_an_unknown_action_is_ignored() -> None:
    rules = [rule("In", 1, action="Dance")]
    app = container("app", restart_policy="Never", restart_policy_rules=rules)
    assert not may_restart("Always", app, 1)


def test_a_rule_without_exit_codes_never_matches() -> None:
    app = container(
        "app", restart_policy="Never", restart_policy_rules=[ContainerRestartRule(action="Restart")]
    )
    assert rule_action(app, 0) is None


@pytest.mark.parametrize(
    ("state", "expected"), [(None, True), (WAITING, True), (RUNNING, False), (ended(0), False)]
)
def test_what_never_ran_or_was_lost_is_to_be_started(
    state: ContainerState | None, expected: bool
) -> None:
    assert needs_start("OnFailure", container("app"), state) is expected


def test_nothing_is_started_while_the_pod_is_deleted() -> None:
    assert not needs_start("Always", container("app"), None, is_deleting=True)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (Termination(0), False),
        (Termination(1), True),
        (Termination(0, "OOMKilled"), True),
    ],
)
def test_an_init_container_fails_by_its_code_or_for_want_of_memory(
    end: Termination, expected: bool
) -> None:
    assert has_init_failed(end) is expected


def test_the_effective_policy_is_the_nearest() -> None:
    assert effective_policy("Never", container("app", restart_policy="OnFailure")) == "OnFailure"
    assert effective_policy("Never", container("app")) == "Never"
    assert effective_policy("", container("app")) == "Always"


def test_an_init_container_that_restarts_always_is_a_sidecar() -> None:
    assert is_sidecar(sidecar("proxy"))
    assert not is_sidecar(container("init", restart_policy="OnFailure"))
    assert not is_sidecar(container("init"))


def test_a_container_is_restartable_if_policy_or_rule_ever_restarts_it() -> None:
    never = container("app", restart_policy="Never")
    ruled = container("app", restart_policy="Never", restart_policy_rules=[rule("In", 1)])
    assert not is_restartable("Always", never)
    assert not is_restartable("Never", container("app", restart_policy_rules=[rule("In", 1)]))
    assert is_restartable("Never", ruled)


def test_a_rule_of_an_init_container_can_restart_all() -> None:
    all_of_them = rule("In", 1, action="RestartAllContainers")
    init = container("init", restart_policy="Never", restart_policy_rules=[all_of_them])
    assert has_restart_all_rule(spec(container("app"), inits=(init,)))
    assert not has_restart_all_rule(spec(container("app", restart_policy_rules=[rule("In", 1)])))
