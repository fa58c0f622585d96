"""The restart of all containers: when one is due, and what is removed in which order."""

from __future__ import annotations

from typing import Any, Final

import attrs

from seedpod._core.adoption.actions import Actions, pod_actions
from seedpod._core.adoption.restarting_all import ContainerToReset, should_restart_all
from seedpod.status import PodCondition
from tests.core.found_pods import LOST, attempt, in_sandbox, of, without_sandbox
from tests.core.sketches import RUNNING, container, ended, rule, sidecar, spec

ONE = spec(container("app"))
RESTARTING = PodCondition(type="AllContainersRestarting", status="True")
TRIGGER: Final[dict[str, Any]] = {
    "restart_policy": "Never",
    "restart_policy_rules": [rule("In", 42, action="RestartAllContainers")],
}


def test_a_matching_exit_of_the_newest_attempt_restarts_all() -> None:
    pod = of(spec(container("app"), container("job", **TRIGGER)))
    assert should_restart_all(pod, in_sandbox(attempt("job", ended(42))))
    assert not should_restart_all(pod, in_sandbox(attempt("job", ended(41))))
    assert not should_restart_all(pod, in_sandbox(attempt("job", RUNNING, 1)))
    gone = in_sandbox(attempt("job", RUNNING, 1), attempt("job", ended(42)))
    assert not should_restart_all(pod, gone)


def test_a_restart_that_has_begun_is_gone_on_with() -> None:
    assert should_restart_all(of(ONE), in_sandbox(), [RESTARTING])
    others = [attrs.evolve(RESTARTING, status="False"), attrs.evolve(RESTARTING, type="Ready")]
    assert not should_restart_all(of(ONE), in_sandbox(), others)


def test_a_pod_that_is_being_deleted_is_not_restarted() -> None:
    pod = of(ONE, deletion_timestamp="2026-01-01T00:00:00Z")
    assert not should_restart_all(pod, in_sandbox(), [RESTARTING])


def test_apps_are_removed_before_init_containers_and_what_asked_for_it_last() -> None:
    pod = of(
        spec(
            container("job", **TRIGGER),
            container("app"),
            inits=(container("first", **TRIGGER), sidecar("proxy")),
        )
    )
    found = in_sandbox(
        attempt("first", ended(42)),
        attempt("job", ended(42), 1),
        attempt("job", ended(1)),
        attempt("proxy", RUNNING),
        attempt("app", LOST),
    )
    actions = pod_actions(pod, found, restarts_all=True)
    assert actions == Actions(
        containers_to_reset=tuple(
            ContainerToReset(name=name, container_id=f"{name}-{number}", is_killed=is_killed)
            for name, number, is_killed in [
                ("job", 0, False),
                ("app", 0, True),
                ("proxy", 0, True),
                ("job", 1, False),
                ("first", 0, False),
            ]
        )
    )


def test_a_sandbox_that_will_not_do_is_replaced_all_the_same() -> None:
    actions = pod_actions(of(ONE), without_sandbox(attempt("app", RUNNING)), restarts_all=True)
    assert (actions.kills_pod, actions.creates_sandbox, actions.sandbox_attempt) == (True, True, 1)
    assert [each.name for each in actions.containers_to_reset] == ["app"]
    assert actions.containers_to_start == ()
