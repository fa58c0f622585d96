"""How long an image that could not be pulled is left alone."""

from __future__ import annotations

from seedpod._core.backoff import Backoff, BackoffState
from seedpod._core.pull_backoff import after_failed_pull, pull_due_at, pull_key
from seedpod.spec import ObjectMeta, Pod


def test_the_first_pull_is_made_at_once() -> None:
    assert pull_due_at(None, 7) == 7


def test_waits_double_up_to_five_minutes_and_count_from_the_attempt() -> None:
    state: BackoffState | None = None
    now, found = 0.0, list[float]()
    for _ in range(7):
        state = after_failed_pull(state, now)
        found.append(pull_due_at(state, now) - now)
        now = pull_due_at(state, now)
    assert found == [10, 20, 40, 80, 160, 300, 300]


def test_an_attempt_whose_wait_is_over_may_be_made_now() -> None:
    assert pull_due_at(BackoffState(delay=10, last_update=0), 12) == 12


def test_ten_minutes_after_the_last_attempt_the_curve_begins_anew() -> None:
    state = BackoffState(delay=300, last_update=0)
    assert after_failed_pull(state, 600).delay == 300
    assert after_failed_pull(state, 601).delay == 10


def test_a_wait_longer_than_the_memory_of_it_is_cut_short() -> None:
    policy = Backoff(cap_seconds=900, reset_seconds=600)
    state = BackoffState(delay=900, last_update=0)
    assert pull_due_at(state, 601, policy) == 601


def test_containers_of_one_pod_share_the_curve_of_an_image() -> None:
    pod, other = (Pod(metadata=ObjectMeta(uid=uid)) for uid in "ab")
    assert pull_key(pod, "i:1") == pull_key(pod, "i:1")
    assert len({pull_key(pod, "i:1"), pull_key(pod, "i:2"), pull_key(other, "i:1")}) == 3
