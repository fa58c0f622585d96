"""How long restarts wait."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedpod._core.backoff import (
    Backoff,
    BackoffState,
    backoff_key,
    charge,
    charge_after_kill,
    crash_loop_message,
    due_at,
    go_duration,
    has_expired,
)
from seedpod.spec import Container, EnvVar, ObjectMeta, Pod, ResourceRequirements


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


def test_chance_lengthens_a_wait_by_at_most_its_share_of_the_one_before() -> None:
    policy = Backoff(jitter=0.5)
    _, first = charge(policy, None, 0, chance=1)
    assert first.delay == 15
    _, second = charge(policy, first, 0, chance=1)
    assert second.delay == 37.5
    _, plain = charge(policy, first, 0, chance=0)
    assert plain.delay == 30


def test_no_chance_carries_a_wait_beyond_the_cap() -> None:
    _, state = charge(Backoff(jitter=9.0), BackoffState(200, 0), 0, chance=0.9)
    assert state.delay == 300


def test_chance_lengthens_waits_that_are_spelled_out_too_and_does_not_add_up() -> None:
    policy = Backoff(delays=(2, 4), jitter=0.5)
    due, state = charge(policy, None, 0, chance=1)
    assert (due, state.delay) == (3, 6)
    _, state = charge(policy, state, 3, chance=1)
    assert state.delay == 6


def test_chance_counts_for_nothing_without_jitter() -> None:
    assert charge(Backoff(), None, 0, chance=0.9) == charge(Backoff(), None, 0)


def test_a_state_expires_when_the_reset_window_is_over() -> None:
    state = BackoffState(delay=20, last_update=100)
    assert not has_expired(Backoff(), state, 700)
    assert has_expired(Backoff(), state, 700.1)


def test_the_cap_of_a_node_is_the_one_it_is_configured_with() -> None:
    assert Backoff.of_node() == Backoff.kubernetes()
    assert Backoff.of_node(has_reduced_decay=True) == Backoff.fast()
    assert Backoff.of_node(60.0) == Backoff(cap_seconds=60.0)
    assert Backoff.of_node(300.0, has_reduced_decay=True) == Backoff(initial_seconds=1.0)


def test_a_node_with_a_cap_below_the_initial_wait_waits_the_cap_from_the_first() -> None:
    assert Backoff.of_node(2.0) == Backoff(initial_seconds=2.0, cap_seconds=2.0)


def test_a_container_killed_in_its_first_attempt_starts_at_once_and_nothing_is_remembered() -> None:
    assert charge_after_kill(Backoff(), None, None, 50) == (50, None)


def test_a_container_killed_after_its_back_off_is_over_starts_at_once_and_the_curve_goes_on() -> (
    None
):
    state = BackoffState(delay=20, last_update=110)
    due, after = charge_after_kill(Backoff(), state, 100, now=130)
    assert due == 130
    assert after == BackoffState(delay=40, last_update=130, restarts=2)


def test_a_container_killed_within_its_back_off_waits_from_the_kill() -> None:
    state = BackoffState(delay=20, last_update=100)
    due, after = charge_after_kill(Backoff(), state, 100, now=110)
    assert (due, after) == charge(Backoff(), state, 110)
    assert due == 130


def test_a_kill_does_not_see_how_long_the_killed_attempt_lived() -> None:
    state = BackoffState(delay=20, last_update=100)
    _, after = charge_after_kill(Backoff(), state, 100, now=10_000)
    assert after is not None
    assert after.delay == 40


def test_a_kill_after_an_exit_that_was_never_charged_begins_the_curve() -> None:
    assert charge_after_kill(Backoff(), None, 100, now=130) == (130, BackoffState(10, 130))


def test_a_change_that_may_be_the_cure_begins_a_curve_of_its_own() -> None:
    app = Container(name="app", image="i:1")
    pod = Pod(metadata=ObjectMeta(name="p", namespace="n", uid="u"))
    same = Container(name="app", image="i:1", command=["x"], env=[EnvVar(name="A", value="1")])
    assert backoff_key(pod, same) == backoff_key(pod, app)
    more = ResourceRequirements(requests={"cpu": "1"})
    others = {
        backoff_key(pod, app),
        backoff_key(pod, Container(name="app", image="i:2")),
        backoff_key(pod, Container(name="other", image="i:1")),
        backoff_key(pod, Container(name="app", image="i:1", resources=more)),
        backoff_key(Pod(metadata=ObjectMeta(name="p", namespace="n", uid="v")), app),
    }
    assert len(others) == 5


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"jitter": -0.1}, "jitter: -0.1: wanted a number, 0 or more"),
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


@given(policy=POLICIES, kill=st.integers(0, 5000), previous=st.integers(0, 5000))
def test_a_kill_never_waits_longer_than_an_exit(policy: Backoff, kill: int, previous: int) -> None:
    state = BackoffState(delay=policy.cap_seconds, last_update=previous)
    due, _ = charge_after_kill(policy, state, previous, previous + kill)
    assert previous + kill <= due <= max(previous + kill, due_at(policy, state, previous + kill))


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
