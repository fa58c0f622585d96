"""Pods that are found in some state, and pods whose sandbox is lost."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

import pytest

from seedpod import events
from seedpod.abc import PodContext
from seedpod.errors import ExecutorError
from seedpod.spec import ContainerRestartRule, ContainerRestartRuleOnExitCodes, Pod
from seedpod.status import FoundContainer, FoundPod, Terminated
from seedpod.testing import FakeExecutorWithPast, exits, runs
from seedpod.testing.fake import FakeSandbox
from tests.core.found_pods import LOST, attempt, in_sandbox, without_sandbox
from tests.core.sketches import RUNNING, ended
from tests.runtime.stage import Act, Scripts, Story, app, at, init, play, pod, sidecar, stop

ON_88 = ContainerRestartRule(
    action="RestartAllContainers",
    exit_codes=ContainerRestartRuleOnExitCodes(operator="In", values=(88,)),
)


def taken_up(
    what: Pod,
    found: FoundPod,
    scripts: Scripts | None = None,
    *,
    backend: str,
    moments: Mapping[float, Act] | None = None,
) -> Story:
    """Run a pod that is found in some state."""
    executor = FakeExecutorWithPast(scripts, found={"web": found})
    return play(what, backend=backend, executor=executor, moments=moments)


def losing(
    what: Pod,
    scripts: Scripts,
    *moments: float,
    backend: str,
    stopped_at: float | None = None,
) -> Story:
    """Run a pod whose sandbox is lost at some moments."""
    executor = FakeExecutorWithPast(scripts)
    acts: dict[float, Act] = {each: lambda _: executor.lose("web") for each in moments}
    if stopped_at is not None:
        acts[stopped_at] = stop(0)
    return play(what, backend=backend, executor=executor, moments=acts)


def asked(story: Story) -> list[str]:
    """What the executor was asked, in order: `start a`."""
    return [f"{each.what} {each.container}".strip() for each in story.executor.calls]


def test_what_runs_is_adopted_and_the_pod_goes_on(backend: str) -> None:
    what = pod(app("x"), inits=[init("a"), sidecar("s")])
    found = in_sandbox(attempt("s", RUNNING, 2), attempt("x", RUNNING, 0))
    story = taken_up(what, found, {"x": exits(after=5)}, backend=backend)
    assert sorted(asked(story)[:3]) == ["adopt s", "adopt x", "open"]
    assert story.exited("x") == [(5, 0)]
    assert story.phases() == [(0, "Running"), (5, "Succeeded")]
    assert "start a" not in asked(story)
    status = story.status.container("s")
    assert status is not None
    assert status.restart_count == 2
    forgotten = story.status.container("a")
    assert forgotten is not None
    assert isinstance(forgotten.state, Terminated)
    assert forgotten.state.reason == "Completed"


def test_an_init_container_that_runs_is_waited_for(backend: str) -> None:
    what = pod(app("x"), inits=[init("a"), init("b")])
    found = in_sandbox(attempt("b", RUNNING), attempt("a", ended()))
    story = taken_up(what, found, {"b": exits(after=3), "x": exits(after=1)}, backend=backend)
    assert asked(story)[:4] == ["open", "adopt b", "exit 0 b", "start x"]
    assert story.started("x") == [3]


def test_sidecars_that_had_their_turn_hold_nothing_up(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s"), init("b")], policy="Always")
    found = in_sandbox(attempt("s", ended(1)), attempt("b", RUNNING))
    scripts: Scripts = {"s": runs(start_after=9), "b": exits(after=1)}
    story = taken_up(what, found, scripts, backend=backend, moments={20: stop(0)})
    assert story.exited("b") == [(1, 0)]
    assert story.started("x") == [1] or story.started("x") == [9]


def test_what_has_ended_for_good_is_not_run_again(backend: str) -> None:
    found = in_sandbox(attempt("x", ended(3)), attempt("y", RUNNING))
    story = taken_up(pod(app("x"), app("y")), found, {"y": exits(after=1)}, backend=backend)
    assert asked(story) == ["open", "adopt y", "exit 0 y", "close"]
    assert story.phases() == [(0, "Running"), (1, "Failed")]


def test_what_has_ended_is_started_again_as_its_policy_asks(backend: str) -> None:
    found = in_sandbox(attempt("x", ended(3), 4))
    what = pod(app("x"), policy="Always")
    story = taken_up(what, found, backend=backend, moments={1: stop(0)})
    assert story.started("x") == [0]
    status = story.status.container("x")
    assert status is not None
    assert status.restart_count == 5
    assert status.last_state is not None
    assert status.last_state.exit_code == 3


def test_what_may_run_is_killed_before_it_is_started(backend: str) -> None:
    found = in_sandbox(attempt("x", LOST))
    what = pod(app("x"), policy="Always")
    story = taken_up(what, found, backend=backend, moments={5: stop(0)})
    assert asked(story)[:5] == ["open", "adopt x", "SIGTERM x", "exit 143 x", "start x"]


def test_an_image_that_changed_replaces_what_runs_whatever_the_policy(backend: str) -> None:
    other = FoundContainer(name="x", state=RUNNING, has_other_spec=True)
    story = taken_up(pod(app("x")), in_sandbox(other), {"x": exits(after=9)}, backend=backend)
    assert asked(story)[:5] == ["open", "adopt x", "SIGTERM x", "exit 143 x", "start x"]
    [killing] = story.of(events.ContainerStopping)
    assert isinstance(killing, events.ContainerStopping)
    assert killing.message == "Container x definition changed, will be restarted"


def test_sidecars_of_a_pod_that_is_over_are_ended_in_order(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s1"), sidecar("s2")])
    found = in_sandbox(attempt("s1", RUNNING), attempt("s2", RUNNING), attempt("x", ended()))
    scripts: Scripts = {"s1": runs(stop_after=1), "s2": runs(stop_after=2)}
    story = taken_up(what, found, scripts, backend=backend)
    assert story.signalled("s2") == [0]
    assert story.signalled("s1") == [2]
    assert story.phases() == [(0, "Running"), (3, "Succeeded")]


def test_an_init_container_that_failed_for_good_ends_what_runs(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s"), init("b")])
    found = in_sandbox(attempt("s", RUNNING), attempt("b", ended(1)))
    story = taken_up(what, found, backend=backend)
    assert story.signalled("s") == [0]
    assert story.status.phase == "Failed"
    assert story.started("x") == []


def test_a_pod_that_is_stopped_while_it_is_looked_for_ends_what_was_found(backend: str) -> None:
    found = in_sandbox(attempt("x", RUNNING))
    story = taken_up(pod(app("x")), found, backend=backend, moments={0: stop()})
    assert story.signalled("x") == [0]
    assert story.exited("x") == [(0, 143)]


def test_a_sandbox_that_cannot_be_used_is_replaced_and_all_begins_anew(backend: str) -> None:
    what = pod(app("x"), inits=[init("a")], policy="Always")
    found = without_sandbox(attempt("a", ended(), 1), attempt("x", RUNNING, 2))
    story = taken_up(what, found, {"a": exits(after=2)}, backend=backend, moments={5: stop(0)})
    assert asked(story)[:4] == ["discard", "open", "start a", "exit 0 a"]
    assert story.started("x") == [2]
    counts = {
        each.name: each.restart_count
        for each in (*story.status.init_container_statuses, *story.status.container_statuses)
    }
    assert counts == {"a": 2, "x": 3}


def test_nothing_of_a_never_pod_runs_again_in_another_sandbox(backend: str) -> None:
    story = taken_up(pod(app("x")), without_sandbox(attempt("x", RUNNING)), backend=backend)
    assert asked(story) == ["discard"]
    assert story.status.phase == "Failed"
    state = story.status.container("x")
    assert state is not None
    assert isinstance(state.state, Terminated)
    assert (state.state.exit_code, state.state.reason) == (137, "ContainerStatusUnknown")


def test_a_pod_of_which_there_is_nothing_is_begun(backend: str) -> None:
    story = taken_up(pod(app("x")), FoundPod(), {"x": exits(after=1)}, backend=backend)
    assert asked(story)[:2] == ["open", "start x"]


def test_a_code_that_asks_for_all_containers_is_heeded_when_it_is_found(backend: str) -> None:
    what = pod(app("x", "Never", ON_88), app("y"), inits=[init("a")])
    found = in_sandbox(attempt("x", ended(88)), attempt("y", RUNNING), attempt("a", ended()))
    scripts: Scripts = {"x": exits(after=4), "y": exits(after=3)}
    story = taken_up(what, found, scripts, backend=backend)
    assert story.signalled("y") == [0]
    assert story.started("a") == [0]
    assert story.started("x") == story.started("y") == [0]
    assert story.status.phase == "Succeeded"


def test_a_lost_sandbox_under_always_reruns_everything(backend: str) -> None:
    what = pod(app("x"), app("y"), inits=[init("a")], policy="Always")
    scripts: Scripts = {"a": exits(after=2), "x": [exits(after=5), runs()], "y": runs()}
    story = losing(what, scripts, 50, stopped_at=100, backend=backend)
    assert story.started("a") == [0, 50]
    assert story.started("x") == [2, 7, 60]  # its back-off goes on
    assert story.started("y") == [2, 52]
    phases = [phase for moment, phase in story.phases() if moment >= 50]
    assert phases[:2] == ["Pending", "Running"]
    [reason] = [each.reason for each in story.kubernetes_events if each.reason == "SandboxChanged"]
    assert reason == "SandboxChanged"


def test_a_lost_sandbox_under_on_failure_leaves_alone_what_succeeded(backend: str) -> None:
    what = pod(app("x"), app("y"), inits=[init("a")], policy="OnFailure")
    scripts: Scripts = {"a": exits(after=2), "x": exits(after=5), "y": [runs(), exits(after=1)]}
    story = losing(what, scripts, 50, backend=backend)
    assert story.started("a") == [0, 50]
    assert story.started("x") == [2]
    assert story.started("y") == [2, 52]
    assert story.status.phase == "Succeeded"


def test_a_lost_sandbox_under_never_ends_the_pod(backend: str) -> None:
    what = pod(app("x"), app("y"), inits=[init("a")])
    scripts: Scripts = {"a": exits(after=2), "x": exits(after=5), "y": runs()}
    story = losing(what, scripts, 50, backend=backend)
    assert story.started("a") == [0]
    assert story.started("y") == [2]
    assert story.phases() == [(2, "Running"), (50, "Failed")]
    assert story.end == 50


def test_an_app_that_may_always_restart_survives_the_sandbox_of_a_never_pod(backend: str) -> None:
    what = pod(app("x", "Always"), app("y"))
    story = losing(what, {"y": exits(after=1)}, 50, stopped_at=60, backend=backend)
    assert story.started("x") == [0, 50]
    assert story.started("y") == [0]


def test_a_sandbox_may_be_lost_during_initialization_and_again(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s"), init("b")], policy="Always")
    scripts: Scripts = {"b": exits(after=10)}
    story = losing(what, scripts, 5, 12, stopped_at=30, backend=backend)
    assert story.started("s") == [0, 5, 12]
    assert story.started("b") == [0, 5, 12]
    assert story.started("x") == [22]
    assert asked(story).count("open") == 3


def test_a_sandbox_that_is_lost_while_the_pod_ends_changes_nothing(backend: str) -> None:
    what = pod(app("x"), policy="Always")
    executor = FakeExecutorWithPast({"x": runs(stop_after=None)})
    acts: dict[float, Act] = {5: stop(), 10: lambda _: executor.lose("web")}
    story = play(what, backend=backend, executor=executor, moments=acts)
    assert story.end == 10
    assert story.started("x") == [0]


@pytest.mark.parametrize(("code", "phase"), [(0, "Succeeded"), (1, "Failed")])
def test_an_evicted_pod_fails_unless_its_apps_end_well(backend: str, code: int, phase: str) -> None:
    scripts: Scripts = {"x": runs(exit_code=code)}
    words = "The node was low on resource: memory."
    moments: dict[float, Act] = {5: lambda running: running.evict_soon(words)}
    story = play(pod(app("x"), policy="Always"), scripts, backend=backend, moments=moments)
    assert story.signalled("x") == [5]
    told = (story.status.reason, story.status.message)
    assert (story.status.phase, *told) == (phase, *(("Evicted", words) if code else ("", "")))
    [condition] = [each for each in story.status.conditions if each.type == "DisruptionTarget"]
    assert (condition.status, condition.reason) == ("True", "TerminationByKubelet")


def test_an_evicted_pod_has_a_second_and_the_two_every_container_has(backend: str) -> None:
    scripts: Scripts = {"x": runs(stop_after=None)}
    moments: dict[float, Act] = {5: lambda running: running.evict_soon("no room")}
    story = play(pod(app("x"), policy="Always"), scripts, backend=backend, moments=moments)
    assert story.killed("x") == [7]
    assert story.status.reason == "Evicted"
    [told] = [each for each in story.kubernetes_events if each.reason == "Evicted"]
    assert (told.type, told.message) == ("Warning", "no room")


class Unopenable(FakeExecutorWithPast):
    """Finds a pod, and cannot enter its sandbox any more."""

    def open_pod(self, pod: PodContext) -> AbstractAsyncContextManager[FakeSandbox]:
        raise ExecutorError("fake", "the sandbox is locked")


def test_what_cannot_be_entered_is_ended_by_force_when_the_pod_is_stopped(backend: str) -> None:
    executor = Unopenable(found={"web": in_sandbox(attempt("x", RUNNING))})
    story = play(pod(app("x")), backend=backend, executor=executor, moments={25: stop()})
    assert [at(each) for each in story.of(events.PodBlocked)] == [0, 10, 20]
    assert asked(story) == ["discard"]
    assert story.end == 25
