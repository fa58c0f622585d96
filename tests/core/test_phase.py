"""The phase of a pod follows from its containers."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedpod._core.phase import final_phase, phase
from seedpod._core.restart import may_restart
from seedpod.spec import Container
from seedpod.status import ContainerState, ContainerStatus, Phase, Terminated
from tests.core.sketches import RUNNING, WAITING, container, ended, seen, sidecar, spec


@attrs.define(eq=False)
class Record:
    """A container being observed: changes in place, unlike a status."""

    name: str
    state: ContainerState
    last_state: Terminated | None = None
    started: bool | None = None


def test_a_pod_of_which_nothing_is_known_is_pending() -> None:
    assert phase(spec(container("app")), [], []) is Phase.PENDING


def test_a_pod_without_containers_is_pending() -> None:
    assert phase(spec(), [], []) is Phase.PENDING


def test_a_pod_whose_apps_run_is_running() -> None:
    assert phase(spec(container("app")), [], [seen("app", RUNNING)]) is Phase.RUNNING


def test_one_app_that_never_ran_keeps_the_pod_pending() -> None:
    statuses = [seen("a", RUNNING), seen("b", WAITING)]
    assert phase(spec(container("a"), container("b")), [], statuses) is Phase.PENDING


def test_one_app_of_which_nothing_is_known_keeps_the_pod_pending() -> None:
    assert phase(spec(container("a"), container("b")), [], [seen("a", RUNNING)]) is Phase.PENDING


def test_an_app_in_back_off_does_not_keep_the_pod_pending() -> None:
    statuses = [seen("app", WAITING, last_state=ended(1))]
    assert phase(spec(container("app")), [], statuses) is Phase.RUNNING


def test_an_init_container_that_runs_keeps_the_pod_pending() -> None:
    pod = spec(container("app"), inits=(container("init"),))
    assert phase(pod, [seen("init", RUNNING)], [seen("app", WAITING)]) is Phase.PENDING


def test_an_init_container_that_runs_again_keeps_the_pod_pending_beside_an_app() -> None:
    pod = spec(container("app"), inits=(container("init"),), policy="OnFailure")
    again = seen("init", RUNNING, last_state=ended(1))
    assert phase(pod, [again], [seen("app", RUNNING)]) is Phase.PENDING


def test_an_init_container_that_may_be_tried_again_keeps_the_pod_pending() -> None:
    pod = spec(container("app"), inits=(container("init"),), policy="OnFailure")
    assert phase(pod, [seen("init", ended(1))], [seen("app", WAITING)]) is Phase.PENDING


def test_an_init_container_that_has_failed_for_good_fails_the_pod() -> None:
    pod = spec(container("app"), inits=(container("init"),), policy="Never")
    assert phase(pod, [seen("init", ended(1))], [seen("app", WAITING)]) is Phase.FAILED


def test_an_init_container_of_its_own_policy_does_not_ask_the_pod() -> None:
    own = container("init", restart_policy="OnFailure")
    pod = spec(container("app"), inits=(own,), policy="Never")
    assert phase(pod, [seen("init", ended(1))], [seen("app", WAITING)]) is Phase.PENDING


@pytest.mark.parametrize(
    ("started", "has_initialized", "expected"),
    [
        (False, False, Phase.PENDING),
        (True, False, Phase.RUNNING),
        (False, True, Phase.RUNNING),
    ],
)
def test_a_sidecar_that_has_not_started_matters_until_an_app_has(
    started: bool, has_initialized: bool, expected: Phase
) -> None:
    pod = spec(container("app"), inits=(sidecar("proxy"),))
    proxy = seen("proxy", RUNNING, started=started)
    app = seen("app", RUNNING)
    assert phase(pod, [proxy], [app], has_initialized=has_initialized) is expected


def test_a_sidecar_that_never_ran_keeps_the_pod_pending() -> None:
    pod = spec(container("app"), inits=(sidecar("proxy"),))
    assert phase(pod, [seen("proxy", WAITING)], [seen("app", RUNNING)]) is Phase.PENDING


def test_a_running_sidecar_keeps_a_finished_pod_running() -> None:
    pod = spec(container("app"), inits=(sidecar("proxy"),), policy="Never")
    proxy = seen("proxy", RUNNING, started=True)
    assert phase(pod, [proxy], [seen("app", ended())]) is Phase.RUNNING


def test_the_exit_code_of_a_sidecar_does_not_matter() -> None:
    pod = spec(container("app"), inits=(sidecar("proxy"),), policy="Never")
    assert phase(pod, [seen("proxy", ended(137))], [seen("app", ended())]) is Phase.SUCCEEDED


@pytest.mark.parametrize(
    ("policy", "exit_code", "expected"),
    [
        ("Always", 0, Phase.RUNNING),
        ("Always", 1, Phase.RUNNING),
        ("OnFailure", 0, Phase.SUCCEEDED),
        ("OnFailure", 1, Phase.RUNNING),
        ("Never", 0, Phase.SUCCEEDED),
        ("Never", 1, Phase.FAILED),
    ],
)
def test_an_ended_app_is_judged_by_the_restart_policy(
    policy: str, exit_code: int, expected: Phase
) -> None:
    pod = spec(container("app"), policy=policy)
    assert phase(pod, [], [seen("app", ended(exit_code))]) is expected


def test_one_failed_app_fails_a_pod_in_which_nothing_runs() -> None:
    pod = spec(container("a"), container("b"), policy="Never")
    assert phase(pod, [], [seen("a", ended(1)), seen("b", ended())]) is Phase.FAILED


def test_a_pod_that_is_being_ended_restarts_nothing() -> None:
    pod = spec(container("app"), policy="Always")
    assert phase(pod, [], [seen("app", ended())], is_terminal=True) is Phase.SUCCEEDED


def test_an_app_that_waits_for_its_next_attempt_when_the_pod_ends_has_not_succeeded() -> None:
    statuses = [seen("app", WAITING, last_state=ended())]
    assert phase(spec(container("app")), [], statuses, is_terminal=True) is Phase.FAILED


def test_a_container_that_was_ended_to_restart_all_has_not_failed() -> None:
    removed = ended(137, "RestartingAllContainers")
    pod = spec(container("app"), inits=(container("init"),), policy="Never")
    assert phase(pod, [seen("init", removed)], [seen("app", WAITING)]) is Phase.PENDING
    assert phase(pod, [seen("init", ended())], [seen("app", removed)]) is Phase.RUNNING


def test_statuses_are_found_by_name_in_any_order() -> None:
    pod = spec(container("b"), container("a", restart_policy="OnFailure"), policy="Never")
    statuses = [seen("a", ended(1)), seen("b", ended())]
    assert phase(pod, [], statuses) is Phase.RUNNING


def test_a_record_that_is_being_kept_will_do_instead_of_a_status() -> None:
    pod = spec(container("app"), inits=(sidecar("proxy"),))
    proxy = Record("proxy", RUNNING, started=True)
    assert phase(pod, [proxy], [Record("app", RUNNING)]) is Phase.RUNNING


@pytest.mark.parametrize("state", [WAITING, ended(143)])
def test_what_is_not_over_at_the_end_counts_as_failed(state: ContainerState) -> None:
    assert final_phase(spec(container("app")), [], [seen("app", state)]) is Phase.FAILED


def test_a_pod_that_is_taken_down_after_success_has_succeeded() -> None:
    assert final_phase(spec(container("app")), [], [seen("app", ended())]) is Phase.SUCCEEDED


STATES = st.one_of(st.just(WAITING), st.just(RUNNING), st.integers(0, 3).map(ended))
POLICIES = st.sampled_from(["Always", "OnFailure", "Never"])


@st.composite
def observed(draw: st.DrawFn, names: str) -> tuple[list[Container], list[ContainerStatus]]:
    policies = st.one_of(st.none(), POLICIES)
    containers = [container(name, restart_policy=draw(policies)) for name in names]
    statuses = [
        seen(name, draw(STATES), last_state=draw(st.one_of(st.none(), st.just(ended(1)))))
        for name in names
    ]
    return containers, statuses


@given(inits=observed("ij"), apps=observed("ab"), policy=POLICIES)
def test_a_phase_is_terminal_only_if_no_app_runs_or_may_run_again(
    inits: tuple[list[Container], list[ContainerStatus]],
    apps: tuple[list[Container], list[ContainerStatus]],
    policy: str,
) -> None:
    pod = spec(*apps[0], inits=tuple(inits[0]), policy=policy)
    found = phase(pod, inits[1], apps[1])
    if found is Phase.SUCCEEDED or (found is Phase.FAILED and not init_failed(inits, policy)):
        for app, status in zip(*apps, strict=True):
            state = status.state
            last = state if isinstance(state, Terminated) else status.last_state
            assert state is not RUNNING
            assert last is not None
            assert not may_restart(policy, app, last.exit_code)


def init_failed(inits: tuple[list[Container], list[ContainerStatus]], policy: str) -> bool:
    ends = (
        (each, status.state if isinstance(status.state, Terminated) else status.last_state)
        for each, status in zip(*inits, strict=True)
        if each.restart_policy != "Always" and status.state is not RUNNING
    )
    return any(
        end is not None and end.exit_code != 0 and not may_restart(policy, each, end.exit_code)
        for each, end in ends
    )
