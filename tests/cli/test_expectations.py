"""What the table says a container waits for."""

from __future__ import annotations

import pytest

from seedpod import events
from seedpod.cli.table import Expectations
from seedpod.events import Event, StopReason
from seedpod.spec import Container, ObjectMeta, Pod, PodSpec
from seedpod.spec.words import HookKind, ProbeKind
from seedpod.status import ContainerStatus, Running, Waiting
from tests.core.sketches import NOW

POD = Pod(
    metadata=ObjectMeta(name="demo", namespace="default", uid="u-1"),
    spec=PodSpec(containers=(Container(name="app", image="i"),)),
)
RUNS = ContainerStatus(name="app", state=Running(NOW))
WAITS = ContainerStatus(name="app", state=Waiting("CrashLoopBackOff", "back-off"))
AT = (0, 100.0, None)
OF_APP = (*AT, "app")
STOPPING = events.ContainerStopping(*OF_APP, "Stopping container app", 130.0)


def waits_for(status: ContainerStatus, *happened: Event, now: float = 100.0) -> str:
    expectations = Expectations()
    for event in happened:
        expectations.heed(POD, event)
    return expectations.of(POD, status, now)


def test_a_container_that_backs_off_waits_until_then() -> None:
    wait = events.ContainerWaiting(*OF_APP, "CrashLoopBackOff", "back-off", 120.0)
    assert waits_for(WAITS, wait, now=105) == "starts again in 15 s"


def test_a_container_that_is_to_end_is_killed_at_its_deadline() -> None:
    assert waits_for(RUNS, STOPPING, now=110) == "killed in 20 s"


def test_the_signal_says_when_it_is_killed_after_all() -> None:
    signalled = events.ContainerSignalled(*OF_APP, "SIGTERM", 132.0)
    assert waits_for(RUNS, STOPPING, signalled, now=110) == "killed in 22 s"


@pytest.mark.parametrize(
    "meanwhile",
    [
        events.ContainerHookStarted(*OF_APP, 0, HookKind.PRE_STOP),
        events.ContainerHookEnded(*OF_APP, 0, HookKind.PRE_STOP, is_success=True),
        events.ContainerProbeFailed(*OF_APP, ProbeKind.READINESS, "no"),
        events.ContainerReadinessChanged(*OF_APP, is_ready=False),
    ],
)
def test_what_happens_meanwhile_changes_no_deadline(meanwhile: Event) -> None:
    assert waits_for(RUNS, STOPPING, meanwhile) == "killed in 30 s"


@pytest.mark.parametrize(
    "turn",
    [
        events.ContainerKilled(*OF_APP),
        events.ContainerExited(*OF_APP, 0, 0, "Completed"),
        events.ContainerStarted(*OF_APP, 0, "id"),
    ],
)
def test_nothing_is_expected_after_an_end_or_a_start(turn: Event) -> None:
    assert waits_for(RUNS, STOPPING, turn) == ""


def test_when_the_pod_stops_nobody_waits_to_be_started() -> None:
    wait = events.ContainerWaiting(*OF_APP, "CrashLoopBackOff", "back-off", 120.0)
    stop = events.PodStopping(*AT, StopReason.DELETED, 30.0, 130.0)
    assert waits_for(WAITS, wait, stop) == ""


CREATING = ContainerStatus(name="app", state=Waiting("ContainerCreating"))
PULLING = events.ContainerImagePulling(*OF_APP, "a:1")


def progressed(received: int, total: int | None) -> Event:
    return events.ContainerImagePullProgressed(*OF_APP, "a:1", received, total)


@pytest.mark.parametrize(
    ("received", "total", "words"),
    [
        (34_000_000, 120_000_000, "34 of 120 MB"),
        (500_000, 120_400_000, "0 of 120 MB"),
        (1_234_000_000, 3_400_000_000, "1.2 of 3.4 GB"),
        (34_000_000, None, "34 MB"),
        (0, None, "0.0 kB"),
        (9_500, 9_900, "9.5 of 9.9 kB"),
        (2_000_000, 1_000, "2.0 of 0.0 MB"),
    ],
)
def test_a_container_that_pulls_shows_how_far_it_has_come(
    received: int, total: int | None, words: str
) -> None:
    assert waits_for(CREATING, PULLING, progressed(received, total)) == f"pulling {words}"


def test_a_container_that_pulls_shows_that_before_anything_has_come() -> None:
    assert waits_for(CREATING, PULLING) == "pulling its image"


@pytest.mark.parametrize(
    "turn",
    [
        events.ContainerImagePulled(*OF_APP, "a:1", "Successfully pulled"),
        events.ContainerWaiting(*OF_APP, "ErrImagePull", "no route"),
        events.PodStopping(*AT, StopReason.DELETED, 30.0, 130.0),
    ],
)
def test_nothing_is_pulled_any_more_after_the_end_of_a_pull(turn: Event) -> None:
    assert waits_for(CREATING, PULLING, progressed(1, 2), turn) == ""
