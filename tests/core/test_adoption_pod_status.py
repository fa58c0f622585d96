"""How a whole pod reads that was found in some state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from seedpod._core.adoption.eviction import PAST_DEADLINE, deadline_eviction
from seedpod._core.adoption.pod_status import pod_status
from seedpod._core.adoption.restarting_all import is_restarting_all
from seedpod._core.adoption.statuses import Look
from seedpod.spec import PodReadinessGate, PodSpec, ResourceRequirements
from seedpod.status import (
    ContainerStatus,
    FoundContainer,
    FoundPod,
    Phase,
    PodCondition,
    PodStatus,
    Running,
    Waiting,
)
from tests.core.found_pods import attempt, in_sandbox, of, without_sandbox
from tests.core.sketches import NOW, RUNNING, container, ended, rule, seen, sidecar, spec

ONE = spec(container("app"))
LATER = NOW + timedelta(seconds=5)


def serving(status: ContainerStatus) -> tuple[bool | None, bool]:
    """What runs has started, and is ready."""
    return isinstance(status.state, Running), isinstance(status.state, Running)


def status_of(
    pod_spec: PodSpec,
    *attempts: FoundContainer,
    reported: PodStatus | None = None,
    published: PodStatus | None = None,
    **fields: Any,
) -> PodStatus:
    before = reported or PodStatus()
    look = Look(
        pod=of(pod_spec),
        found=in_sandbox(*attempts),
        reported=before,
        published=published or before,
    )
    return pod_status(look, serving, **fields)


def condition(type_: str, status: str = "True", **fields: Any) -> PodCondition:
    return PodCondition(type=type_, status=status, **fields)


def words(status: PodStatus, type_: str) -> tuple[str, str] | None:
    found = status.condition(type_)
    return None if found is None else (found.status, found.reason)


def test_the_containers_decide_the_phase_and_their_probes_whether_they_are_ready() -> None:
    status = status_of(ONE, attempt("app", RUNNING))
    assert status.phase is Phase.RUNNING
    [app] = status.container_statuses
    assert (app.started, app.ready) == (True, True)
    assert words(status, "Ready") == ("True", "")
    assert status.qos_class == "BestEffort"


def test_a_sidecar_that_starts_anew_changes_nothing_for_a_pod_whose_apps_were_started() -> None:
    pod_spec = spec(container("app"), inits=(sidecar("proxy"),))
    unstarted = Look(
        pod=of(pod_spec), found=in_sandbox(attempt("app", RUNNING), attempt("proxy", RUNNING))
    )
    found = pod_status(unstarted, lambda _: (False, False))
    assert found.phase is Phase.RUNNING
    old = attrs.evolve(attempt("app", RUNNING), is_in_newest_sandbox=False)
    look = attrs.evolve(unstarted, found=in_sandbox(old, attempt("proxy", RUNNING)))
    assert pod_status(look, lambda _: (False, False)).phase is Phase.PENDING


@pytest.mark.parametrize("which", ["reported", "published"])
def test_a_terminal_phase_never_changes_again(which: str) -> None:
    over = PodStatus(phase=Phase.SUCCEEDED, reason="Done", message="all of it")
    status = status_of(ONE, attempt("app", RUNNING), **{which: over})
    assert status.phase is Phase.SUCCEEDED
    assert status.reason == ("Done" if which == "reported" else "")


def test_what_was_published_as_failed_does_not_succeed_later() -> None:
    never = attrs.evolve(ONE, restart_policy="Never")
    failed = PodStatus(phase=Phase.FAILED)
    assert status_of(never, attempt("app", ended()), published=failed).phase is Phase.FAILED
    assert status_of(never, attempt("app", ended())).phase is Phase.SUCCEEDED


def test_reason_and_message_last_as_long_as_the_phase() -> None:
    before = PodStatus(phase=Phase.RUNNING, reason="Why", message="because")
    status = status_of(ONE, attempt("app", RUNNING), reported=before)
    assert (status.reason, status.message) == ("Why", "because")
    status = status_of(ONE, reported=before)
    assert (status.phase, status.reason, status.message) == (Phase.PENDING, "", "")


def test_of_what_was_published_reason_and_message_are_taken_where_the_report_has_none() -> None:
    published = PodStatus(phase=Phase.RUNNING, reason="Why", message="because")
    status = status_of(
        ONE,
        attempt("app", RUNNING),
        reported=PodStatus(phase=Phase.RUNNING),
        published=published,
    )
    assert (status.reason, status.message) == ("Why", "because")
    own = PodStatus(phase=Phase.RUNNING, reason="Own", message="of its own")
    status = status_of(ONE, attempt("app", RUNNING), reported=own, published=published)
    assert (status.reason, status.message) == ("Own", "of its own")


def test_a_pod_past_its_deadline_has_failed_whatever_its_containers_do() -> None:
    status = status_of(ONE, attempt("app", RUNNING), eviction=PAST_DEADLINE)
    assert (status.phase, status.reason) == (Phase.FAILED, "DeadlineExceeded")
    assert words(status, "Ready") == ("False", "PodFailed")


@pytest.mark.parametrize(
    ("deadline", "active", "is_past"),
    [(30, 29.9, False), (30, 30, True), (30, None, False), (None, 30, False), (0, 0, True)],
)
def test_a_deadline_is_past_once_that_many_seconds_are_over(
    deadline: int | None, active: float | None, is_past: bool
) -> None:
    pod_spec = attrs.evolve(ONE, active_deadline_seconds=deadline)
    assert deadline_eviction(pod_spec, active) == (PAST_DEADLINE if is_past else None)


def test_a_pod_that_is_being_ended_is_over_when_its_containers_are() -> None:
    assert status_of(ONE, attempt("app", ended())).phase is Phase.RUNNING
    assert status_of(ONE, attempt("app", ended()), is_terminal=True).phase is Phase.SUCCEEDED


@pytest.mark.parametrize(("generation", "observed"), [(0, None), (3, 3)])
def test_a_status_tells_the_generation_of_the_spec_it_is_about(
    generation: int, observed: int | None
) -> None:
    pod = of(ONE)
    pod = attrs.evolve(pod, metadata=attrs.evolve(pod.metadata, generation=generation))
    status = pod_status(Look(pod=pod, found=in_sandbox()), serving)
    assert status.observed_generation == observed
    assert {each.observed_generation for each in status.conditions} == {observed}


def test_addresses_and_start_are_those_last_reported() -> None:
    before = PodStatus(start_time=NOW, pod_ip="10.0.0.1", pod_ips=("10.0.0.1",), host_ip="10.1.1.1")
    status = status_of(ONE, reported=before)
    assert (status.start_time, status.pod_ips) == (NOW, ("10.0.0.1",))
    assert (status.pod_ip, status.host_ip) == ("10.0.0.1", "10.1.1.1")


def test_containers_can_start_while_the_sandbox_will_do() -> None:
    pod = of(ONE)
    good = pod_status(Look(pod=pod, found=in_sandbox()), serving)
    assert words(good, "PodReadyToStartContainers") == ("True", "")
    bad = pod_status(Look(pod=pod, found=without_sandbox()), serving)
    assert words(bad, "PodReadyToStartContainers") == ("False", "")


def test_conditions_of_others_are_kept_and_gates_ask_for_them() -> None:
    pod_spec = attrs.evolve(
        ONE, readiness_gates=[PodReadinessGate(condition_type="example.com/up")]
    )
    published = PodStatus(conditions=(condition("example.com/up"), condition("PodScheduled")))
    status = status_of(pod_spec, attempt("app", RUNNING), published=published)
    assert words(status, "example.com/up") == ("True", "")
    assert words(status, "Ready") == ("True", "")
    assert words(status_of(pod_spec, attempt("app", RUNNING)), "Ready") == (
        "False",
        "ReadinessGatesNotReady",
    )


def test_a_disruption_is_the_one_that_was_reported() -> None:
    reported = PodStatus(conditions=(condition("DisruptionTarget", reason="TerminationByKubelet"),))
    published = PodStatus(
        conditions=(condition("DisruptionTarget", reason="EvictionByEvictionAPI"),)
    )
    status = status_of(ONE, reported=reported, published=published)
    assert words(status, "DisruptionTarget") == ("True", "TerminationByKubelet")
    status = status_of(ONE, published=published)
    assert words(status, "DisruptionTarget") == ("True", "EvictionByEvictionAPI")


def test_a_condition_keeps_its_time_while_its_status_is_the_same() -> None:
    before = PodStatus(
        conditions=(
            condition("Ready", "False", last_transition_time=NOW),
            condition("ContainersReady", "True", last_transition_time=NOW),
        )
    )
    status = status_of(ONE, attempt("app", RUNNING), reported=before, now=LATER)
    times = {each.type: each.last_transition_time for each in status.conditions}
    assert times["Ready"] == LATER
    assert times["ContainersReady"] == NOW
    assert times["PodScheduled"] == LATER


def test_and_what_others_say_keeps_the_time_they_gave_it() -> None:
    up = condition("example.com/up", last_transition_time=NOW)
    published = PodStatus(conditions=(up,))
    assert up in status_of(ONE, published=published, now=LATER).conditions


def test_a_pod_that_was_initialized_stays_so() -> None:
    pod_spec = spec(container("app"), inits=(container("init"),))
    before = PodStatus(conditions=(condition("Initialized"),))
    assert words(status_of(pod_spec, reported=before), "Initialized") == ("True", "")
    for never in (PodStatus(), PodStatus(conditions=(condition("Initialized", "False"),))):
        found = words(status_of(pod_spec, reported=never), "Initialized")
        assert found == ("False", "ContainersNotInitialized")


def test_a_pod_shows_what_it_was_allocated_and_its_bounds_if_it_has_some() -> None:
    half = ResourceRequirements(requests={"cpu": "1", "memory": "1Gi"}, limits={"cpu": "2"})
    whole = attrs.evolve(half, limits={"cpu": "2", "memory": "1Gi"})
    status = status_of(spec(container("app", resources=half)))
    assert status.allocated_resources == half.requests
    assert status.resources is None
    status = status_of(spec(container("app", resources=whole)))
    assert status.resources == whole
    status = status_of(spec(container("app"), resources=half, overhead={"cpu": "1"}))
    more = ResourceRequirements(requests={"cpu": "2", "memory": "1Gi"}, limits={"cpu": "3"})
    assert (status.allocated_resources, status.resources) == (more.requests, more)


TRIGGER = container(
    "app",
    restart_policy="Never",
    restart_policy_rules=[rule("In", 42, action="RestartAllContainers")],
)
RESTARTING = PodStatus(
    conditions=(condition("AllContainersRestarting"),),
    container_statuses=(seen("app", RUNNING),),
)


def test_a_restart_of_all_shows_from_its_cause_to_the_last_removal() -> None:
    pod_spec = spec(TRIGGER)
    pod = of(pod_spec)
    status = status_of(pod_spec, attempt("app", ended(42)))
    assert status.phase is Phase.RUNNING
    assert words(status, "AllContainersRestarting") == ("True", "RestartAllContainersStarted")
    assert is_restarting_all(pod, in_sandbox(attempt("app", ended(1)))) is False
    assert is_restarting_all(pod, in_sandbox(attempt("app", RUNNING)), RESTARTING.conditions)

    removed = status_of(pod_spec, reported=RESTARTING)
    assert words(removed, "AllContainersRestarting") == ("False", "")
    [app] = removed.container_statuses
    assert isinstance(app.state, Waiting)
    assert app.state.reason == "RestartingAllContainers"
    assert removed.phase is Phase.RUNNING


def test_a_pod_without_such_a_rule_has_no_such_condition() -> None:
    assert is_restarting_all(of(ONE), FoundPod(), RESTARTING.conditions) is None
    assert words(status_of(ONE), "AllContainersRestarting") is None
