"""The small decisions about restarts, row by row of Kubernetes' tables."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from seedpod._core.conditions import has_app_started
from seedpod._core.restart import (
    has_init_failed,
    has_restart_all_rule,
    is_restartable,
    matching_rule,
    may_restart,
    needs_start,
)
from seedpod.spec import Container, ContainerRestartRule
from seedpod.status import ContainerState, Running, Terminated, Waiting
from tests.conformance.vectors_support import (
    EPOCH,
    Asker,
    Json,
    Row,
    agreeing,
    container_statuses,
    deviating,
    pod_of,
    structured,
    unaccounted,
)


@pytest.mark.parametrize("row", agreeing("actions"))
def test_decisions_are_those_of_kubernetes(row: Row) -> None:
    assert ASKERS[row.question](row.given) == row.expect


@pytest.mark.parametrize("row", deviating("actions"))
def test_listed_deviations_are_real(row: Row) -> None:
    assert ASKERS[row.question](row.given) != row.expect


def test_every_decision_is_asked_or_listed() -> None:
    assert unaccounted("actions", ASKERS) == set()


def should_restart_found(given: Json) -> object:
    """`containers` are newest first: the first of the name is the one that counts."""
    pod = pod_of(given)
    container = next(each for each in pod.spec.containers if each.name == given["container"])
    restart = needs_start(
        pod.spec.restart_policy,
        container,
        newest(given["containers"], container.name),
        is_deleting=bool(pod.metadata.deletion_timestamp),
    )
    return {"restart": restart}


def newest(containers: Iterable[Json], name: str) -> ContainerState | None:
    return next((state(each) for each in containers if each["name"] == name), None)


def state(container: Json) -> ContainerState:
    """A runtime's word for a state; what is merely created, or lost, waits to be started."""
    if container["state"] == "exited":
        return Terminated(container.get("exitCode", 0), container.get("reason", ""))
    return Running(EPOCH) if container["state"] == "running" else Waiting()


def should_restart(given: Json) -> object:
    policy = pod_of(given).spec.restart_policy
    return {"restart": may_restart(policy, container_of(given), given["exitCode"])}


def restartable(given: Json) -> object:
    policy = pod_of(given).spec.restart_policy
    return {"restartable": is_restartable(policy, container_of(given))}


def container_of(given: Json) -> Container:
    return structured(Container, given["container"])


def found_rule(given: Json) -> object:
    rules = [structured(ContainerRestartRule, each) for each in given["restartPolicyRules"]]
    rule = matching_rule(rules, given["exitCode"])
    return {"found": False} if rule is None else {"found": True, "ruleIndex": rules.index(rule)}


def started(given: Json) -> object:
    statuses = container_statuses(given["containerStatuses"])
    return {"started": has_app_started(pod_of(given).spec, statuses)}


def init_failed(given: Json) -> object:
    found = state(given["container"])
    return {"failed": isinstance(found, Terminated) and has_init_failed(found)}


ASKERS: dict[str, Asker] = {
    "shouldContainerBeRestarted": should_restart_found,
    "containerShouldRestart": should_restart,
    "isContainerRestartable": restartable,
    "findMatchingRestartRule": found_rule,
    "specHasRestartAllContainersRule": lambda given: {
        "result": has_restart_all_rule(pod_of(given).spec)
    },
    "hasAnyRegularContainerStarted": started,
    "isInitContainerFailed": init_failed,
}
