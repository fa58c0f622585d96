"""What is done with a pod that is found in some state: its sandbox, its apps."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import pytest

from seedpod._core.adoption.actions import Actions, pod_actions
from seedpod._core.adoption.kills import KillReason
from seedpod._core.probing import Verdict
from seedpod.spec import EphemeralContainer
from seedpod.spec.words import ProbeKind
from seedpod.status import ContainerState, FoundPod, FoundSandbox
from tests.core.found_pods import (
    CREATED,
    DEAD,
    LOST,
    READY,
    attempt,
    in_sandbox,
    of,
    without_sandbox,
)
from tests.core.sketches import RUNNING, container, ended, rule, sidecar, spec

ONE = spec(container("app"))
TWO = spec(container("web"), container("db"))


def test_a_pod_of_which_there_is_nothing_gets_its_first_sandbox() -> None:
    assert pod_actions(of(TWO), FoundPod()) == Actions(
        kills_pod=True, creates_sandbox=True, sandbox_attempt=0, containers_to_start=("web", "db")
    )


@pytest.mark.parametrize(
    "sandboxes",
    [
        (DEAD,),
        (READY, READY),
        (DEAD, READY),
        (attrs.evolve(READY, ip=""),),
        (attrs.evolve(READY, has_host_network=True),),
    ],
    ids=["not ready", "two are ready", "an older one is ready", "no address", "other network"],
)
def test_a_sandbox_that_will_not_do_is_replaced_by_the_next(
    sandboxes: tuple[FoundSandbox, ...],
) -> None:
    numbered = [attrs.evolve(each, attempt=7 - n) for n, each in enumerate(sandboxes)]
    found = pod_actions(of(ONE), FoundPod(sandboxes=tuple(numbered)))
    assert (found.creates_sandbox, found.sandbox_attempt) == (True, 8)


def test_a_sandbox_on_the_host_network_needs_no_address() -> None:
    host = attrs.evolve(READY, has_host_network=True, ip="")
    pod = of(spec(container("app"), host_network=True))
    assert not pod_actions(pod, FoundPod(sandboxes=(host,))).creates_sandbox


def test_after_a_loss_of_the_sandbox_all_init_containers_run_again() -> None:
    pod = of(spec(container("app"), inits=(container("init"), sidecar("proxy"))))
    found = without_sandbox(attempt("app", ended(1)), attempt("init", ended()))
    actions = pod_actions(pod, found)
    assert actions.init_containers_to_start == ("init",)
    assert actions.containers_to_start == ()


def test_a_pod_that_is_never_restarted_does_not_survive_its_sandbox() -> None:
    pod = of(spec(container("app"), policy="Never"))
    assert pod_actions(pod, without_sandbox(attempt("app", ended(1)))) == Actions(kills_pod=True)


def test_but_those_of_its_apps_do_that_have_another_policy_if_that_is_heeded() -> None:
    pod = of(spec(container("app", restart_policy="Always"), container("job"), policy="Never"))
    found = without_sandbox(attempt("app", ended(1)), attempt("job", ended(1)))
    assert pod_actions(pod, found) == Actions(kills_pod=True)
    assert pod_actions(pod, found, heeds_own_policies=True).containers_to_start == ("app",)


@pytest.mark.parametrize(
    "found", [FoundPod(sandboxes=(DEAD,)), FoundPod(containers=(attempt("app", ended(1)),))]
)
def test_unless_nothing_was_started_in_it_or_it_never_had_one(found: FoundPod) -> None:
    assert pod_actions(of(spec(container("app"), policy="Never")), found).creates_sandbox


def test_what_has_succeeded_is_not_started_again_in_a_new_sandbox() -> None:
    pod = of(spec(container("done"), container("failed"), policy="OnFailure"))
    found = without_sandbox(attempt("done", ended()), attempt("failed", ended(1)))
    assert pod_actions(pod, found).containers_to_start == ("failed",)


def test_but_what_always_runs_is() -> None:
    pod = of(spec(container("done"), container("own", restart_policy="OnFailure")))
    found = without_sandbox(attempt("done", ended()), attempt("own", ended()))
    assert pod_actions(pod, found).containers_to_start == ("done",)


def test_no_sandbox_is_made_for_apps_that_are_all_done() -> None:
    pod = of(spec(container("app"), inits=(container("init"),), policy="OnFailure"))
    assert pod_actions(pod, without_sandbox(attempt("app", ended()))) == Actions(kills_pod=True)


@pytest.mark.parametrize("state", [ended(1), CREATED])
def test_an_app_that_does_not_run_is_started_if_it_may(state: ContainerState | None) -> None:
    found = in_sandbox(attempt("web", state), attempt("db", RUNNING))
    assert pod_actions(of(TWO), found) == Actions(containers_to_start=("web",))


def test_only_its_newest_attempt_counts() -> None:
    pod = of(attrs.evolve(TWO, restart_policy="OnFailure"))
    found = in_sandbox(
        attempt("web", ended(0), 1), attempt("web", ended(1), 0), attempt("db", RUNNING)
    )
    assert pod_actions(pod, found) == Actions()


def test_an_app_of_unknown_fate_is_killed_before_it_is_started() -> None:
    pod = of(attrs.evolve(TWO, restart_policy="Never"))
    actions = pod_actions(pod, in_sandbox(attempt("web", LOST), attempt("db", RUNNING)))
    assert actions.containers_to_start == ("web",)
    [kill] = actions.containers_to_kill
    assert kill.message == 'Container is in "unknown" state, try killing it before restart'
    assert kill.reason is KillReason.UNKNOWN


@pytest.mark.parametrize(
    ("said", "words", "reason"),
    [
        ({ProbeKind.LIVENESS: Verdict.FAILURE}, "failed liveness probe", KillReason.LIVENESS_PROBE),
        ({ProbeKind.STARTUP: Verdict.FAILURE}, "failed startup probe", KillReason.STARTUP_PROBE),
        (
            {ProbeKind.LIVENESS: Verdict.FAILURE, ProbeKind.STARTUP: Verdict.FAILURE},
            "failed liveness probe",
            KillReason.LIVENESS_PROBE,
        ),
    ],
)
def test_an_app_whose_probe_failed_is_killed_and_the_message_says_if_it_returns(
    said: Mapping[ProbeKind, Verdict], words: str, reason: KillReason
) -> None:
    found = in_sandbox(attempt("web", RUNNING), attempt("db", RUNNING))
    actions = pod_actions(of(TWO), found, {"web": said})
    assert actions.containers_to_start == ("web",)
    [kill] = actions.containers_to_kill
    assert (kill.message, kill.reason) == (f"Container web {words}, will be restarted", reason)

    never = pod_actions(of(attrs.evolve(TWO, restart_policy="Never")), found, {"web": said})
    assert never.containers_to_start == ()
    assert [each.message for each in never.containers_to_kill] == [f"Container web {words}"]


def test_the_apps_own_policy_goes_before_the_pods_and_its_rules_are_not_asked() -> None:
    found = in_sandbox(attempt("web", RUNNING), attempt("db", RUNNING))
    said = {"web": {ProbeKind.LIVENESS: Verdict.FAILURE}}
    always = spec(container("web", restart_policy="Always"), container("db"), policy="Never")
    assert pod_actions(of(always), found, said).containers_to_start == ("web",)
    ruled = container("web", restart_policy="Never", restart_policy_rules=[rule("NotIn", 0)])
    never = spec(ruled, container("db"))
    assert pod_actions(of(never), found, said).containers_to_start == ()


def test_a_changed_app_is_always_started_again() -> None:
    pod = of(attrs.evolve(ONE, restart_policy="Never"))
    changed = attrs.evolve(attempt("app", RUNNING), has_other_spec=True)
    actions = pod_actions(pod, in_sandbox(changed), {"app": {ProbeKind.LIVENESS: Verdict.FAILURE}})
    assert actions.containers_to_start == ("app",)
    [kill] = actions.containers_to_kill
    assert kill.message == "Container app definition changed, will be restarted"
    assert kill.reason is None


def test_sidecars_do_not_outlive_the_last_app() -> None:
    pod = of(spec(container("app"), inits=(sidecar("s"), sidecar("t")), policy="Never"))
    found = in_sandbox(attempt("app", ended()), attempt("s", ended(1)), attempt("t", RUNNING))
    assert pod_actions(pod, found) == Actions(kills_pod=True)


def test_a_probe_that_ends_the_last_app_ends_the_pod() -> None:
    pod = of(attrs.evolve(ONE, restart_policy="Never"))
    found = in_sandbox(attempt("app", RUNNING))
    actions = pod_actions(pod, found, {"app": {ProbeKind.LIVENESS: Verdict.FAILURE}})
    assert actions.kills_pod
    assert actions.containers_to_start == ()


def test_nothing_is_started_in_a_pod_that_is_being_deleted() -> None:
    pod = of(TWO, deletion_timestamp="2026-01-01T00:00:00Z")
    assert pod_actions(pod, in_sandbox(attempt("web", ended(1)))) == Actions(kills_pod=True)


def test_an_ephemeral_container_is_started_once_and_initialized_or_not() -> None:
    pod_spec = spec(container("app"), inits=(container("init"),))
    debug = EphemeralContainer(name="debug")
    pod = of(attrs.evolve(pod_spec, ephemeral_containers=[debug]))
    assert pod_actions(pod, in_sandbox()).ephemeral_containers_to_start == ("debug",)
    for state in (RUNNING, ended(), LOST):
        found = in_sandbox(attempt("debug", state))
        assert pod_actions(pod, found).ephemeral_containers_to_start == ()
    assert pod_actions(pod, FoundPod()).ephemeral_containers_to_start == ()
