"""What a container uses, as engines count it."""

from __future__ import annotations

from typing import Any

import pytest

from seedpod.status import Usage
from seedpod_docker._statistics import usage_of


def told(cpu: int, memory: dict[str, Any]) -> dict[str, Any]:
    return {"cpu_stats": {"cpu_usage": {"total_usage": cpu}}, "memory_stats": memory}


def used(memory: dict[str, Any]) -> int | None:
    found = usage_of(told(1, memory))
    assert found is not None
    return found.memory_bytes


def test_time_is_in_seconds() -> None:
    assert usage_of(told(2_500_000_000, {"usage": 7})) == Usage(cpu_seconds=2.5, memory_bytes=7)


def test_files_that_could_be_dropped_do_not_count_in_cgroup_v1() -> None:
    stats = {"total_inactive_file": 30, "inactive_file": 5}
    assert used({"usage": 100, "stats": stats}) == 70


def test_files_that_could_be_dropped_do_not_count_in_cgroup_v2() -> None:
    assert used({"usage": 100, "stats": {"inactive_file": 30, "anon": 20}}) == 70


def test_nobody_uses_less_than_nothing() -> None:
    assert used({"usage": 10, "stats": {"inactive_file": 30}}) == 0


def test_an_engine_may_count_no_memory() -> None:
    assert used({}) is None


def test_a_container_that_has_used_no_time_yet_uses_memory() -> None:
    assert usage_of(told(0, {"usage": 7})) == Usage(cpu_seconds=0.0, memory_bytes=7)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"cpu_stats": None, "memory_stats": None},
        {"cpu_stats": {"cpu_usage": None}, "memory_stats": {}},
        told(0, {}),
        told(0, {"stats": {"inactive_file": 3}}),
    ],
)
def test_what_does_not_run_uses_nothing_that_is_known(answer: dict[str, Any]) -> None:
    assert usage_of(answer) is None
