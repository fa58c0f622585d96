"""What is done with the init containers of a pod: every row of Kubernetes' table."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import pytest

from seedpod._core.adoption.actions import Actions, pod_actions
from seedpod._core.adoption.kills import ContainerToKill, KillReason
from seedpod._core.probing import Verdict
from seedpod.spec import Container, PodSpec, Probe
from seedpod.spec.words import ProbeKind
from seedpod.status import ContainerState, FoundContainer
from tests.core.found_pods import CREATED, LOST, attempt, in_sandbox, of
from tests.core.sketches import RUNNING, container, ended, rule, sidecar, spec

INITS = spec(container("app"), inits=(container("a"), sidecar("s"), container("b")))


def probed(name: str) -> Container:
    """A sidecar with startup and liveness probes."""
    return sidecar(name, startup_probe=Probe(), liveness_probe=Probe())


def started(
    pod_spec: PodSpec, *attempts: FoundContainer, **verdicts: Mapping[ProbeKind, Verdict]
) -> tuple[str, ...]:
    """The init containers that are started in a usable sandbox."""
    found = in_sandbox(*attempts)
    return pod_actions(of(pod_spec), found, verdicts).init_containers_to_start


def test_the_first_init_container_is_started_if_there_is_none() -> None:
    assert started(INITS) == ("a",)


def test_a_missing_sidecar_is_started_and_a_missing_init_container_is_not_missed() -> None:
    assert started(INITS, attempt("b", RUNNING)) == ("s",)
    assert started(INITS, attempt("app", RUNNING)) == ("s",)


def test_a_finished_init_container_is_not_looked_at_once_a_later_one_had_its_turn() -> None:
    assert started(INITS, attempt("s", RUNNING), attempt("a", ended(1))) == ("b",)


def test_an_init_container_that_was_only_created_is_started_again() -> None:
    assert started(INITS, attempt("a", CREATED)) == ("a",)


def test_a_running_init_container_is_waited_for() -> None:
    assert started(INITS, attempt("a", RUNNING)) == ()


SIDECAR = spec(container("app"), inits=(probed("s"), container("b")))


@pytest.mark.parametrize("verdict", [None, Verdict.UNKNOWN])
def test_a_sidecar_is_waited_for_until_its_startup_probe_has_decided(
    verdict: Verdict | None,
) -> None:
    said = {ProbeKind.STARTUP: verdict} if verdict else {}
    assert started(SIDECAR, attempt("s", RUNNING), s=said) == ()


def test_a_sidecar_whose_startup_probe_failed_is_killed_and_started_again() -> None:
    actions = pod_actions(
        of(SIDECAR), in_sandbox(attempt("s", RUNNING)), {"s": {ProbeKind.STARTUP: Verdict.FAILURE}}
    )
    assert actions.init_containers_to_start == ("s",)
    assert actions.containers_to_kill == (
        ContainerToKill(
            name="s",
            container_id="s-0",
            message="Init container s failed startup probe",
            reason=KillReason.STARTUP_PROBE,
        ),
    )


def test_a_sidecar_that_has_started_lets_the_next_one_start() -> None:
    assert started(SIDECAR, attempt("s", RUNNING), s={ProbeKind.STARTUP: Verdict.SUCCESS}) == ("b",)
    plain = spec(container("app"), inits=(sidecar("s"), container("b")))
    assert started(plain, attempt("s", RUNNING)) == ("b",)


def test_a_sidecar_that_fails_its_liveness_probe_still_lets_the_next_one_start() -> None:
    verdicts = {"s": {ProbeKind.STARTUP: Verdict.SUCCESS, ProbeKind.LIVENESS: Verdict.FAILURE}}
    actions = pod_actions(of(SIDECAR), in_sandbox(attempt("s", RUNNING)), verdicts)
    assert actions.init_containers_to_start == ("s", "b")
    [kill] = actions.containers_to_kill
    assert kill.message == "Init container s failed liveness probe"
    assert kill.reason is KillReason.LIVENESS_PROBE


def test_a_verdict_on_a_probe_that_a_sidecar_has_not_counts_for_nothing() -> None:
    plain = spec(container("app"), inits=(sidecar("s"),))
    said = {"s": {ProbeKind.STARTUP: Verdict.FAILURE, ProbeKind.LIVENESS: Verdict.FAILURE}}
    actions = pod_actions(of(plain), in_sandbox(attempt("s", RUNNING)), said)
    assert actions == Actions(containers_to_start=("app",))


def test_a_sidecar_that_is_replaced_lets_the_next_one_start_all_the_same() -> None:
    pod = of(spec(container("app"), inits=(sidecar("s"), container("b"))))
    changed = attrs.evolve(attempt("s", RUNNING), has_other_spec=True)
    assert pod_actions(pod, in_sandbox(changed)).init_containers_to_start == ("s", "b")
    last = of(spec(container("app"), inits=(sidecar("s"),)))
    assert pod_actions(last, in_sandbox(changed)).containers_to_start == ("app",)


def test_a_changed_sidecar_is_replaced_and_a_changed_init_container_is_not() -> None:
    changed = attrs.evolve(attempt("s", RUNNING), has_other_spec=True)
    other = attrs.evolve(attempt("a", RUNNING), has_other_spec=True)
    actions = pod_actions(of(INITS), in_sandbox(attempt("app", RUNNING), changed, other))
    assert actions.init_containers_to_start == ("s",)
    [kill] = actions.containers_to_kill
    assert (kill.message, kill.reason) == ("Init container s definition changed", None)


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize("policy", ["Always", "OnFailure", "Never"])
def test_a_sidecar_that_has_ended_is_started_again(code: int, policy: str) -> None:
    pod_spec = spec(container("app"), inits=(sidecar("s"),), policy=policy)
    assert started(pod_spec, attempt("s", ended(code))) == ("s",)


def test_a_failed_init_container_is_started_again_if_it_may() -> None:
    assert started(INITS, attempt("a", ended(1))) == ("a",)


@pytest.mark.parametrize("state", [ended(1), ended(0, "OOMKilled"), LOST])
def test_else_its_failure_ends_the_pod(state: ContainerState | None) -> None:
    pod_spec = attrs.evolve(INITS, restart_policy="Never")
    found = in_sandbox(attempt("a", state), attempt("s", RUNNING))
    found = attrs.evolve(found, containers=found.containers[:1])
    assert pod_actions(of(pod_spec), found) == Actions(kills_pod=True)


def test_a_rule_may_save_a_failed_init_container_but_not_one_whose_end_nobody_saw() -> None:
    init = container("a", restart_policy="Never", restart_policy_rules=[rule("In", 42)])
    pod_spec = spec(container("app"), inits=(init,))
    assert started(pod_spec, attempt("a", ended(42))) == ("a",)
    assert pod_actions(of(pod_spec), in_sandbox(attempt("a", LOST))).kills_pod


def test_success_of_an_init_container_lets_the_next_one_start_or_the_apps() -> None:
    assert started(INITS, attempt("a", ended())) == ("s",)
    actions = pod_actions(of(INITS), in_sandbox(attempt("b", ended()), attempt("s", RUNNING)))
    assert actions == Actions(containers_to_start=("app",))


@pytest.mark.parametrize("name", ["a", "s"])
def test_an_init_container_of_unknown_fate_is_killed_before_it_is_started(name: str) -> None:
    actions = pod_actions(of(INITS), in_sandbox(attempt(name, LOST)))
    assert actions.init_containers_to_start == (name,)
    [kill] = actions.containers_to_kill
    assert kill.message == 'Init container is in "unknown" state, try killing it before restart'
    assert kill.reason is KillReason.UNKNOWN


def test_dead_sidecars_are_started_in_the_order_of_the_spec() -> None:
    pod_spec = spec(container("app"), inits=(sidecar("s"), sidecar("t"), container("b")))
    found = (attempt("s", ended(1)), attempt("t", ended(1)), attempt("b", ended(1)))
    assert started(pod_spec, *found) == ("s", "t", "b")


def test_apps_that_ended_prove_nothing_so_the_last_sidecar_must_start_first() -> None:
    pod_spec = spec(container("app"), inits=(sidecar("s"),))
    found = in_sandbox(attempt("s", ended(1)), attempt("app", ended(1)))
    assert pod_actions(of(pod_spec), found) == Actions(init_containers_to_start=("s",))
