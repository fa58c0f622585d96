"""What a pod found in some state needs, row by row of Kubernetes' tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import attrs

from seedpod._core.adoption.actions import Actions, pod_actions
from seedpod._core.adoption.attempts import (
    has_active_app,
    has_attempt_failed,
    kept_attempts,
    newest_attempts,
)
from seedpod._core.adoption.eviction import deadline_eviction
from seedpod._core.adoption.kills import Verdicts
from seedpod._core.adoption.restarting_all import should_restart_all
from seedpod._core.conditions import has_app_started
from seedpod._core.probing import Verdict
from seedpod._core.restart import (
    has_restart_all_rule,
    is_restartable,
    matching_rule,
    may_restart,
    needs_start,
)
from seedpod.spec import Container, ContainerRestartRule, Pod, PodSpec
from seedpod.spec.words import ProbeKind
from seedpod.status import FoundPod, PodCondition, Running, Terminated
from tests.conformance.checks.reading import found_container, found_pod, statuses_of
from tests.conformance.rows import Json, Row, pod_of, structured
from tests.conformance.through_engine import BACKENDS, check_deeds, inexpressible, played
from tests.core.found_pods import carried_out


def check_actions(row: Row) -> None:
    """Kills are compared by name; resets in their order, with the id of the instance."""
    given = row.given
    pod = pod_of(given)
    runtime = {"sandboxes": given["sandboxes"], "containers": given["containers"]}
    there = found_pod(runtime, host_network=pod.spec.host_network)
    verdicts = _verdicts(given["containers"])
    restarts_all = given.get("restartAllContainers", False)
    found = pod_actions(pod, there, verdicts, restarts_all=restarts_all)
    wanted = row.expect
    assert found.kills_pod == wanted["killPod"]
    assert found.creates_sandbox == wanted["createSandbox"]
    assert found.sandbox_attempt == wanted.get("sandboxAttempt")
    assert list(found.init_containers_to_start) == wanted["initContainersToStart"]
    assert list(found.containers_to_start) == wanted["containersToStart"]
    ephemeral = wanted.get("ephemeralContainersToStart", [])
    assert list(found.ephemeral_containers_to_start) == ephemeral
    assert sorted(_killed(found)) == sorted(wanted["containersToKill"])
    assert _reset(found) == wanted.get("containersToReset", [])
    if inexpressible(pod, there, restarts_all=restarts_all) is None:
        check_deeds(pod, there, verdicts, found, restarts_all=restarts_all)


def _verdicts(containers: Iterable[Json]) -> Verdicts:
    return {
        each["name"]: {
            ProbeKind(kind): Verdict(said.capitalize())
            for kind, said in each.get("probes", {}).items()
        }
        for each in containers
    }


def _killed(found: Actions) -> list[str]:
    return [each.name for each in found.containers_to_kill]


def _reset(found: Actions) -> list[Json]:
    return [
        {"id": each.container_id.removeprefix("://"), "kill": each.is_killed, "name": each.name}
        for each in found.containers_to_reset
    ]


def check_should_be_restarted(row: Row) -> None:
    """The first instance of the name is the one that counts."""
    given = row.given
    pod = pod_of(given)
    container = next(each for each in pod.spec.containers if each.name == given["container"])
    newest = newest_attempts(_found(given)).get(container.name)
    restart = needs_start(
        pod.spec.restart_policy,
        container,
        None if newest is None else newest.state,
        is_deleting=bool(pod.metadata.deletion_timestamp),
    )
    assert restart == row.expect["restart"]


def check_should_restart(row: Row) -> None:
    """After an exit, by rules and policies."""
    restart = may_restart(_policy(row.given), _container(row.given), row.given["exitCode"])
    assert restart == row.expect["restart"]


def check_restartable(row: Row) -> None:
    """Whatever the exit code."""
    found = is_restartable(_policy(row.given), _container(row.given))
    assert found == row.expect["restartable"]


def check_matching_rule(row: Row) -> None:
    """The first that matches, by its place in the list."""
    given = row.given
    rules = [structured(ContainerRestartRule, each) for each in given["restartPolicyRules"]]
    found = matching_rule(rules, given["exitCode"])
    assert (found is not None) == row.expect["found"]
    if found is not None:
        assert rules.index(found) == row.expect["ruleIndex"]


def check_restart_all_rule(row: Row) -> None:
    """Whether any container has one."""
    assert has_restart_all_rule(pod_of(row.given).spec) == row.expect["result"]


def check_restart_all(row: Row) -> None:
    """By what ended, or because it was begun."""
    given = row.given
    conditions = [PodCondition(**each) for each in given["podConditions"]]
    found = should_restart_all(pod_of(given), _found(given), conditions)
    assert found == row.expect["restartAllContainers"]


def check_app_started(row: Row) -> None:
    """By the statuses."""
    statuses = statuses_of(row.given["containerStatuses"])
    assert has_app_started(pod_of(row.given).spec, statuses) == row.expect["started"]


def check_active_app(row: Row) -> None:
    """By what is in the sandbox."""
    found = has_active_app(pod_of(row.given).spec, found_pod(row.given["runtime"]))
    assert found == row.expect["started"]


def check_init_failed(row: Row) -> None:
    """One instance of an init container."""
    found = has_attempt_failed(found_container(row.given["container"]))
    assert found == row.expect["failed"]


def check_pruning(row: Row) -> None:
    """Which instances of init containers are left."""
    spec = pod_of(row.given).spec
    inits = {each.name for each in spec.init_containers}
    left = [
        {"name": each.name, "attempt": each.attempt}
        for each in kept_attempts(spec, _found(row.given))
        if each.name in inits
    ]
    assert left == row.expect["containersLeft"]


def check_deadline(row: Row) -> None:
    """Whether the pod must fail."""
    spec = PodSpec(active_deadline_seconds=row.given.get("activeDeadlineSeconds"))
    found = deadline_eviction(spec, row.given.get("startedSecondsAgo"))
    assert (found is not None) == row.expect["shouldFail"]
    assert (found.reason if found else "") == row.expect.get("reason", "")


def check_sequence(row: Row) -> None:
    """A pod over several looks: what is there after each."""
    pod = pod_of(row.given)
    for backend in BACKENDS:
        stages = played(pod, row.given["steps"], backend)
        for there, wanted in zip(stages, row.expect["steps"], strict=True):
            assert there == {(each["name"], each["attempt"], each["state"]) for each in wanted}
    found = FoundPod()
    for step, wanted in zip(row.given["steps"], row.expect["steps"], strict=True):
        found = _after(found, step["event"] or {})
        if step["sync"]:
            found = carried_out(pod.spec, found, _all_actions(pod, found))
        seen = [(each.name, each.attempt, _word(each.state)) for each in found.containers]
        assert sorted(seen) == sorted(
            (each["name"], each["attempt"], each["state"]) for each in wanted
        )


def _all_actions(pod: Pod, found: FoundPod) -> Actions:
    return pod_actions(pod, found, restarts_all=should_restart_all(pod, found))


def _after(found: FoundPod, event: Json) -> FoundPod:
    """What is found once *event* has happened by itself."""
    if event.get("sandboxDies"):
        dead = [attrs.evolve(each, is_ready=False) for each in found.sandboxes]
        return attrs.evolve(found, sandboxes=tuple(dead))
    if "exits" not in event:
        return found
    exited = (event["exits"], event["attempt"])
    state = Terminated(event["exitCode"])
    containers = [
        attrs.evolve(each, state=state) if (each.name, each.attempt) == exited else each
        for each in found.containers
    ]
    return attrs.evolve(found, containers=tuple(containers))


def _word(state: object) -> str:
    if isinstance(state, Running):
        return "running"
    return "exited" if isinstance(state, Terminated) else "created"


def _found(given: Json) -> FoundPod:
    return found_pod({"sandboxes": [], "containers": given["containers"]})


def _policy(given: Json) -> str:
    return pod_of(given).spec.restart_policy


def _container(given: Json) -> Container:
    return structured(Container, given["container"])


CHECKS: Final[Mapping[str, Callable[[Row], None]]] = {
    "computePodActions": check_actions,
    "shouldContainerBeRestarted": check_should_be_restarted,
    "containerShouldRestart": check_should_restart,
    "isContainerRestartable": check_restartable,
    "findMatchingRestartRule": check_matching_rule,
    "specHasRestartAllContainersRule": check_restart_all_rule,
    "shouldAllContainersRestart": check_restart_all,
    "hasAnyRegularContainerStarted": check_app_started,
    "hasAnyActiveRegularContainerStarted": check_active_app,
    "isInitContainerFailed": check_init_failed,
    "pruneInitContainersBeforeStart": check_pruning,
    "syncSequence": check_sequence,
    "activeDeadline": check_deadline,
}
