"""Kubernetes' behaviour of probes, scenario by scenario, with exact times."""

from __future__ import annotations

from typing import Any

from seedpod import events
from seedpod.spec import ExecAction, HTTPGetAction, Probe
from seedpod.spec.words import ProbeKind
from seedpod.testing import Reply, exits, fails, runs, succeeds, warns
from tests.runtime.stage import Scripts, Story, app, init, play, pod, sidecar, stop

COMMAND = ExecAction(command=("check",))


def every(seconds: int, **fields: Any) -> Probe:
    """A probe that is asked once in so many seconds."""
    return Probe(exec=COMMAND, period_seconds=seconds, **fields)


def readiness(story: Story, container: str) -> list[tuple[float, bool]]:
    """When a container became ready, or ceased to be, by its probe."""
    return [
        (round(each.time, 6), each.is_ready)
        for each in story.of(events.ContainerReadinessChanged, container=container)
        if isinstance(each, events.ContainerReadinessChanged)
    ]


def said(story: Story, reason: str) -> list[str]:
    """The messages of Kubernetes' events of this reason."""
    return [each.message for each in story.kubernetes_events if each.reason == reason]


def test_a_sidecar_that_does_not_start_is_killed_after_its_third_failure(backend: str) -> None:
    what = pod(
        app("x"),
        inits=[sidecar("s", startup_probe=every(1, failure_threshold=3)), init("b")],
        policy="Always",
    )
    story = play(what, {"s": runs(startup=fails("no"))}, backend=backend, moments={5: stop(0)})
    failures = story.times(events.ContainerProbeFailed, "s")
    assert failures[:3] == [1, 2, 3]
    assert story.signalled("s")[0] == 3
    assert story.started("s") == [0, 3]
    assert story.started("b") == story.started("x") == []
    assert said(story, "Killing")[0] == "Init container s failed startup probe"
    assert [row[1] for row in story.rows() if row[0] < 5] == ["Init:0/2", "Init:Error", "Init:0/2"]
    assert story.phases() == [(5, "Failed")]


def test_a_sidecar_that_is_never_ready_lets_the_apps_start_and_the_pod_wait(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s", readiness_probe=every(5))], policy="Always")
    seen: list[str] = []

    def look(running: object) -> None:
        ready = running.status.condition("Ready")  # type: ignore[attr-defined]
        seen.append(f"{ready.status} {ready.reason}: {ready.message}")

    scripts: Scripts = {"s": runs(readiness=fails("not yet"))}
    story = play(what, scripts, backend=backend, moments={50: look, 60: stop(0)})
    assert story.started("x") == [0]
    assert story.phases()[0] == (0, "Running")
    assert seen == ["False ContainersNotReady: containers with unready status: [s]"]
    assert (0, "Running", "1/2") in story.rows()


def test_a_container_killed_by_its_liveness_probe_has_the_probes_grace(backend: str) -> None:
    probe = every(5, failure_threshold=2, termination_grace_period_seconds=1)
    what = pod(app("x", liveness_probe=probe), policy="Always", grace=60)
    scripts: Scripts = {"x": [runs(liveness=fails("dead"), stop_after=None), runs()]}
    story = play(what, scripts, backend=backend, moments={20: stop()})
    assert story.signalled("x")[0] == 10
    assert story.killed("x") == [12]  # one second, but never less than two
    assert story.started("x") == [0, 12]
    assert said(story, "Killing")[0] == "Container x failed liveness probe, will be restarted"


def test_liveness_is_not_asked_before_startup_has_succeeded(backend: str) -> None:
    what = pod(
        app("x", startup_probe=every(2, failure_threshold=9), liveness_probe=every(1)),
        policy="Always",
    )
    scripts: Scripts = {"x": runs(startup={0: fails(), 3: succeeds()}, liveness=fails("dead"))}
    story = play(what, scripts, backend=backend, moments={5.5: stop()})
    assert story.executor.times("startup", "x") == [0, 2, 4]
    assert story.executor.times("liveness", "x") == [4, 5]
    ready = [row for row in story.rows() if row[2] == "1/1"]
    assert ready[0] == (4, "Running", "1/1")


def test_a_container_is_ready_after_enough_successes_in_a_row(backend: str) -> None:
    probe = every(2, success_threshold=2, failure_threshold=1)
    answers: dict[float, Reply] = {0: fails(), 2: succeeds(), 4: fails(), 6: succeeds()}
    what = pod(app("x", readiness_probe=probe), policy="Always")
    story = play(what, {"x": runs(readiness=answers)}, backend=backend, moments={20: stop()})
    assert story.executor.times("readiness", "x")[:6] == [0, 1, 3, 5, 7, 9]
    assert readiness(story, "x") == [(9, True)]


def test_a_probe_that_is_led_to_another_host_succeeds_with_a_warning(backend: str) -> None:
    probe = Probe(http_get=HTTPGetAction(port=80), period_seconds=5)
    what = pod(app("x", readiness_probe=probe), policy="Always")
    words = "Probe terminated redirects, Response body: "
    story = play(what, {"x": runs(readiness=warns(words))}, backend=backend, moments={1: stop()})
    assert readiness(story, "x")[0] == (0, True)
    assert said(story, "ProbeWarning") == [f"Readiness probe warning: {words}"]


def test_readiness_goes_on_while_the_pod_ends_and_liveness_does_not(backend: str) -> None:
    quick = every(2, failure_threshold=1)
    what = pod(app("x", readiness_probe=quick, liveness_probe=every(2)), policy="Always")
    script = runs(stop_after=9, readiness={0: succeeds(), 11: fails("gone")}, liveness=succeeds())
    story = play(what, {"x": script}, backend=backend, moments={10.5: stop()})
    assert max(story.executor.times("liveness", "x")) == 10
    assert max(story.executor.times("readiness", "x")) == 18
    assert readiness(story, "x")[-1] == (12, False)
    assert story.executor.times("SIGTERM", "x") == [10.5]


def test_a_sidecar_is_probed_while_the_init_containers_run(backend: str) -> None:
    what = pod(
        app("x"),
        inits=[sidecar("s", liveness_probe=every(3, failure_threshold=1)), init("b")],
        policy="Always",
    )
    scripts: Scripts = {
        "s": [runs(liveness={0: succeeds(), 5: fails()}), runs()],
        "b": exits(after=20),
    }
    story = play(what, scripts, backend=backend, moments={30: stop()})
    assert story.started("s")[:2] == [0, 6]
    assert story.started("b") == [0]
    assert story.started("x") == [20]
    assert [story.executor.times(str(ProbeKind.LIVENESS), "s")[0]] == [3]


def test_the_results_of_one_attempt_say_nothing_of_the_next(backend: str) -> None:
    probe = every(2, failure_threshold=3)
    what = pod(app("x", liveness_probe=probe, readiness_probe=every(2)), policy="Always")
    scripts: Scripts = {"x": [exits(1, after=5, liveness=fails()), runs(liveness=fails())]}
    story = play(what, scripts, backend=backend, moments={20: stop(0)})
    assert story.exited("x")[0] == (5, 1)
    assert story.signalled("x")[0] == 5 + 6  # after three failures of its own
    assert readiness(story, "x")[:1] == [(0, True)]
