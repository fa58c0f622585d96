"""The line kubectl would print."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from seedpod._core.age import human_duration
from seedpod._core.printer import PodRow, row
from seedpod.spec import Container, ObjectMeta, Pod
from seedpod.status import (
    ContainerState,
    ContainerStatus,
    Phase,
    PodCondition,
    PodStatus,
    Terminated,
    Waiting,
)
from tests.core.sketches import NOW, RUNNING, WAITING, container, ended, seen, sidecar, spec

INITIALIZED = PodCondition(type="Initialized", status="True")
READY = PodCondition(type="Ready", status="True")


def printed(
    apps: list[ContainerStatus],
    inits: list[ContainerStatus] | None = None,
    *,
    sidecars: str = "",
    is_deleting: bool = False,
    phase: Phase = Phase.RUNNING,
    **fields: Any,
) -> PodRow:
    """The row of a pod with these statuses; init containers named in *sidecars* are sidecars."""
    every = inits or []
    parts = tuple((sidecar if each.name in sidecars else container)(each.name) for each in every)
    pod = Pod(
        metadata=ObjectMeta(name="web"),
        spec=spec(*(Container(name=each.name) for each in apps), inits=parts),
    )
    status = PodStatus(
        phase=phase,
        init_container_statuses=tuple(every),
        container_statuses=tuple(apps),
        **fields,
    )
    return row(pod, status, now=NOW, is_deleting=is_deleting)


def test_a_pod_that_serves_prints_its_phase() -> None:
    started = NOW - timedelta(minutes=5, seconds=3)
    assert printed([seen("app", RUNNING, ready=True)], start_time=started) == PodRow(
        name="web", ready="1/1", status="Running", restarts="0", age="5m3s"
    )


def test_a_pod_that_has_not_begun_has_no_age() -> None:
    assert printed([seen("app", WAITING)]).age == "<unknown>"


def test_the_reason_of_the_pod_goes_before_its_phase() -> None:
    assert printed([seen("app", RUNNING)], reason="DeadlineExceeded").status == "DeadlineExceeded"


def test_a_gated_pod_says_so() -> None:
    gated = PodCondition(type="PodScheduled", status="False", reason="SchedulingGated")
    assert printed([seen("app", Waiting())], conditions=(gated,)).status == "SchedulingGated"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (RUNNING, "Init:1/3"),
        (Waiting("PodInitializing"), "Init:1/3"),
        (Waiting(), "Init:1/3"),
        (Waiting("CrashLoopBackOff"), "Init:CrashLoopBackOff"),
        (ended(1), "Init:Error"),
        (Terminated(3), "Init:ExitCode:3"),
        (Terminated(137, signal=9), "Init:Signal:9"),
    ],
)
def test_the_first_init_container_that_is_not_done_decides(
    state: ContainerState, expected: str
) -> None:
    inits = [seen("a", ended()), seen("b", state), seen("c", Waiting("CrashLoopBackOff"))]
    assert printed([seen("app", WAITING)], inits, phase=Phase.PENDING).status == expected


def test_a_sidecar_that_has_started_is_done_and_counts_if_ready() -> None:
    inits = [seen("s", RUNNING, started=True, ready=True), seen("i", RUNNING)]
    found = printed([seen("app", WAITING)], inits, sidecars="s")
    assert (found.status, found.ready) == ("Init:1/2", "1/2")


def test_an_init_container_that_runs_does_not_count_as_done() -> None:
    inits = [seen("i", RUNNING, started=True, ready=False)]
    assert printed([seen("app", WAITING)], inits).status == "Init:0/1"


def test_the_alphabetically_first_app_that_does_not_run_decides() -> None:
    apps = [
        seen("a", Waiting("CrashLoopBackOff")),
        seen("b", RUNNING, ready=True),
        seen("c", Waiting("ErrImagePull")),
    ]
    assert printed(apps).status == "CrashLoopBackOff"


@pytest.mark.parametrize(
    ("state", "expected"), [(Terminated(3), "ExitCode:3"), (Terminated(9, signal=9), "Signal:9")]
)
def test_an_app_that_ended_without_a_reason_prints_its_code(
    state: ContainerState, expected: str
) -> None:
    assert printed([seen("app", state)]).status == expected


def test_a_pod_with_one_app_done_and_the_others_serving_is_running() -> None:
    apps = [seen("a", ended()), seen("b", RUNNING, ready=True)]
    assert printed(apps, conditions=(READY,)).status == "Running"
    assert printed(apps).status == "NotReady"


def test_a_failure_goes_before_another_apps_completion() -> None:
    assert printed([seen("a", ended()), seen("b", ended(1))]).status == "Error"


def test_a_finished_pod_is_completed() -> None:
    assert printed([seen("a", ended())], phase=Phase.SUCCEEDED).status == "Completed"


def test_a_sidecar_that_died_after_completion_does_not_show() -> None:
    found = printed(
        [seen("app", ended())],
        [seen("s", ended(137), started=False)],
        sidecars="s",
        phase=Phase.SUCCEEDED,
        conditions=(INITIALIZED,),
    )
    assert found.status == "Completed"


def test_a_pod_that_is_being_deleted_is_terminating_until_it_is_over() -> None:
    app = [seen("app", RUNNING)]
    assert printed(app, is_deleting=True).status == "Terminating"
    assert printed([seen("app", ended())], is_deleting=True, phase=Phase.FAILED).status == (
        "Completed"
    )
    assert printed(app, is_deleting=True, reason="NodeLost").status == "Unknown"


def test_restarts_of_init_containers_count_only_while_they_run() -> None:
    init = seen("i", RUNNING, restart_count=3)
    assert printed([seen("app", WAITING)], [init]).restarts == "3"
    done = seen("i", ended(), restart_count=3)
    assert printed([seen("app", RUNNING, restart_count=2)], [done]).restarts == "2"


def test_restarts_of_sidecars_count_for_good() -> None:
    proxy = seen("s", RUNNING, started=True, restart_count=3)
    assert printed([seen("app", RUNNING, restart_count=2)], [proxy], sidecars="s").restarts == "5"


def test_restarts_tell_how_long_ago_the_last_one_was() -> None:
    def restarted(name: str, seconds: int) -> ContainerStatus:
        last = Terminated(1, finished_at=NOW - timedelta(seconds=seconds))
        return seen(name, RUNNING, restart_count=2, last_state=last)

    assert printed([restarted("a", 90), restarted("b", 10)]).restarts == "4 (10s ago)"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-2, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (303, "5m3s"),
        (599, "9m59s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 60, "3h1m"),
        (8 * 3600 + 60, "8h"),
        (47 * 3600, "47h"),
        (48 * 3600, "2d"),
        (52 * 3600, "2d4h"),
        (8 * 86400 + 3600, "8d"),
        (729 * 86400, "729d"),
        (730 * 86400, "2y"),
        (731 * 86400, "2y1d"),
        (8 * 365 * 86400 + 86400, "8y"),
    ],
)
def test_ages_have_the_units_that_matter(seconds: int, expected: str) -> None:
    assert human_duration(timedelta(seconds=seconds)) == expected
