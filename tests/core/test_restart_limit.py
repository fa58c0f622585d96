"""When restarting stops."""

from __future__ import annotations

from typing import Any

import pytest

from seedpod._core.restart_limit import RestartLimit, has_given_up

LIMIT = RestartLimit(max_restarts=2, window_seconds=60)


def test_without_a_limit_nobody_gives_up() -> None:
    assert not has_given_up(None, range(1000), now=1000)


def test_the_restart_after_the_last_one_allowed_is_not_made() -> None:
    assert not has_given_up(LIMIT, [], now=0)
    assert not has_given_up(LIMIT, [0], now=1)
    assert has_given_up(LIMIT, [0, 1], now=2)


def test_a_restart_stops_counting_when_the_window_has_passed() -> None:
    assert has_given_up(LIMIT, [0, 30], now=59)
    assert not has_given_up(LIMIT, [0, 30], now=60)


def test_a_limit_of_none_allows_no_restart() -> None:
    assert has_given_up(RestartLimit(max_restarts=0, window_seconds=1), [], now=0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"max_restarts": -1, "window_seconds": 1},
            "max_restarts: -1: wanted a number of restarts, 0 or more",
        ),
        (
            {"max_restarts": 1, "window_seconds": 0},
            "window_seconds: 0: wanted a number of seconds above 0",
        ),
        (
            {"max_restarts": 1, "window_seconds": float("nan")},
            "window_seconds: nan: wanted a number of seconds above 0",
        ),
    ],
)
def test_a_number_out_of_range_is_refused_by_name(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        RestartLimit(**fields)
    assert str(caught.value) == message
