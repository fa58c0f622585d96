"""Who is started again after it ended, and when."""

from __future__ import annotations

import pytest

from seedpod import Backoff, events
from seedpod.spec import Container
from seedpod.status import Terminated
from seedpod.testing import exits, refuses, runs
from seedpod.testing.fake import Scripts
from tests.runtime.stage import Story, app, init, play, pod, sidecar, stop


def played(what: Container, kind: str, policy: str, code: int, backend: str) -> Story:
    """One container of this kind that ends with this code after a second; stopped at 5."""
    inits = [what] if kind != "app" else []
    apps = [what] if kind == "app" else []
    return play(
        pod(*apps, app("other"), inits=inits, policy=policy),
        {what.name: exits(code, after=1), "other": runs()},
        backend=backend,
        moments={5: stop(1)},
    )


@pytest.mark.parametrize(
    ("policy", "own", "code", "starts"),
    [
        ("Always", None, 0, [0, 1]),
        ("Always", None, 1, [0, 1]),
        ("OnFailure", None, 0, [0]),
        ("OnFailure", None, 1, [0, 1]),
        ("Never", None, 0, [0]),
        ("Never", None, 1, [0]),
        ("Never", "Always", 0, [0, 1]),
        ("Never", "OnFailure", 1, [0, 1]),
        ("Never", "OnFailure", 0, [0]),
        ("Always", "Never", 1, [0]),
        ("Always", "OnFailure", 0, [0]),
    ],
)
def test_an_app_is_restarted_as_its_policy_says(
    backend: str, policy: str, own: str | None, code: int, starts: list[float]
) -> None:
    story = played(app("x", own), "app", policy, code, backend)
    assert story.started("x") == starts


@pytest.mark.parametrize(
    ("policy", "own", "code", "starts", "is_passed"),
    [
        ("Always", None, 0, [0], True),
        ("Always", None, 1, [0, 1], False),
        ("OnFailure", None, 0, [0], True),
        ("OnFailure", None, 1, [0, 1], False),
        ("Never", None, 0, [0], True),
        ("Never", None, 1, [0], False),
        ("Always", "Never", 1, [0], False),
        ("Never", "OnFailure", 1, [0, 1], False),
    ],
)
def test_an_init_container_is_retried_as_its_policy_says(
    backend: str, policy: str, own: str | None, code: int, starts: list[float], is_passed: bool
) -> None:
    story = played(app("a", own), "init", policy, code, backend)
    assert story.started("a") == starts
    assert bool(story.started("other")) is is_passed


@pytest.mark.parametrize("policy", ["Always", "OnFailure", "Never"])
@pytest.mark.parametrize("code", [0, 1, 137])
def test_a_sidecar_is_restarted_whatever_its_exit_code(
    backend: str, policy: str, code: int
) -> None:
    story = played(sidecar("s"), "sidecar", policy, code, backend)
    assert story.started("s") == [0, 1]


def test_an_init_container_that_succeeds_at_last_lets_the_app_start(backend: str) -> None:
    what = pod(app("x"), inits=[init("a")], policy="Always")
    scripts: Scripts = {"a": [exits(1, after=1), exits(2, after=1), exits(0, after=1)]}
    story = play(what, scripts, backend=backend, moments={20: stop()})
    assert story.started("a") == [0, 1, 12]
    assert story.started("x") == [13]


def test_an_init_container_killed_for_its_memory_has_failed_though_it_exits_0(backend: str) -> None:
    what = pod(app("x"), inits=[init("a")], policy="Always")
    story = play(
        what,
        {"a": [exits(0, after=1, reason="OOMKilled"), exits(after=1)]},
        backend=backend,
        moments={5: stop()},
    )
    assert story.started("a") == [0, 1]
    assert story.started("x") == [2]


def test_a_sidecar_goes_on_crashing_beside_the_apps(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s")])
    story = play(what, {"s": exits(3, after=1), "x": exits(after=40)}, backend=backend)
    assert story.started("s") == [0, 1, 12, 33]
    assert story.phases() == [(0, "Running"), (40, "Succeeded")]
    last = story.status.container("s")
    assert last is not None
    assert isinstance(last.state, Terminated)
    assert last.state.exit_code == 3
    assert last.restart_count == 3


def test_an_app_that_cannot_be_started_ends_with_128(backend: str) -> None:
    story = play(pod(app("x")), {"x": refuses("no such program: nginx")}, backend=backend)
    last = story.status.container("x")
    assert last is not None
    assert isinstance(last.state, Terminated)
    assert (last.state.exit_code, last.state.reason) == (128, "StartError")
    assert last.state.message == "no such program: nginx"
    assert story.phases() == [(0, "Failed")]


def test_an_app_that_cannot_be_started_is_tried_again_as_its_policy_says(backend: str) -> None:
    scripts: Scripts = {"x": [refuses("not yet"), refuses("not yet"), exits(after=1)]}
    story = play(pod(app("x"), policy="OnFailure"), scripts, backend=backend)
    assert story.times(events.ContainerStarting, "x") == [0, 0, 10]
    assert story.exited("x") == [(0, 128), (0, 128), (11, 0)]
    assert story.status.phase == "Succeeded"


def test_an_app_that_cannot_be_started_does_not_hold_back_the_next(backend: str) -> None:
    scripts: Scripts = {"x": [refuses("no"), refuses("no"), exits()], "y": exits(after=1)}
    story = play(pod(app("x"), app("y"), policy="OnFailure"), scripts, backend=backend)
    assert story.started("y") == [0]
    assert story.started("x") == [10]


def test_a_sidecar_that_cannot_be_started_holds_back_what_follows(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s"), init("b")])
    scripts: Scripts = {"s": [refuses("no"), refuses("no"), runs()], "x": exits()}
    story = play(what, scripts, backend=backend)
    assert story.started("s") == story.started("b") == story.started("x") == [10]


def test_an_init_container_that_cannot_be_started_fails_a_never_pod(backend: str) -> None:
    story = play(pod(app("x"), inits=[init("a")]), {"a": refuses("no")}, backend=backend)
    assert story.rows()[-1] == (0, "Init:StartError", "0/1")
    assert story.phases() == [(0, "Failed")]


def test_apps_start_one_after_another_in_order(backend: str) -> None:
    scripts: Scripts = {name: exits(after=5, start_after=2) for name in ("x", "y", "z")}
    story = play(pod(app("x"), app("y"), app("z")), scripts, backend=backend)
    assert [story.started(name) for name in ("x", "y", "z")] == [[2], [4], [6]]


@pytest.mark.parametrize(
    ("backoff", "starts"),
    [
        (Backoff(initial_seconds=1, cap_seconds=3), [0, 0, 1, 3, 6, 9]),
        (Backoff(initial_seconds=1, factor=3), [0, 0, 1, 4]),
        (Backoff(delays=(2, 0, 5)), [0, 2, 2, 7]),
        (Backoff.fast(), [0, 0, 1, 3, 7]),
    ],
)
def test_an_engine_may_have_a_back_off_of_its_own(
    backend: str, backoff: Backoff, starts: list[float]
) -> None:
    story = play(
        pod(app("x"), policy="Always"),
        {"x": exits(1)},
        backend=backend,
        moments={9.5: stop()},
        backoff=backoff,
    )
    assert story.started("x") == starts


def test_each_container_has_a_back_off_of_its_own(backend: str) -> None:
    scripts: Scripts = {"x": exits(1, after=1), "y": exits(1, after=5)}
    story = play(
        pod(app("x"), app("y"), policy="Always"), scripts, backend=backend, moments={22: stop()}
    )
    assert story.started("x") == [0, 1, 12]
    assert story.started("y") == [0, 5, 20]


def test_restarts_are_counted_and_the_last_end_is_kept(backend: str) -> None:
    scripts: Scripts = {"x": [exits(1), exits(2), runs()]}
    story = play(pod(app("x"), policy="OnFailure"), scripts, backend=backend, moments={15: stop(1)})
    last = story.status.container("x")
    assert last is not None
    assert last.restart_count == 2
    assert isinstance(last.state, Terminated)
    assert last.state.exit_code == 143
    assert last.last_state is not None
    assert last.last_state.exit_code == 2
    assert story.status.phase == "Failed"
