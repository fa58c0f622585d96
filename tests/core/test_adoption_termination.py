"""The last word on a pod that is gone."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedpod._core.adoption.termination import terminated
from seedpod.spec import Container, PodSpec
from seedpod.status import ContainerState, ContainerStatus, Phase, PodStatus, Terminated, Waiting
from tests.core.sketches import RUNNING, container, ended, seen, sidecar, spec

UNSEEN = Terminated(
    137,
    "ContainerStatusUnknown",
    "The container could not be located when the pod was terminated",
)
WAITING = Waiting("PodInitializing")
PLAIN = spec(container("app"))
POD = spec(container("app"), inits=(container("a"), container("b"), container("c")))
WITH_SIDECAR = spec(container("app"), inits=(container("a"), sidecar("s")))


def ends(
    pod_spec: PodSpec, inits: list[ContainerState], apps: list[ContainerState]
) -> tuple[list[ContainerState], list[ContainerState]]:
    """The last states of init containers and apps."""
    found = terminated(pod_spec, status_of(pod_spec, inits, apps))
    return (
        [each.state for each in found.init_container_statuses],
        [each.state for each in found.container_statuses],
    )


def status_of(
    pod_spec: PodSpec, inits: list[ContainerState], apps: list[ContainerState]
) -> PodStatus:
    return PodStatus(
        init_container_statuses=named(pod_spec.init_containers, inits),
        container_statuses=named(pod_spec.containers, apps),
    )


def named(
    containers: Sequence[Container], states: list[ContainerState]
) -> tuple[ContainerStatus, ...]:
    pairs = zip(containers, states, strict=True)
    return tuple(seen(each.name, state) for each, state in pairs)


@pytest.mark.parametrize(
    ("phase", "last"),
    [
        (Phase.PENDING, Phase.FAILED),
        (Phase.RUNNING, Phase.FAILED),
        (Phase.SUCCEEDED, Phase.SUCCEEDED),
        (Phase.FAILED, Phase.FAILED),
    ],
)
def test_a_pod_that_is_not_over_has_failed(phase: Phase, last: Phase) -> None:
    assert terminated(PLAIN, PodStatus(phase=phase)).phase is last


@pytest.mark.parametrize("state", [WAITING, RUNNING])
def test_an_app_whose_end_nobody_saw_ended_with_an_error(state: ContainerState) -> None:
    assert ends(PLAIN, [], [state]) == ([], [UNSEEN])


def test_that_is_said_of_a_pod_that_is_over_already_too() -> None:
    over = attrs.evolve(status_of(PLAIN, [], [WAITING]), phase=Phase.FAILED)
    assert terminated(PLAIN, over).container_statuses[0].state == UNSEEN
    over = attrs.evolve(status_of(POD, [WAITING] * 3, [WAITING]), phase=Phase.FAILED)
    assert terminated(POD, over).init_container_statuses[0].state == UNSEEN


def test_an_end_that_was_seen_stays_and_so_does_what_else_is_known() -> None:
    known = seen("app", WAITING, last_state=ended(2), restart_count=3, container_id="app-3")
    found = terminated(PLAIN, PodStatus(container_statuses=(known,)))
    assert found.container_statuses == (attrs.evolve(known, state=UNSEEN),)
    assert ends(PLAIN, [], [ended(3)]) == ([], [ended(3)])


def test_what_never_had_its_turn_goes_on_waiting() -> None:
    assert ends(POD, [ended(), ended(1), WAITING], [WAITING]) == (
        [ended(), ended(1), WAITING],
        [WAITING],
    )
    assert ends(POD, [ended(), RUNNING, WAITING], [WAITING]) == (
        [ended(), UNSEEN, WAITING],
        [WAITING],
    )


def test_the_first_init_container_always_had_its_turn() -> None:
    assert ends(POD, [WAITING] * 3, [WAITING]) == ([UNSEEN, WAITING, WAITING], [WAITING])


def test_all_before_one_that_was_started_were_started_too() -> None:
    assert ends(POD, [WAITING, WAITING, ended(1)], [WAITING]) == (
        [UNSEEN, UNSEEN, ended(1)],
        [WAITING],
    )


def test_an_earlier_end_of_an_init_container_proves_that_it_was_started() -> None:
    statuses = (seen("a", WAITING), seen("b", WAITING, last_state=ended(1)), seen("c", WAITING))
    found = terminated(POD, PodStatus(init_container_statuses=statuses))
    states = [each.state for each in found.init_container_statuses]
    assert states == [UNSEEN, UNSEEN, WAITING]


def test_success_of_the_last_init_container_proves_that_the_apps_had_their_turn() -> None:
    assert ends(POD, [ended(), ended(), ended()], [WAITING])[1] == [UNSEEN]
    again = (seen("c", WAITING, last_state=ended()),)
    status = PodStatus(init_container_statuses=again, container_statuses=(seen("app", WAITING),))
    assert terminated(POD, status).container_statuses[0].state == UNSEEN


def test_nothing_proves_it_where_nothing_is_known_of_init_containers() -> None:
    unknown = PodStatus(container_statuses=(seen("app", WAITING),))
    assert terminated(POD, unknown).container_statuses == unknown.container_statuses


@pytest.mark.parametrize("state", [RUNNING, ended(1)])
def test_so_does_an_app_that_left_its_waiting(state: ContainerState) -> None:
    two = attrs.evolve(POD, containers=[container("app"), container("job")])
    assert ends(two, [ended(), ended(1), WAITING], [state, WAITING])[1][1] == UNSEEN


def test_a_last_sidecar_proves_it_only_while_it_runs_and_has_started() -> None:
    app = seen("app", WAITING)
    cases: list[tuple[ContainerState, bool, ContainerState]] = [
        (RUNNING, True, UNSEEN),
        (RUNNING, False, WAITING),
        (ended(), True, WAITING),
    ]
    for state, started, last in cases:
        inits = (seen("a", ended()), seen("s", state, started=started))
        status = PodStatus(init_container_statuses=inits, container_statuses=(app,))
        assert terminated(WITH_SIDECAR, status).container_statuses[0].state == last
    earlier = attrs.evolve(WITH_SIDECAR, init_containers=WITH_SIDECAR.init_containers[::-1])
    assert ends(earlier, [ended(), ended()], [WAITING])[1] == [UNSEEN]


STATES = st.sampled_from([WAITING, RUNNING, ended(), ended(1)])


@given(
    st.lists(STATES, min_size=3, max_size=3),
    STATES,
    st.sampled_from([Phase.RUNNING, Phase.FAILED, Phase.SUCCEEDED]),
)
def test_the_last_word_is_said_once(
    inits: list[ContainerState], app: ContainerState, phase: Phase
) -> None:
    first = terminated(POD, attrs.evolve(status_of(POD, inits, [app]), phase=phase))
    assert terminated(POD, first) is first
    assert first.phase.is_terminal


@given(st.lists(STATES, min_size=3, max_size=3), STATES)
def test_nothing_runs_after_the_last_word(inits: list[ContainerState], app: ContainerState) -> None:
    found = ends(POD, inits, [app])
    assert RUNNING not in (*found[0], *found[1])
