"""How long restarts wait."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedpod._core.backoff import (
    Backoff,
    BackoffState,
    charge,
    crash_loop_message,
    go_duration,
)


def waits(policy: Backoff, lives: list[float]) -> list[float]:
    """The wait after each of several attempts that live so long, in seconds."""
    state: BackoffState | None = None
    now, found = 0.0, list[float]()
    for life in lives:
        finished_at = now + life
        now, state = charge(policy, state, finished_at)
        found.append(now - finished_at)
    return found


def test_the_first_restart_is_immediate_and_each_further_one_waits_twice_as_long() -> None:
    assert waits(Backoff(), [0.0] * 9) == [0, 10, 20, 40, 80, 160, 300, 300, 300]


def test_the_fast_curve_goes_from_one_second_to_sixty() -> None:
    assert waits(Backoff.fast(), [0.0] * 9) == [0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_kubernetes_curve_is_the_default() -> None:
    assert Backoff.kubernetes() == Backoff()


def test_an_attempt_that_lived_longer_than_the_reset_starts_the_curve_anew() -> None:
    assert waits(Backoff(), [0, 0, 0, 600.5, 0]) == [0, 10, 20, 0, 10]


def test_an_attempt_that_lived_exactly_the_reset_does_not() -> None:
    assert waits(Backoff(), [0, 0, 0, 600]) == [0, 10, 20, 40]


def test_the_wait_counts_from_the_exit() -> None:
    due, _ = charge(Backoff(), BackoffState(delay=20, last_update=100), finished_at=150)
    assert due == 170


def test_the_state_remembers_when_the_restart_was_decided() -> None:
    _, state = charge(Backoff(), BackoffState(delay=20, last_update=100), finished_at=150)
    assert state == BackoffState(delay=40, last_update=170, restarts=2)


def test_the_factor_and_the_cap_can_be_chosen() -> None:
    policy = Backoff(initial_seconds=1, factor=3, cap_seconds=10)
    assert waits(policy, [0.0] * 5) == [0, 1, 3, 9, 10]


def test_a_cap_below_the_initial_wait_is_the_initial_wait() -> None:
    assert waits(Backoff(cap_seconds=2), [0.0] * 4) == [0, 2, 2, 2]


def test_waits_can_be_spelled_out_and_the_last_repeats() -> None:
    assert waits(Backoff(delays=(1, 5, 2)), [0.0] * 5) == [1, 5, 2, 2, 2]


def test_a_single_wait_repeats() -> None:
    assert waits(Backoff(delays=(3,)), [0.0] * 3) == [3, 3, 3]


def test_the_reset_applies_to_waits_that_are_spelled_out() -> None:
    assert waits(Backoff(delays=(1, 5), reset_seconds=60), [0, 0, 61, 0]) == [1, 5, 1, 5]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"initial_seconds": 0}, "initial_seconds: 0: wanted a number of seconds above 0"),
        ({"cap_seconds": -1}, "cap_seconds: -1: wanted a number of seconds above 0"),
        ({"reset_seconds": float("inf")}, "reset_seconds: inf: wanted a number of seconds above 0"),
        ({"factor": 0.5}, "factor: 0.5: wanted a number that is at least 1"),
        ({"factor": float("nan")}, "factor: nan: wanted a number that is at least 1"),
        ({"delays": ()}, "delays: (): wanted at least one number of seconds"),
        ({"delays": (1, -1)}, "delays[1]: -1: wanted a number of seconds, 0 or more"),
    ],
)
def test_a_number_out_of_range_is_refused_by_name(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        Backoff(**fields)
    assert str(caught.value) == message


POLICIES = st.builds(
    Backoff,
    initial_seconds=st.integers(1, 1000),
    factor=st.integers(1, 5),
    cap_seconds=st.integers(1, 1000),
    reset_seconds=st.integers(1001, 5000),
)


@given(policy=POLICIES, restarts=st.integers(2, 40))
def test_waits_grow_up_to_the_cap(policy: Backoff, restarts: int) -> None:
    found = waits(policy, [0.0] * restarts)
    assert found == sorted(found)
    assert max(found) <= policy.cap_seconds
    assert found[0] == 0


@given(policy=POLICIES, lives=st.lists(st.integers(0, 10_000), min_size=1, max_size=20))
def test_no_restart_is_due_before_the_exit_or_after_the_cap(
    policy: Backoff, lives: list[float]
) -> None:
    assert all(0 <= wait <= policy.cap_seconds for wait in waits(policy, lives))


def test_a_container_in_back_off_says_so_in_kubernetes_words() -> None:
    assert crash_loop_message(80, "app", "web_default(123)") == (
        "back-off 1m20s restarting failed container=app pod=web_default(123)"
    )


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0s"),
        (10, "10s"),
        (60, "1m0s"),
        (80, "1m20s"),
        (300, "5m0s"),
        (3600, "1h0m0s"),
        (90061, "25h1m1s"),
        (1.5, "1.5s"),
        (0.5, "500ms"),
        (0.0015, "1.5ms"),
        (0.000002, "2\N{MICRO SIGN}s"),
        (0.000000001, "1ns"),
        (-10, "-10s"),
    ],
)
def test_durations_are_printed_as_go_prints_them(seconds: float, expected: str) -> None:
    assert go_duration(seconds) == expected
