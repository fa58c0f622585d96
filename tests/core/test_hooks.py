"""Which lifecycle hooks are run."""

from __future__ import annotations

import pytest

from seedpod._core.hooks import hook_of, runs_pre_stop, sleep_result
from seedpod.spec import Container, ExecAction, Lifecycle, LifecycleHandler, SleepAction
from seedpod.spec.words import HookKind
from seedpod.status import Result

BEFORE = LifecycleHandler(sleep=SleepAction(seconds=1))
AFTER = LifecycleHandler(exec=ExecAction(command=["x"]))
BOTH = Container(lifecycle=Lifecycle(post_start=AFTER, pre_stop=BEFORE))


def test_a_hook_is_found_by_its_kind() -> None:
    assert hook_of(BOTH, HookKind.POST_START) is AFTER
    assert hook_of(BOTH, HookKind.PRE_STOP) is BEFORE
    assert hook_of(Container(), HookKind.PRE_STOP) is None
    assert hook_of(Container(lifecycle=Lifecycle()), HookKind.POST_START) is None


@pytest.mark.parametrize(("seconds", "is_run"), [(30, True), (0.5, True), (0, False), (-1, False)])
def test_pre_stop_is_run_only_if_there_is_time(seconds: float, is_run: bool) -> None:
    assert runs_pre_stop(BOTH, seconds) is is_run


def test_a_container_without_pre_stop_runs_none() -> None:
    assert not runs_pre_stop(Container(lifecycle=Lifecycle(post_start=AFTER)), 30)


@pytest.mark.parametrize(
    ("seconds", "left", "result"),
    [(5, 30, Result.SUCCESS), (0, 0, Result.SUCCESS), (3, 2, Result.FAILURE)],
)
def test_a_pause_longer_than_what_is_left_fails(seconds: int, left: float, result: Result) -> None:
    assert sleep_result(SleepAction(seconds=seconds), left) is result
