"""What a pod waits for, how it heals, and what `why()` says meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from seedpod import RunningPod, events
from seedpod.abc import ContainerPlan
from seedpod.errors import CreateError
from seedpod.spec import (
    ConfigMap,
    ConfigMapKeySelector,
    ConfigMapVolumeSource,
    EnvVar,
    EnvVarSource,
    ExecAction,
    Lifecycle,
    LifecycleHandler,
    ObjectMeta,
    Pod,
    PodReadinessGate,
    Probe,
    Volume,
    VolumeMount,
)
from seedpod.status import Terminated
from seedpod.testing import (
    FakeExecutor,
    FakeExecutorWithImages,
    Script,
    exits,
    fails,
    runs,
    succeeds,
)
from tests.runtime.stage import Moments, Scripts, Story, app, init, play, pod, sidecar, stop

SETTINGS = ConfigMap(metadata=ObjectMeta(name="settings"), data={"color": "red"})
COLOR = EnvVar(
    name="COLOR",
    value_from=EnvVarSource(config_map_key_ref=ConfigMapKeySelector(name="settings", key="color")),
)
VOLUME = Volume(name="settings", config_map=ConfigMapVolumeSource(name="settings"))
MOUNT = VolumeMount(name="settings", mount_path="/etc/settings")


def test_a_container_waits_for_a_missing_object_and_starts_when_it_is_there(backend: str) -> None:
    story = play_applying(pod(app("x", env=[COLOR])), {"x": exits(after=1)}, 7, backend)
    [waiting] = story.of(events.ContainerWaiting)
    assert isinstance(waiting, events.ContainerWaiting)
    assert waiting.reason == "CreateContainerConfigError"
    assert "settings" in waiting.message
    assert waiting.until is None
    assert story.rows()[1] == (0, "CreateContainerConfigError", "0/1")
    assert story.started("x") == [7]
    assert story.status.phase == "Succeeded"


def test_a_missing_object_does_not_hold_back_the_next_app(backend: str) -> None:
    what = pod(app("x", env=[COLOR]), app("y"))
    story = play_applying(what, {"x": exits(), "y": exits(after=1)}, 7, backend)
    assert story.started("y") == [0]
    assert story.started("x") == [7]


def test_a_missing_object_holds_back_what_follows_an_init_container(backend: str) -> None:
    what = pod(app("x"), inits=[init("a", env=[COLOR]), init("b")])
    story = play_applying(what, {"x": exits()}, 7, backend)
    assert story.started("a") == story.started("b") == story.started("x") == [7]
    assert (0, "Init:CreateContainerConfigError", "0/1") in story.rows()


@pytest.mark.parametrize("reason", ["CreateContainerError", "CreateContainerConfigError"])
def test_a_container_that_cannot_be_made_waits_with_the_reason_it_was_given(
    backend: str, reason: str
) -> None:
    class Uncreated(FakeExecutor):
        """Refuses to create the first attempt, once."""

        refusals = 1

        def script(self, pod: str, plan: ContainerPlan) -> Script:
            if self.refusals:
                self.refusals -= 1
                raise CreateError("fake", plan.name, "must not be root", reason)
            return super().script(pod, plan)

    executor = Uncreated({"x": exits(after=1)})
    story = play(pod(app("x")), backend=backend, executor=executor)
    [waiting] = story.of(events.ContainerWaiting)
    assert isinstance(waiting, events.ContainerWaiting)
    assert (waiting.reason, waiting.message) == (reason, "must not be root")
    assert story.rows()[1] == (0, reason, "0/1")
    told = [each.message for each in story.kubernetes_events if each.reason == "Failed"]
    assert told == ["Error: must not be root"]
    assert story.status.phase == "Succeeded"


def test_a_stop_ends_the_wait_for_a_missing_object(backend: str) -> None:
    story = play(pod(app("x", env=[COLOR])), backend=backend, moments={3: stop()})
    assert story.end == 3
    assert story.told() == ["Waiting x"]


def test_a_pod_waits_for_a_missing_volume_and_starts_when_it_is_there(backend: str) -> None:
    what = pod(app("x", volume_mounts=[MOUNT]), inits=[init("a")], volumes=[VOLUME])
    story = play_applying(what, {"x": exits(after=1)}, 7, backend)
    [blocked] = story.of(events.PodBlocked)
    assert isinstance(blocked, events.PodBlocked)
    assert blocked.reason == "FailedMount"
    assert blocked.message.startswith('MountVolume.SetUp failed for volume "settings" : ')
    assert story.rows()[0] == (0, "Init:0/1", "0/1")
    assert story.started("a") == story.started("x") == [7]
    assert story.status.phase == "Succeeded"


def play_applying(what: Pod, scripts: Scripts, when: float, backend: str) -> Story:
    """Play a pod in an engine that is given the ConfigMap at this moment, and another before."""
    other = ConfigMap(metadata=ObjectMeta(name="other"))
    engine_of: dict[float, Any] = {
        when - 1: lambda running: objects_of(running).apply(other),
        when: lambda running: objects_of(running).apply(SETTINGS),
    }
    return play(what, scripts, backend=backend, moments=engine_of)


def objects_of(running: RunningPod) -> Any:
    return running._run.settings.objects


def whys(what: Pod, scripts: Scripts, *moments: float, backend: str, end: float = 99) -> list[str]:
    """What `why()` says at these moments."""
    said: list[str] = []
    acts: Moments = {
        **{each: lambda running: said.append(str(running.why())) for each in moments},
        end: stop(5),
        end + 1: lambda running: said.append(str(running.why())),
    }
    played: list[RunningPod] = []
    play(what, scripts, backend=backend, moments={0: played.append, **acts})
    said.append(str(played[0].why()))
    return said


def test_why_a_pod_that_initializes_is_not_there(backend: str) -> None:
    what = pod(app("x"), app("y"), inits=[init("a"), init("b")])
    said = whys(what, {"a": exits(after=3), "b": exits(after=100)}, 1, 5, backend=backend)
    assert said[:2] == [
        "x and y cannot start before the init containers; "
        "initialization waits until init container a has succeeded; a has been running for 1s",
        "x and y cannot start before the init containers; "
        "initialization waits until init container b has succeeded; b has been running for 2s",
    ]


def test_why_a_pod_whose_sidecar_cannot_start_is_not_there(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s", env=[COLOR])])
    said = whys(what, {}, 1, backend=backend)
    assert said[0].startswith(
        "x cannot start before the init containers; "
        "initialization waits until sidecar s has started; s waits: CreateContainerConfigError; "
    )


def test_why_a_pod_that_backs_off_is_not_ready(backend: str) -> None:
    said = whys(pod(app("x"), policy="Always"), {"x": exits(3)}, 5, backend=backend)
    assert said[0] == (
        "x is not ready; x waits: CrashLoopBackOff; it is tried again in 5s; "
        "x ended with exit code 3, Error (start number 2)"
    )


def test_why_a_pod_with_crashing_apps_and_sidecar_names_no_initialization(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s")], policy="Always")
    scripts = {"x": exits(1, after=1), "s": exits(1, after=1)}
    said = whys(what, scripts, 5, backend=backend)
    assert said[0].startswith("s is not ready; s waits: CrashLoopBackOff; it is tried again in 7s")


def test_why_a_pod_without_its_volume_is_not_there(backend: str) -> None:
    what = pod(app("x", volume_mounts=[MOUNT]), volumes=[VOLUME])
    said = whys(what, {}, 5, backend=backend)
    assert said[0].startswith("no container can start yet; FailedMount: MountVolume.SetUp failed")


def test_why_a_pod_whose_probe_fails_is_not_ready(backend: str) -> None:
    probe = Probe(exec=ExecAction(command=("check",)), period_seconds=2)
    what = pod(app("x", readiness_probe=probe), policy="Always")
    scripts = {"x": runs(readiness={0: fails("no connection"), 9: succeeds()})}
    said = whys(what, scripts, 5, 20, backend=backend)
    assert said[0] == (
        "x is not ready; x has been running for 5s; readiness probe failed: no connection"
    )
    assert said[1] == ""


def test_why_a_pod_whose_hook_runs_is_not_ready(backend: str) -> None:
    hook = Lifecycle(post_start=LifecycleHandler(exec=ExecAction(command=("hook",))))
    what = pod(app("x", lifecycle=hook), policy="Always")
    said = whys(what, {"x": runs(post_start=succeeds(after=60))}, 5, backend=backend)
    assert said[0] == "x is not ready; its postStart hook has been running for 5s"


def test_why_a_pod_with_a_closed_gate_is_not_ready(backend: str) -> None:
    gate = PodReadinessGate(condition_type="example.com/up")
    what = pod(app("x"), policy="Always", readiness_gates=[gate])
    said: list[str] = []
    moments: Moments = {
        1: lambda running: said.append(str(running.why())),
        2: lambda running: running.set_condition("example.com/up", "False", message="Soon."),
        3: lambda running: said.append(str(running.why())),
        4: stop(),
    }
    play(what, backend=backend, moments=moments)
    closed = "readiness gate example.com/up is not open"
    assert said == [closed, f"{closed}; Soon."]


def test_why_a_pod_whose_image_is_missing_is_not_ready(backend: str) -> None:
    executor = FakeExecutorWithImages(refused={"i:latest": "no such image"})
    said: list[str] = []
    moments: Moments = {5: lambda running: said.append(str(running.why())), 6: stop()}
    play(pod(app("x")), backend=backend, executor=executor, moments=moments)
    assert said == ["x is not ready; x waits: ImagePullBackOff; it is tried again in 5s"]


def test_why_a_pod_that_stops_is_still_there(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s")])
    said = whys(what, {"x": runs(stop_after=3)}, backend=backend, end=10)
    assert said == ["the pod is stopping (Deleted); s and x may run for 4s more", ""]


def test_a_pod_that_is_ready_or_over_waits_for_nothing(backend: str) -> None:
    said = whys(pod(app("x")), {}, 5, backend=backend)
    assert said[0] == ""
    assert said[-1] == ""


def test_what_was_never_started_is_unknown_in_the_end_as_in_kubernetes(backend: str) -> None:
    story = play(pod(app("x", env=[COLOR])), backend=backend, moments={3: stop()})
    last = story.status.container("x")
    assert last is not None
    assert last.state == Terminated(
        137,
        "ContainerStatusUnknown",
        "The container could not be located when the pod was terminated",
    )
