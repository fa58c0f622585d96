"""A pod can be ended at any moment, and takes no longer than it was given."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from seedpod import events
from seedpod.abc import PodContext
from seedpod.errors import ExecutorError
from seedpod.spec import ConfigMapVolumeSource, Lifecycle, PodOS, Volume, VolumeMount
from seedpod.testing import FakeExecutor, exits, runs
from tests.runtime.stage import app, init, play, pod, sidecar, stop

SETTINGS = Volume(name="settings", config_map=ConfigMapVolumeSource(name="settings"))


class SlowToOpen(FakeExecutor):
    """An executor whose sandboxes take three seconds, and fail as often as it was told."""

    def __init__(self, *, failures: int = 0) -> None:
        super().__init__()
        self.failures = failures

    @asynccontextmanager
    async def open_pod(self, pod: PodContext) -> AsyncGenerator[Any]:
        await anyio.sleep(3)
        if self.failures:
            self.failures -= 1
            raise ExecutorError("fake", "no network")
        async with super().open_pod(pod) as sandbox:
            yield sandbox


def test_an_app_that_obeys_ends_at_once(backend: str) -> None:
    story = play(pod(app("x")), backend=backend, moments={4: stop()})
    assert story.signalled("x") == [4]
    assert story.exited("x") == [(4, 143)]
    assert story.phases() == [(0, "Running"), (4, "Failed")]


def test_an_app_that_ends_with_0_when_told_has_succeeded(backend: str) -> None:
    story = play(pod(app("x")), {"x": runs(exit_code=0)}, backend=backend, moments={4: stop()})
    assert story.phases() == [(0, "Running"), (4, "Succeeded")]


def test_an_app_that_does_not_obey_is_killed_at_the_deadline(backend: str) -> None:
    story = play(pod(app("x")), {"x": runs(stop_after=None)}, backend=backend, moments={4: stop(7)})
    assert story.killed("x") == [11]
    assert story.exited("x") == [(11, 137)]


def test_without_a_word_the_grace_period_is_that_of_the_spec(backend: str) -> None:
    what = pod(app("x"), grace=9)
    story = play(what, {"x": runs(stop_after=None)}, backend=backend, moments={4: stop()})
    assert story.killed("x") == [13]


@pytest.mark.parametrize("grace", [0, 1, 2])
def test_between_the_signal_and_the_kill_are_two_seconds_at_least(backend: str, grace: int) -> None:
    story = play(
        pod(app("x")), {"x": runs(stop_after=None)}, backend=backend, moments={4: stop(grace)}
    )
    assert story.killed("x") == [6]


def test_the_stop_signal_is_the_containers_own(backend: str) -> None:
    quits = app("x", lifecycle=Lifecycle(stop_signal="SIGQUIT"))
    story = play(pod(quits, os=PodOS(name="linux")), backend=backend, moments={4: stop()})
    assert story.executor.times("SIGQUIT", "x") == [4]
    assert story.executor.times("SIGTERM") == []


def test_the_stop_signal_is_that_of_the_image_if_the_manifest_has_none(backend: str) -> None:
    scripts = {"x": runs(stop_signal="SIGINT")}
    story = play(pod(app("x")), scripts, backend=backend, moments={4: stop()})
    assert story.executor.times("SIGINT", "x") == [4]
    assert story.executor.times("SIGTERM") == []
    [signalled] = story.of(events.ContainerSignalled)
    assert isinstance(signalled, events.ContainerSignalled)
    assert signalled.signal == "SIGINT"
    status = story.status.container("x")
    assert status is not None
    assert status.stop_signal == ""  # what the manifest says


def test_the_stop_signal_of_the_manifest_goes_before_that_of_the_image(backend: str) -> None:
    quits = app("x", lifecycle=Lifecycle(stop_signal="SIGQUIT"))
    what = pod(quits, os=PodOS(name="linux"))
    story = play(what, {"x": runs(stop_signal="SIGINT")}, backend=backend, moments={4: stop()})
    assert story.executor.times("SIGQUIT", "x") == [4]
    assert story.executor.times("SIGINT") == []


def test_a_container_whose_engine_is_cancelled_gets_the_stop_signal_of_its_image(
    backend: str,
) -> None:
    scripts = {"x": runs(stop_signal="SIGINT")}
    story = play(pod(app("x")), scripts, backend=backend, cancel_at=4)
    assert story.executor.times("SIGINT", "x") == [4]
    assert story.executor.times("SIGTERM") == []


def test_a_stop_during_back_off_ends_the_wait(backend: str) -> None:
    what = pod(app("x"), policy="Always")
    story = play(what, {"x": exits(1)}, backend=backend, moments={4: stop()})
    assert story.started("x") == [0, 0]
    assert story.end == 4
    assert story.rows()[-1] == (4, "Error", "0/1")


def test_a_stop_during_the_back_off_of_an_init_container_ends_the_wait(backend: str) -> None:
    what = pod(app("x"), inits=[init("a")], policy="Always")
    story = play(what, {"a": exits(1)}, backend=backend, moments={4: stop()})
    assert story.end == 4
    assert story.started("x") == []


def test_a_stop_at_the_very_start_lets_nothing_start(backend: str) -> None:
    def stop_before_it_runs(running: Any) -> None:
        running.stop_soon()

    story = play(pod(app("x")), backend=backend, moments={0: stop_before_it_runs})
    assert story.end == 0
    assert story.status.phase == "Failed"


def test_a_stop_while_the_sandbox_is_opened_lets_nothing_start(backend: str) -> None:
    story = play(pod(app("x")), backend=backend, executor=SlowToOpen(), moments={1: stop()})
    assert story.told() == []
    assert story.end == 3
    assert story.phases() == [(3, "Failed")]


def test_a_sandbox_that_cannot_be_opened_is_tried_again_after_10_seconds(backend: str) -> None:
    executor = SlowToOpen(failures=2)
    story = play(pod(app("x")), backend=backend, executor=executor, moments={40: stop()})
    assert story.times(events.PodBlocked) == [3, 16]
    assert story.started("x") == [29]


def test_a_stop_between_two_attempts_to_open_the_sandbox_ends_the_pod(backend: str) -> None:
    executor = SlowToOpen(failures=2)
    story = play(pod(app("x")), backend=backend, executor=executor, moments={5: stop()})
    assert story.end == 5


def test_a_stop_while_a_volume_is_missing_ends_the_pod(backend: str) -> None:
    mounting = app("x", volume_mounts=[VolumeMount(name="settings", mount_path="/etc/x")])
    what = pod(mounting, volumes=[SETTINGS])
    story = play(what, backend=backend, moments={6: stop()})
    assert story.told() == []
    assert story.end == 6


def test_a_stop_while_a_container_is_starting_ends_it_once_it_runs(backend: str) -> None:
    scripts = {"x": runs(start_after=5, stop_after=1)}
    story = play(pod(app("x")), scripts, backend=backend, moments={3: stop()})
    assert story.started("x") == [5]
    assert story.signalled("x") == [5]
    assert story.end == 6


def test_a_sidecar_waits_for_an_app_that_is_still_starting(backend: str) -> None:
    scripts = {"x": runs(start_after=5, stop_after=1)}
    what = pod(app("x"), inits=[sidecar("s")])
    story = play(what, scripts, backend=backend, moments={3: stop()})
    assert story.signalled("x") == [5]
    assert story.signalled("s") == [6]


def test_a_shorter_grace_period_reaches_a_container_that_was_asked(backend: str) -> None:
    story = play(
        pod(app("x")),
        {"x": runs(stop_after=None)},
        backend=backend,
        moments={10: stop(30), 15: stop(5)},
    )
    assert story.signalled("x") == [10]
    assert story.killed("x") == [20]
    assert story.times(events.PodGraceShortened) == [15]


def test_a_shorter_grace_period_reaches_a_sidecar_that_waits_its_turn(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s")])
    scripts = {"x": runs(stop_after=None), "s": runs(stop_after=None)}
    story = play(what, scripts, backend=backend, moments={10: stop(30), 15: stop(5)})
    assert story.killed("x") == [20]
    assert story.signalled("s") == [20]
    assert story.killed("s") == [22]


def test_a_longer_grace_period_changes_nothing(backend: str) -> None:
    story = play(
        pod(app("x")),
        {"x": runs(stop_after=None)},
        backend=backend,
        moments={10: stop(10), 15: stop(60)},
    )
    assert story.killed("x") == [20]
    assert story.times(events.PodGraceShortened) == []


def test_a_shorter_grace_period_leaves_two_seconds_from_the_signal(backend: str) -> None:
    story = play(
        pod(app("x")),
        {"x": runs(stop_after=None)},
        backend=backend,
        moments={10: stop(30), 10.5: stop(0)},
    )
    assert story.killed("x") == [12]


def test_a_deletion_shortens_the_grace_of_a_pod_that_completes(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s")])
    scripts = {"x": exits(after=1), "s": runs(stop_after=None)}
    story = play(what, scripts, backend=backend, moments={5: stop(3)})
    assert story.killed("s") == [8]
    assert story.status.phase == "Succeeded"


def test_a_deadline_ends_a_pod_that_runs_within_its_grace(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s")], active_deadline_seconds=20, grace=4)
    scripts = {"x": runs(stop_after=None), "s": runs(stop_after=None)}
    story = play(what, scripts, backend=backend)
    assert story.signalled("x") == [20]
    assert story.killed("x") == [24]
    assert story.killed("s") == [26]
    assert story.phases() == [(0, "Running"), (26, "Failed")]
    assert story.rows()[-1][1:] == ("Error", "0/2")


def test_a_deadline_counts_though_the_apps_end_well(backend: str) -> None:
    what = pod(app("x"), active_deadline_seconds=20)
    story = play(what, {"x": runs(exit_code=0)}, backend=backend)
    assert (story.status.phase, story.status.reason) == ("Failed", "DeadlineExceeded")


def test_a_deadline_passes_during_back_off(backend: str) -> None:
    what = pod(app("x"), inits=[init("a")], policy="Always", active_deadline_seconds=5)
    story = play(what, {"a": exits(1)}, backend=backend)
    assert story.end == 5
    assert story.status.reason == "DeadlineExceeded"


def test_a_deadline_passes_while_a_volume_is_missing(backend: str) -> None:
    mounting = app("x", volume_mounts=[VolumeMount(name="settings", mount_path="/etc/x")])
    what = pod(mounting, volumes=[SETTINGS], active_deadline_seconds=5)
    story = play(what, backend=backend)
    assert story.end == 5
    assert story.status.reason == "DeadlineExceeded"
    assert story.told() == []


def test_a_pod_that_ends_in_time_has_not_exceeded_its_deadline(backend: str) -> None:
    what = pod(app("x"), active_deadline_seconds=5)
    story = play(what, {"x": exits(after=4)}, backend=backend)
    assert (story.status.phase, story.status.reason) == ("Succeeded", "")


def test_an_init_failure_ends_sidecars_in_reverse_order(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s1"), sidecar("s2"), init("a")])
    scripts = {"s1": runs(stop_after=1), "s2": runs(stop_after=2), "a": exits(1, after=3)}
    story = play(what, scripts, backend=backend)
    assert story.signalled("s2") == [3]
    assert story.signalled("s1") == [5]
    assert story.phases() == [(6, "Failed")]
