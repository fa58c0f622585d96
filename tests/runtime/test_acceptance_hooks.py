"""Kubernetes' behaviour of hooks, scenario by scenario, with exact times."""

from __future__ import annotations

from typing import Any

import pytest

from seedpod import events
from seedpod.spec import (
    Container,
    ExecAction,
    HTTPGetAction,
    Lifecycle,
    LifecycleHandler,
    Probe,
    SleepAction,
)
from seedpod.testing import exits, fails, runs, succeeds
from tests.runtime.stage import Scripts, Story, app, play, pod, sidecar, stop

COMMAND = LifecycleHandler(exec=ExecAction(command=("hook",)))
DEAD = Probe(exec=ExecAction(command=("check",)), period_seconds=5, failure_threshold=1)


def stopping_first(name: str, hook: LifecycleHandler = COMMAND, **fields: Any) -> Container:
    """An app with a preStop hook."""
    return app(name, lifecycle=Lifecycle(pre_stop=hook), **fields)


def starting_first(name: str, hook: LifecycleHandler = COMMAND, **fields: Any) -> Container:
    """An app with a postStart hook."""
    return app(name, lifecycle=Lifecycle(post_start=hook), **fields)


def hooks(story: Story, container: str) -> list[tuple[float, bool]]:
    """When the hooks of a container were over, and whether they had succeeded."""
    return [
        (round(each.time, 6), each.is_success)
        for each in story.of(events.ContainerHookEnded, container=container)
        if isinstance(each, events.ContainerHookEnded)
    ]


def said(story: Story) -> list[tuple[str, str]]:
    """Reason and message of Kubernetes' events."""
    return [(each.reason, each.message) for each in story.kubernetes_events]


def test_a_hook_that_takes_longer_than_the_grace_period_ends_with_it(backend: str) -> None:
    scripts: Scripts = {"x": runs(stop_after=None, pre_stop=succeeds(after=40))}
    what = pod(stopping_first("x"), policy="Always", grace=30)
    story = play(what, scripts, backend=backend, moments={10: stop()})
    assert story.executor.times("preStop") == [10]
    assert story.signalled("x") == [40]
    assert story.killed("x") == [42]
    assert story.end == 42


def test_a_pause_is_part_of_the_grace_period(backend: str) -> None:
    pause = LifecycleHandler(sleep=SleepAction(seconds=5))
    what = pod(stopping_first("x", pause), policy="Always", grace=30)
    story = play(
        what, {"x": runs(stop_after=20, exit_code=0)}, backend=backend, moments={10: stop()}
    )
    assert hooks(story, "x") == [(15, True)]
    assert story.signalled("x") == [15]
    assert story.exited("x") == [(35, 0)]
    [signalled] = story.of(events.ContainerSignalled)
    assert isinstance(signalled, events.ContainerSignalled)
    assert signalled.deadline == 40  # 25 seconds are left


def test_without_grace_a_probe_kill_skips_the_hook(backend: str) -> None:
    scripts: Scripts = {
        "x": [runs(stop_after=None, liveness=fails(), pre_stop=succeeds(after=9)), runs()]
    }
    what = pod(stopping_first("x", liveness_probe=DEAD), policy="Always", grace=0)
    story = play(what, scripts, backend=backend, moments={8: stop()})
    assert story.signalled("x")[0] == 5
    assert story.killed("x")[0] == 7
    assert [time for time in story.executor.times("preStop") if time < 8] == []


def test_a_stop_without_grace_gives_the_hook_a_second(backend: str) -> None:
    scripts: Scripts = {"x": runs(stop_after=None, pre_stop=succeeds(after=9))}
    what = pod(stopping_first("x"), policy="Always", grace=0)
    story = play(what, scripts, backend=backend, moments={10: stop(0)})
    assert story.executor.times("preStop") == [10]
    assert story.signalled("x") == [11]
    assert story.killed("x") == [13]


def test_a_hook_after_the_start_holds_back_the_next_app_and_the_probes(backend: str) -> None:
    probe = Probe(exec=ExecAction(command=("check",)), period_seconds=5)
    what = pod(starting_first("x", readiness_probe=probe), app("y"), policy="Always")
    scripts: Scripts = {"x": runs(post_start=succeeds(after=5))}
    story = play(what, scripts, backend=backend, moments={20: stop(0)})
    assert story.started("x") == [0]
    assert story.started("y") == [5]
    assert story.executor.times("readiness", "x")[0] == 5
    assert story.rows()[0] == (0, "ContainerCreating", "0/2")


def test_a_hook_that_fails_after_the_start_ends_the_attempt(backend: str) -> None:
    what = pod(starting_first("x"), policy="Always")
    scripts: Scripts = {"x": [runs(post_start=fails("boom", after=2), stop_after=1), runs()]}
    story = play(what, scripts, backend=backend, moments={20: stop(0)})
    assert story.signalled("x")[0] == 2
    assert story.started("x") == [0, 3]
    told = said(story)
    assert ("FailedPostStartHook", "PostStartHook failed") in told
    assert ("Killing", "FailedPostStartHook") in told
    [waiting] = [
        each
        for each in story.of(events.ContainerWaiting)
        if isinstance(each, events.ContainerWaiting) and each.reason == "PostStartHookError"
    ]
    assert waiting.message == "boom"
    assert (3, "PostStartHookError", "0/1") in story.rows()


def test_an_app_whose_hook_fails_under_never_has_failed(backend: str) -> None:
    story = play(pod(starting_first("x")), {"x": runs(post_start=fails())}, backend=backend)
    assert story.started("x") == [0]
    assert story.status.phase == "Failed"


def test_a_hook_by_http_succeeds_whatever_the_answer(backend: str) -> None:
    """The fake answers in the server's place; `test_performing` asks a real one, that says 500."""
    asks = LifecycleHandler(http_get=HTTPGetAction(port=80))
    story = play(
        pod(starting_first("x", asks), policy="Always"),
        {"x": runs(post_start=succeeds(after=1))},
        backend=backend,
        moments={5: stop()},
    )
    assert hooks(story, "x") == [(1, True)]
    assert said(story).count(("FailedPostStartHook", "PostStartHook failed")) == 0


def test_all_hooks_before_the_stop_begin_at_once_and_signals_keep_their_order(
    backend: str,
) -> None:
    hook = Lifecycle(pre_stop=COMMAND)
    what = pod(
        app("x", lifecycle=hook),
        inits=[sidecar("s1", lifecycle=hook), sidecar("s2", lifecycle=hook)],
        policy="Always",
    )
    scripts: Scripts = {
        name: runs(stop_after=2, pre_stop=succeeds(after=after))
        for name, after in {"x": 3, "s1": 1, "s2": 9}.items()
    }
    story = play(what, scripts, backend=backend, moments={10: stop(30)})
    assert story.executor.times("preStop") == [10, 10, 10]
    assert story.signalled("x") == [13]
    assert story.signalled("s2") == [19]
    assert story.signalled("s1") == [21]
    assert story.end == 23


@pytest.mark.parametrize("reply", [fails("no"), succeeds()])
def test_a_hook_that_fails_before_the_stop_stops_nothing(backend: str, reply: object) -> None:
    scripts: Scripts = {"x": runs(pre_stop=reply)}  # type: ignore[arg-type]
    story = play(
        pod(stopping_first("x"), policy="Always"), scripts, backend=backend, moments={1: stop()}
    )
    assert story.signalled("x") == [1]
    assert (("FailedPreStopHook", "PreStopHook failed") in said(story)) is (reply != succeeds())


def test_a_container_that_ends_during_its_last_hook_is_not_signalled(backend: str) -> None:
    script = exits(0, after=5, stop_after=None, pre_stop=succeeds(after=9))
    what = pod(stopping_first("x"), policy="Always")
    story = play(what, {"x": script}, backend=backend, moments={1: stop()})
    assert story.signalled("x") == []
    assert story.exited("x") == [(5, 0)]
    assert hooks(story, "x") == [(5, False)]  # its command was cut off
    assert story.status.phase == "Succeeded"
