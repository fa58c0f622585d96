"""Kubernetes' behaviour, scenario by scenario, with exact times."""

from __future__ import annotations

from seedpod import events
from seedpod.spec import ContainerRestartRule, ContainerRestartRuleOnExitCodes
from seedpod.status import Terminated, Waiting
from seedpod.testing import exits, runs
from seedpod.testing.fake import Scripts
from tests.runtime.stage import Story, app, init, play, pod, sidecar, stop

ON_42 = ContainerRestartRule(
    action="Restart", exit_codes=ContainerRestartRuleOnExitCodes(operator="In", values=(42,))
)


def state_of(story: Story, container: str) -> object:
    status = story.status.container(container)
    assert status is not None
    return status.state


def exit_of(story: Story, container: str) -> int:
    state = state_of(story, container)
    assert isinstance(state, Terminated)
    return state.exit_code


def test_init_containers_run_one_after_another_then_the_app(backend: str) -> None:
    scripts: Scripts = {"a": exits(after=2), "b": exits(after=3), "x": exits(after=4)}
    story = play(pod(app("x"), inits=[init("a"), init("b")]), scripts, backend=backend)
    assert story.started("a") == [0]
    assert story.started("b") == [2]
    assert story.started("x") == [5]
    assert story.rows() == [
        (0, "Init:0/2", "0/1"),
        (2, "Init:1/2", "0/1"),
        (5, "PodInitializing", "0/1"),
        (5, "Running", "1/1"),
        (9, "Completed", "0/1"),
    ]
    assert story.phases() == [(5, "Running"), (9, "Succeeded")]


def test_an_init_container_that_fails_under_never_fails_the_pod(backend: str) -> None:
    what = pod(app("x"), inits=[init("a"), init("b")])
    story = play(what, {"a": exits(1, after=2)}, backend=backend)
    assert story.told() == ["Starting a", "Started a", "Exited a"]
    assert story.rows() == [(0, "Init:0/2", "0/1"), (2, "Init:Error", "0/1")]
    assert state_of(story, "x") == Waiting("PodInitializing")
    assert story.phases() == [(2, "Failed")]


def test_an_init_container_is_retried_on_failure_with_back_off(backend: str) -> None:
    what = pod(app("x"), inits=[init("a")], policy="OnFailure")
    story = play(what, {"a": exits(1)}, backend=backend, moments={75: stop()})
    assert story.started("a") == [0, 0, 10, 30, 70]
    assert story.rows() == [
        (0, "Init:0/1", "0/1"),
        (0, "Init:Error", "0/1"),
        (0, "Init:0/1", "0/1"),
        (0, "Init:Error", "0/1"),
        (0, "Init:CrashLoopBackOff", "0/1"),
        (10, "Init:0/1", "0/1"),
        (10, "Init:Error", "0/1"),
        (10, "Init:CrashLoopBackOff", "0/1"),
        (30, "Init:0/1", "0/1"),
        (30, "Init:Error", "0/1"),
        (30, "Init:CrashLoopBackOff", "0/1"),
        (70, "Init:0/1", "0/1"),
        (70, "Init:Error", "0/1"),
        (70, "Init:CrashLoopBackOff", "0/1"),
        (75, "Terminating", "0/1"),
        (75, "Init:Error", "0/1"),
    ]
    assert story.phases() == [(75, "Failed")]


def test_what_follows_a_sidecar_starts_once_the_sidecar_runs(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s"), init("b")])
    scripts: Scripts = {"s": runs(start_after=3), "b": exits(after=1), "x": exits(after=1)}
    story = play(what, scripts, backend=backend)
    assert story.times(events.ContainerStarting, "s") == [0]
    assert story.started("s") == [3]
    assert story.times(events.ContainerStarting, "b") == [3]
    assert story.started("x") == [4]
    assert story.rows()[:3] == [
        (0, "Init:0/2", "0/2"),
        (3, "Init:1/2", "1/2"),
        (4, "PodInitializing", "1/2"),
    ]


def test_a_sidecar_that_crashes_beside_an_init_container_is_restarted(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s"), init("b")])
    scripts: Scripts = {"s": [exits(1, after=1), exits(1, after=1), runs()], "b": exits(after=5)}
    story = play(what, {**scripts, "x": exits(after=10)}, backend=backend)
    assert story.started("s") == [0, 1, 12]
    assert story.started("b") == [0]
    assert story.exited("b") == [(5, 0)]
    assert story.started("x") == [5]
    assert story.status.phase == "Succeeded"


def test_a_sidecar_that_ignores_its_signal_holds_the_pod_for_its_grace_period(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s")], grace=5)
    story = play(what, {"x": exits(), "s": runs(stop_after=None)}, backend=backend)
    assert story.signalled("s") == [0]
    assert story.killed("s") == [5]
    assert story.phases() == [(0, "Running"), (5, "Succeeded")]
    assert exit_of(story, "s") == 137
    assert story.end == 5


def test_the_app_decides_over_the_phase_not_the_sidecar(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s")], grace=5)
    story = play(what, {"x": exits(1), "s": runs(stop_after=None)}, backend=backend)
    assert story.signalled("s") == [0]
    assert story.killed("s") == [5]
    assert story.phases() == [(0, "Running"), (5, "Failed")]
    assert exit_of(story, "s") == 137


def test_at_a_deletion_apps_end_first_then_sidecars_in_reverse(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s1"), sidecar("s2")], policy="Always")
    scripts: Scripts = {
        "x": runs(stop_after=10),
        "s1": runs(stop_after=1),
        "s2": runs(stop_after=2),
    }
    story = play(what, scripts, backend=backend, moments={100: stop(30)})
    assert story.signalled("x") == [100]
    assert story.signalled("s2") == [110]
    assert story.signalled("s1") == [112]
    assert story.end == 113
    assert story.executor.times("SIGTERM") == [100, 110, 112]
    assert story.executor.times("SIGKILL") == []


def test_at_the_end_of_the_grace_period_all_sidecars_are_asked_at_once(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s1"), sidecar("s2")], policy="Always")
    scripts: Scripts = {name: runs(stop_after=None) for name in ("x", "s1", "s2")}
    story = play(what, scripts, backend=backend, moments={100: stop(30)})
    assert story.signalled("x") == [100]
    assert story.killed("x") == [130]
    assert story.signalled("s1") == story.signalled("s2") == [130]
    assert story.killed("s1") == story.killed("s2") == [132]
    assert story.end == 132


def test_a_crash_loop_shows_from_its_second_exit_and_slows_down(backend: str) -> None:
    short = [exits(1, after=1)] * 8
    scripts: Scripts = {"x": [*short, exits(1, after=601), exits(1, after=1)]}
    story = play(pod(app("x"), policy="Always"), scripts, backend=backend, moments={2500: stop(0)})
    starts = story.started("x")
    ends = [when for when, _ in story.exited("x")]
    waits = [start - end for end, start in zip(ends, starts[1:], strict=False)]
    assert waits[:8] == [0, 10, 20, 40, 80, 160, 300, 300]
    assert waits[8:14] == [0, 10, 20, 40, 80, 160]  # after the run of 601 seconds
    assert story.times(events.ContainerWaiting, "x")[0] == ends[1]
    shown = [row for row in story.rows() if row[1] == "CrashLoopBackOff"]
    assert shown[0] == (2, "CrashLoopBackOff", "0/1")


def test_success_under_always_backs_off_as_failure_does(backend: str) -> None:
    story = play(
        pod(app("x"), policy="Always"),
        {"x": exits(0, after=1)},
        backend=backend,
        moments={600: stop(0)},
    )
    assert story.started("x") == [0, 1, 12, 33, 74, 155, 316]
    assert story.phases() == [(0, "Running"), (600, "Succeeded")]


def test_a_deadline_ends_the_pod_during_its_initialization(backend: str) -> None:
    what = pod(app("x"), inits=[init("a")], active_deadline_seconds=5)
    story = play(what, {"a": exits(after=100, stop_after=3)}, backend=backend)
    assert story.signalled("a") == [5]
    assert story.exited("a") == [(8, 143)]
    assert story.phases() == [(8, "Failed")]
    assert story.status.reason == "DeadlineExceeded"
    assert story.status.message == "Pod was active on the node longer than the specified deadline"
    assert story.rows()[-1] == (8, "Init:Error", "0/1")


def test_a_rule_restarts_an_app_of_a_never_pod(backend: str) -> None:
    scripts: Scripts = {"x": [exits(42, after=1), exits(42, after=1), exits(1, after=1)]}
    story = play(pod(app("x", "Never", ON_42)), scripts, backend=backend)
    assert story.started("x") == [0, 1, 12]
    assert story.phases() == [(0, "Running"), (13, "Failed")]


def test_an_app_of_its_own_policy_ends_for_good_in_an_always_pod(backend: str) -> None:
    what = pod(app("x", "Never"), app("y", "Never"), policy="Always")
    story = play(what, {"x": exits(after=1), "y": exits(after=5)}, backend=backend)
    assert story.started("x") == [0]
    assert story.phases() == [(0, "Running"), (5, "Succeeded")]


def test_a_deletion_during_an_init_container_ends_it_and_starts_no_other(backend: str) -> None:
    what = pod(app("x"), inits=[init("a"), init("b"), init("c")], policy="Always")
    scripts: Scripts = {"a": exits(after=1), "b": exits(after=100, stop_after=2)}
    story = play(what, scripts, backend=backend, moments={4: stop()})
    assert story.signalled("b") == [4]
    assert story.exited("b") == [(6, 143)]
    assert story.started("c") == story.started("x") == []
    assert story.phases() == [(6, "Failed")]


def test_the_app_that_does_not_run_gives_the_pod_its_word(backend: str) -> None:
    what = pod(app("b"), app("a"), policy="Always")
    story = play(what, {"a": exits(1), "b": runs()}, backend=backend, moments={5: stop()})
    assert story.rows()[-4:-2] == [(0, "CrashLoopBackOff", "1/2"), (5, "Terminating", "1/2")]
    assert story.phases() == [(0, "Running"), (5, "Failed")]


def test_a_pod_whose_app_is_done_beside_a_running_one_is_not_ready(backend: str) -> None:
    what = pod(app("a"), app("b"))
    story = play(what, {"a": exits(after=1), "b": exits(after=9)}, backend=backend)
    assert (1, "NotReady", "1/2") in story.rows()
    assert story.rows()[-1] == (9, "Completed", "0/2")
    assert story.phases() == [(0, "Running"), (9, "Succeeded")]
