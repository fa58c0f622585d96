"""The arithmetic of grace periods."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedpod._core.grace import container_grace, effective_grace, kill_deadline, spec_grace
from seedpod.spec import PodSpec, Probe

SECONDS = st.one_of(st.none(), st.integers(-10, 100))


def spec(seconds: int | None) -> PodSpec:
    return PodSpec(termination_grace_period_seconds=seconds)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((), 30),
        ((None,), 30),
        ((60,), 60),
        ((20, 5, 10), 5),
        ((None, 5), 5),
        ((0,), 1),
        ((-3,), 1),
    ],
)
def test_the_least_of_what_was_asked_for_counts_but_one_second_remains(
    asked: tuple[float | None, ...], expected: float
) -> None:
    assert effective_grace(spec(30), *asked) == expected


@pytest.mark.parametrize("seconds", [None, 0, -5])
def test_a_pod_has_at_least_one_second(seconds: int | None) -> None:
    assert effective_grace(spec(seconds)) == 1


@given(own=SECONDS, asked=st.lists(SECONDS), later=SECONDS)
def test_a_later_call_never_lengthens_the_grace(
    own: int | None, asked: list[int | None], later: int | None
) -> None:
    seen = [each for each in asked if each is not None]
    if seen:
        assert effective_grace(spec(own), *asked, later) <= effective_grace(spec(own), *asked)


@pytest.mark.parametrize(("seconds", "expected"), [(30, 30), (0, 0), (-5, 1), (None, 2)])
def test_the_pods_own_grace_is_what_it_says(seconds: int | None, expected: float) -> None:
    assert spec_grace(spec(seconds)) == expected


@pytest.mark.parametrize("own", [10, 60])
def test_the_grace_of_a_failed_probe_goes_before_the_pods(own: int) -> None:
    probe = Probe(termination_grace_period_seconds=own)
    assert container_grace(spec(30), probe) == own
    assert container_grace(spec(30), Probe()) == 30


def test_the_grace_of_a_deletion_goes_before_the_probes() -> None:
    probe = Probe(termination_grace_period_seconds=60)
    assert container_grace(spec(30), probe, deletion_seconds=5) == 5


def test_a_container_is_killed_at_the_deadline() -> None:
    assert kill_deadline(signalled_at=10, deadline=40) == 40


@pytest.mark.parametrize("signalled_at", [39.5, 40, 45])
def test_a_container_keeps_two_seconds_between_signal_and_kill(signalled_at: float) -> None:
    assert kill_deadline(signalled_at, deadline=40) == signalled_at + 2
