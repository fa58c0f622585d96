"""What Kubernetes does not have, and is off unless asked for: a limit of restarts, and jitter."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from seedpod import Backoff, RestartLimit, events
from seedpod.testing import exits, runs
from tests.runtime.stage import Scripts, app, init, play, pod, sidecar, stop

TWICE = RestartLimit(max_restarts=2, window_seconds=60)
AT_ONCE = Backoff(delays=(0.0, 1.0))


def test_an_app_that_was_restarted_too_often_has_failed(backend: str) -> None:
    what = pod(app("x"), policy="Always")
    story = play(what, {"x": exits(0)}, backend=backend, restart_limit=TWICE)
    assert story.started("x") == [0, 0, 10]
    assert story.times(events.ContainerGaveUp, "x") == [10]
    assert story.phases() == [(0, "Running"), (10, "Failed")]
    assert story.status.reason == "RestartLimitExceeded"
    assert story.status.message == "container x was restarted 2 times within 1m0s"


def test_the_others_go_on(backend: str) -> None:
    what = pod(app("x"), app("y"), policy="Always")
    scripts: Scripts = {"x": exits(1)}
    story = play(what, scripts, backend=backend, restart_limit=TWICE, moments={90: stop()})
    assert story.started("x") == [0, 0, 10]
    assert story.started("y") == [0]
    assert story.end == 90


def test_the_window_slides(backend: str) -> None:
    what = pod(app("x"), policy="Always")
    story = play(
        what,
        {"x": exits(1, after=25)},
        backend=backend,
        restart_limit=RestartLimit(max_restarts=3, window_seconds=60),
        backoff=AT_ONCE,
        moments={300: stop()},
    )
    assert story.times(events.ContainerGaveUp) == []
    assert len(story.started("x")) == 12


def test_no_restart_at_all_can_be_asked_for(backend: str) -> None:
    none = RestartLimit(max_restarts=0, window_seconds=1)
    what = pod(app("x"), policy="Always")
    story = play(what, {"x": exits(1)}, backend=backend, restart_limit=none)
    assert story.started("x") == [0]


def test_an_init_container_that_is_given_up_fails_the_pod(backend: str) -> None:
    what = pod(app("x"), inits=[init("a")], policy="Always")
    story = play(what, {"a": exits(1)}, backend=backend, restart_limit=TWICE)
    assert story.started("a") == [0, 0, 10]
    assert story.started("x") == []
    assert (story.status.phase, story.status.reason) == ("Failed", "RestartLimitExceeded")


def test_a_sidecar_that_is_given_up_does_not_fail_the_pod(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s")])
    scripts: Scripts = {"s": exits(1, after=1), "x": exits(after=100)}
    story = play(what, scripts, backend=backend, restart_limit=TWICE)
    assert len(story.started("s")) == 3
    assert (story.status.phase, story.status.reason) == ("Succeeded", "")


def test_an_app_does_not_wait_for_a_sidecar_that_was_given_up(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s")], policy="Always")
    scripts: Scripts = {"s": exits(1), "x": [exits(after=20), exits(after=5), exits(after=5)]}
    story = play(what, scripts, backend=backend, restart_limit=TWICE)
    assert story.times(events.ContainerGaveUp, "s") == [10]
    assert story.started("x") == [0, 20, 35]
    assert story.status.phase == "Failed"


def test_jitter_lets_waits_grow_by_chance_and_by_the_same_for_the_same_seed(backend: str) -> None:
    def starts(seed: int) -> list[float]:
        story = play(
            pod(app("x"), policy="Always"),
            {"x": exits(1)},
            backend=backend,
            backoff=Backoff(jitter=0.5),
            random=Random(seed),
            moments={200: stop()},
        )
        return story.started("x")

    one, again, other = starts(1), starts(1), starts(2)
    assert one == again != other
    waits = [after - before for before, after in pairwise(one[1:])]
    assert all(wait >= plain for wait, plain in zip(waits, (10, 20, 40), strict=False))


def test_without_jitter_chance_plays_no_part(backend: str) -> None:
    story = play(
        pod(app("x"), policy="Always"),
        {"x": [exits(1), exits(1), runs()]},
        backend=backend,
        random=Random(7),
        moments={20: stop()},
    )
    assert story.started("x") == [0, 0, 10]
