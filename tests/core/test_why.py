"""Why a pod is not there yet, in words."""

from __future__ import annotations

from seedpod import events
from seedpod._core.fold import apply
from seedpod._core.why import Why, why
from seedpod.events import Event, StopReason
from tests.core.test_fold import (
    OPENED,
    SUBMITTED,
    backing_off,
    exited,
    record_of,
    started,
    starting,
    stopping,
)

READY_INITS = (SUBMITTED, OPENED, started("a", 1), exited("a", 2), started("s", 2))


def said(*happened: Event, now: float = 10.0) -> tuple[str, ...]:
    return why(record_of(*happened), now).causes


def test_an_empty_chain_is_false_and_says_nothing() -> None:
    assert not Why()
    assert str(Why()) == ""
    assert str(Why(("a", "b"))) == "a; b"


def test_a_pod_without_a_sandbox_waits_for_it() -> None:
    assert said(SUBMITTED) == ("no container can start yet", "the pod's sandbox is being opened")


def test_a_blocked_pod_says_what_is_missing() -> None:
    blocked = events.PodBlocked(1, 1.0, 0, "FailedMount", 'configmap "c" not found')
    assert said(SUBMITTED, blocked) == (
        "no container can start yet",
        'FailedMount: configmap "c" not found',
    )


def test_a_pod_whose_sandbox_just_opened_waits_for_its_first_init_container() -> None:
    assert said(SUBMITTED, OPENED, starting("a", 1)) == (
        "y and x cannot start before the init containers",
        "initialization waits until init container a has succeeded",
        "a waits: PodInitializing",
    )


def test_an_init_container_that_failed_says_how() -> None:
    told = said(SUBMITTED, OPENED, started("a", 1), exited("a", 4, 7))
    assert told[-1] == "a ended with exit code 7, Error"


def test_a_start_that_is_tried_again_says_when() -> None:
    told = said(SUBMITTED, OPENED, started("a", 1), exited("a", 4, 7), backing_off("a", 4))
    assert told[-3:] == (
        "a waits: CrashLoopBackOff",
        "it is tried again in 4s",
        "a ended with exit code 7, Error",
    )


def test_a_sidecar_is_waited_for_until_it_has_started() -> None:
    told = said(SUBMITTED, OPENED, started("a", 1), exited("a", 4), starting("s", 4))
    assert told[1] == "initialization waits until sidecar s has started"


def test_an_app_that_is_not_ready_is_named_with_its_reason() -> None:
    missing = events.ContainerWaiting(
        4, 3.0, 3, "y", "CreateContainerConfigError", 'secret "s" not found'
    )
    record = record_of(*READY_INITS, missing)
    apply(record, events.PodConditionChanged(9, 2.0, 2, "Initialized", is_true=True))
    assert why(record, 10.0).causes == (
        "y is not ready",
        "y waits: CreateContainerConfigError",
        'secret "s" not found',
    )


def test_a_stopping_pod_names_who_still_runs_and_how_long_it_may() -> None:
    told = said(*READY_INITS, started("x", 3), stopping(6), now=10.0)
    assert told == ("the pod is stopping (Deleted)", "s and x may run for 26s more")


def test_a_stopping_pod_of_which_nothing_runs_says_only_that() -> None:
    assert said(SUBMITTED, OPENED, stopping(6)) == ("the pod is stopping (Deleted)",)


def test_a_stopping_pod_has_no_less_than_no_time_left() -> None:
    told = said(*READY_INITS, started("x", 3), stopping(6), now=100.0)
    assert told[-1] == "s and x may run for 0s more"


def test_a_pod_that_runs_or_has_ended_waits_for_nothing() -> None:
    assert said(*READY_INITS, started("x", 3), started("y", 3)) == ()
    end = events.PodStopping(5, 5.0, None, StopReason.COMPLETED, 30.0, 35.0)
    finished = events.PodFinished(6, 6.0, 5, record_of().phase)
    assert said(*READY_INITS, end, finished) == ()
