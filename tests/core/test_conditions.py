"""The conditions of a pod, and the words for what is not so."""

from __future__ import annotations

import pytest

from seedpod._core.conditions import (
    PodView,
    are_containers_ready,
    conditions,
    has_app_started,
    is_initialized,
)
from seedpod.spec import PodReadinessGate, PodSpec
from seedpod.status import ContainerState, ContainerStatus, Phase, PodCondition
from tests.core.sketches import NOW, RUNNING, WAITING, container, ended, seen, sidecar, spec


def found(
    pod: PodSpec,
    inits: list[ContainerStatus],
    apps: list[ContainerStatus] | None,
    *,
    others: tuple[PodCondition, ...] = (),
    phase: Phase = Phase.RUNNING,
    has_sandbox: bool = True,
) -> dict[str, PodCondition]:
    """The conditions of a pod by type."""
    view = PodView(
        spec=pod,
        phase=phase,
        init_statuses=inits,
        statuses=apps,
        has_sandbox=has_sandbox,
    )
    return {each.type: each for each in conditions(view, times={}, others=others)}


def words(condition: PodCondition) -> tuple[str, str, str]:
    return condition.status, condition.reason, condition.message


def test_conditions_come_in_kubernetes_order_and_foreign_ones_after_them() -> None:
    foreign = PodCondition(type="example.com/fed", status="True")
    assert list(found(spec(container("app")), [], [], others=(foreign,))) == [
        "PodReadyToStartContainers",
        "Initialized",
        "Ready",
        "ContainersReady",
        "PodScheduled",
        "example.com/fed",
    ]


def test_times_are_given_by_type() -> None:
    view = PodView(
        spec=spec(), phase=Phase.PENDING, init_statuses=[], statuses=[], has_sandbox=False
    )
    every = conditions(view, times={"Ready": NOW})
    assert {each.type for each in every if each.last_transition_time == NOW} == {"Ready"}


@pytest.mark.parametrize(("has_sandbox", "status"), [(True, "True"), (False, "False")])
def test_containers_can_be_started_once_there_is_a_sandbox(has_sandbox: bool, status: str) -> None:
    every = found(spec(), [], [], has_sandbox=has_sandbox)
    assert words(every["PodReadyToStartContainers"]) == (status, "", "")


def test_a_pod_of_which_nothing_is_known_says_so() -> None:
    every = found(spec(container("app"), inits=(container("init"),)), [], None)
    unknown = ("False", "UnknownContainerStatuses", "")
    assert [words(every[type_]) for type_ in ("Initialized", "ContainersReady", "Ready")] == (
        [unknown] * 3
    )


def test_init_containers_that_are_not_done_are_named() -> None:
    inits = (container("a"), container("b"), container("c"), sidecar("d"))
    statuses = [
        seen("a", ended(), ready=True),
        seen("b", RUNNING),
        seen("d", RUNNING, started=False),
    ]
    every = found(spec(container("app"), inits=inits), statuses, [])
    assert words(every["Initialized"]) == (
        "False",
        "ContainersNotInitialized",
        "containers with unknown status: [c], containers with incomplete status: [b d]",
    )


def test_a_pod_with_an_app_that_ever_ran_is_initialized() -> None:
    pod = spec(container("app"), inits=(sidecar("proxy"),))
    statuses = [seen("proxy", RUNNING, started=False)]
    assert words(found(pod, statuses, [seen("app", ended(1))])["Initialized"]) == ("True", "", "")
    assert is_initialized(pod, statuses, [seen("app", ended(1))])
    assert not is_initialized(pod, statuses, [seen("app", WAITING)])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (seen("a", RUNNING), False),
        (seen("a", ended(1)), False),
        (seen("a", ended(), ready=True), True),
    ],
)
def test_an_init_container_is_done_when_it_is_ready(
    status: ContainerStatus, expected: bool
) -> None:
    pod = spec(container("app"), inits=(container("a"),))
    assert is_initialized(pod, [status], []) is expected


@pytest.mark.parametrize("started", [True, False, None])
def test_a_sidecar_is_done_when_it_has_started(started: bool | None) -> None:
    pod = spec(container("app"), inits=(sidecar("a"),))
    status = seen("a", RUNNING, started=started, ready=True)
    assert is_initialized(pod, [status], []) is bool(started)


def test_a_pod_without_init_containers_is_initialized() -> None:
    assert is_initialized(spec(container("app")), [], [])


def test_a_pod_that_has_succeeded_is_initialized_and_no_longer_ready() -> None:
    pod = spec(container("app"), inits=(container("init"),))
    every = found(pod, [seen("init", ended())], [seen("app", ended())], phase=Phase.SUCCEEDED)
    assert words(every["Initialized"]) == ("True", "PodCompleted", "")
    assert words(every["ContainersReady"]) == ("False", "PodCompleted", "")
    assert words(every["Ready"]) == ("False", "PodCompleted", "")


def test_a_pod_that_has_failed_is_not_ready_even_if_a_container_is() -> None:
    statuses = [seen("app", RUNNING, ready=True)]
    every = found(spec(container("app")), [], statuses, phase=Phase.FAILED)
    assert words(every["Ready"]) == ("False", "PodFailed", "")


def test_containers_that_are_not_ready_are_named_sidecars_first() -> None:
    pod = spec(container("b"), container("a"), inits=(sidecar("s"), container("init")))
    every = found(pod, [seen("s", RUNNING)], [seen("a", WAITING), seen("b", RUNNING)])
    unready = ("False", "ContainersNotReady", "containers with unready status: [s b a]")
    assert words(every["ContainersReady"]) == unready
    assert words(every["Ready"]) == unready


def test_a_pod_is_ready_when_every_sidecar_and_app_is() -> None:
    pod = spec(container("app"), inits=(sidecar("proxy"), container("init")))
    inits = [seen("proxy", RUNNING, ready=True), seen("init", WAITING)]
    apps = [seen("app", RUNNING, ready=True)]
    assert are_containers_ready(pod, inits, apps)
    assert words(found(pod, inits, apps)["Ready"]) == ("True", "", "")


def test_one_container_that_is_not_ready_is_enough() -> None:
    pod = spec(container("app"), inits=(sidecar("proxy"),))
    ready, unready = seen("app", RUNNING, ready=True), seen("app", RUNNING)
    assert not are_containers_ready(pod, [seen("proxy", RUNNING, ready=True)], [unready])
    assert not are_containers_ready(pod, [seen("proxy", RUNNING)], [ready])
    assert not are_containers_ready(pod, [], [ready])


def test_readiness_gates_that_are_not_open_are_explained() -> None:
    gates = tuple(PodReadinessGate(condition_type=name) for name in ("fed", "clean", "awake"))
    others = (
        PodCondition(type="fed", status="True"),
        PodCondition(type="clean", status="False"),
    )
    every = found(spec(readiness_gates=gates), [], [], others=others)
    assert words(every["ContainersReady"]) == ("True", "", "")
    assert words(every["Ready"]) == (
        "False",
        "ReadinessGatesNotReady",
        (
            'the status of pod readiness gate "clean" is not "True", but False, '
            'corresponding condition of pod readiness gate "awake" does not exist.'
        ),
    )


@pytest.mark.parametrize(
    ("state", "expected"), [(WAITING, False), (RUNNING, True), (ended(1), True)]
)
def test_an_app_has_started_if_it_runs_or_has_ended(state: ContainerState, expected: bool) -> None:
    pod = spec(container("a"), container("b"))
    assert has_app_started(pod, [seen("a", WAITING), seen("b", state)]) is expected
