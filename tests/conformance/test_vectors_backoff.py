"""Restart back-off, row by row of Kubernetes' tables."""

from __future__ import annotations

from typing import Any

import pytest

from seedpod._core.backoff import Backoff, BackoffState, advance, due_at
from tests.conformance.vectors_support import Asker, Json, Row, agreeing, deviating, unaccounted


@pytest.mark.parametrize("row", agreeing("backoff"))
def test_back_off_is_that_of_kubernetes(row: Row) -> None:
    assert_answer(row)


@pytest.mark.parametrize("row", deviating("backoff"))
def test_listed_deviations_are_real(row: Row) -> None:
    with pytest.raises(AssertionError):
        assert_answer(row)


def test_every_question_about_back_off_is_asked_or_listed() -> None:
    assert unaccounted("backoff", ASKERS) == set()


def assert_answer(row: Row) -> None:
    found: Any = ASKERS[row.question](row.given)
    if row.question != "backoff":
        assert found == row.expect
        return
    for index, wanted in enumerate(row.expect["steps"]):
        if isinstance(wanted, dict) and "atLeast" in wanted:
            assert found[index] >= wanted["atLeast"]
        elif isinstance(wanted, dict):
            assert_jittered(found, index, row.given, wanted["relativeToPrevious"])
        elif wanted is not None:
            assert found[index] == wanted


def assert_jittered(found: list[Any], index: int, given: Json, wanted: Json) -> None:
    """A delay with jitter is strictly more than the plain one."""
    base = given["initialSeconds"] if wanted["base"] == "initial" else found[index - 2]
    plain = base * wanted["factor"]
    jitter = base * wanted["jitterMaxFractionOfBase"]
    assert plain < found[index] <= plain + jitter or found[index] == given["maxSeconds"]


def walk(given: Json) -> list[object]:
    """The answers to every step: the state is None until the first failure is recorded."""
    cap = given["maxSeconds"]
    policy = Backoff(
        initial_seconds=given["initialSeconds"],
        cap_seconds=cap,
        reset_seconds=given.get("expireWhenElapsedAtLeastSeconds", 2 * cap),
    )
    state: BackoffState | None = None
    answers: list[object] = []
    for step in given["steps"]:
        if step["op"] == "next":
            state = advance(policy, state, step["eventAt"], step["at"])
        answers.append(asked(policy, state, step))
    return answers


def asked(policy: Backoff, state: BackoffState | None, step: Json) -> object:
    match step["op"]:
        case "get":
            return 0 if state is None else state.delay
        case "tracked":
            return state is not None
        case "inBackoffSince":
            return state is not None and due_at(policy, state, step["eventAt"]) > step["at"]
        case _:
            return None


def crash_loop(given: Json) -> object:
    """Whether a container is held back now, `finishedSecondsAgo` after its exit."""
    container = given["container"]
    if container["state"] != "exited":
        return {"inBackoff": False}
    assert given["failuresAlreadyRecordedAtFinish"] == 0
    policy = Backoff(initial_seconds=given["initialSeconds"], cap_seconds=given["maxSeconds"])
    return {"inBackoff": due_at(policy, None, 0.0) > container["finishedSecondsAgo"]}


def configuration(given: Json) -> object:
    is_fast = "ReduceDefaultCrashLoopBackOffDecay" in given["features"]
    preset = Backoff.fast() if is_fast else Backoff.kubernetes()
    policy = Backoff(
        initial_seconds=preset.initial_seconds,
        cap_seconds=given["maxContainerRestartPeriodSeconds"],
    )
    return {"initialSeconds": policy.initial_seconds, "maxSeconds": policy.cap_seconds}


ASKERS: dict[str, Asker] = {
    "backoff": walk,
    "crashLoop": crash_loop,
    "crashLoopConfig": configuration,
}
