"""What waits rather than fails, and what is said in the end: scenario by scenario."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from seedpod import RunningPod, events
from seedpod.abc import ContainerPlan, PodContext
from seedpod.spec import (
    ConfigMap,
    ConfigMapEnvSource,
    ConfigMapVolumeSource,
    EmptyDirVolumeSource,
    EnvFromSource,
    EnvVar,
    ObjectMeta,
    Volume,
    VolumeMount,
)
from seedpod.status import Terminated
from seedpod.testing import FakeExecutor, FakeExecutorWithImages, exits, runs
from tests.runtime.stage import Act, Moments, Scripts, Story, app, init, play, pod, stop

SETTINGS = ConfigMap(metadata=ObjectMeta(name="settings"), data={"color": "red"})
VOLUME = Volume(name="settings", config_map=ConfigMapVolumeSource(name="settings"))
MOUNT = VolumeMount(name="settings", mount_path="/etc/settings")


def applying(found: ConfigMap) -> Act:
    """Give the pod's engine an object."""
    return lambda running: objects_of(running).apply(found)


def objects_of(running: RunningPod) -> Any:
    return running._run.settings.objects


def terminated(story: Story, container: str) -> Terminated:
    status = story.status.container(container)
    assert status is not None
    assert isinstance(status.state, Terminated)
    return status.state


@attrs.define(eq=False)
class Watching(FakeExecutor):
    """Keeps what it was told about the pod and its containers."""

    context: PodContext | None = None
    plans: list[ContainerPlan] = attrs.field(factory=list[ContainerPlan])

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def open_pod(self, pod: PodContext) -> Any:
        self.context = pod
        return super().open_pod(pod)

    def script(self, pod: str, plan: ContainerPlan) -> Any:
        self.plans.append(plan)
        return super().script(pod, plan)


def watching(scripts: Scripts) -> Watching:
    executor = Watching()
    FakeExecutor.__init__(executor, scripts)
    return executor


def test_an_image_that_cannot_be_fetched_never_fails_a_pod(backend: str) -> None:
    executor = FakeExecutorWithImages(refused={"i:latest": "no such image"})
    what = pod(app("x"), inits=[init("a")])
    story = play(what, backend=backend, executor=executor, moments={100: stop()})
    assert story.rows()[:3] == [
        (0, "Init:0/1", "0/1"),
        (0, "Init:ErrImagePull", "0/1"),
        (0, "Init:ImagePullBackOff", "0/1"),
    ]
    assert story.times(events.ContainerImagePulling, "a") == [0, 10, 30, 70]
    assert [phase for moment, phase in story.phases() if moment < 100] == []
    assert story.started("a") == story.started("x") == []
    told = {(each.type, each.reason, each.message) for each in story.kubernetes_events}
    assert ("Warning", "Failed", 'Failed to pull image "i": no such image') in told
    assert ("Warning", "Failed", "Error: ErrImagePull") in told
    assert ("Normal", "BackOff", 'Back-off pulling image "i"') in told


def test_an_image_that_can_be_fetched_in_the_end_lets_the_pod_go_on(backend: str) -> None:
    executor = FakeExecutorWithImages({"x": exits(after=1)}, refused={"i:latest": "no"})
    heal: Moments = {15: lambda _: executor.refused.clear()}
    story = play(pod(app("x")), backend=backend, executor=executor, moments=heal)
    assert story.started("x") == [30]
    assert story.status.phase == "Succeeded"


def test_containers_of_a_pod_share_the_back_off_of_an_image(backend: str) -> None:
    executor = FakeExecutorWithImages(refused={"i:latest": "no"})
    what = pod(app("x"), app("y"), policy="Always")
    story = play(what, backend=backend, executor=executor, moments={5: stop()})
    assert story.executor.times("pull i:latest") == [0]


@pytest.mark.parametrize(
    ("image", "policy", "reason"),
    [("i:1", "Never", "ErrImageNeverPull"), ("I:1", "IfNotPresent", "InvalidImageName")],
)
def test_an_image_that_may_not_be_fetched_is_waited_for(
    backend: str, image: str, policy: str, reason: str
) -> None:
    container = attrs.evolve(app("x"), image=image, image_pull_policy=policy)
    story = play(
        pod(container), backend=backend, executor=FakeExecutorWithImages(), moments={25: stop()}
    )
    assert (0, reason, "0/1") in story.rows()
    assert story.executor.times(f"pull {image}") == []


def test_a_container_whose_settings_are_missing_heals(backend: str) -> None:
    env = EnvFromSource(config_map_ref=ConfigMapEnvSource(name="settings"))
    what = pod(app("x", env_from=[env]))
    story = play(what, {"x": exits(after=1)}, backend=backend, moments={7: applying(SETTINGS)})
    assert (0, "CreateContainerConfigError", "0/1") in story.rows()
    assert story.started("x") == [7]
    assert story.status.phase == "Succeeded"
    [failed] = [each for each in story.kubernetes_events if each.reason == "Failed"]
    assert failed.message == 'Error: configmap "settings" not found'


@pytest.mark.parametrize("inits", [0, 1])
def test_a_volume_that_is_missing_keeps_everything_from_starting(backend: str, inits: int) -> None:
    what = pod(app("x", volume_mounts=[MOUNT]), inits=[init("a")] * inits, volumes=[VOLUME])
    story = play(what, {"x": exits(after=1)}, backend=backend, moments={9: applying(SETTINGS)})
    assert story.rows()[0][1] == ("Init:0/1" if inits else "ContainerCreating")
    assert story.executor.times("open") == [9]
    assert story.started("x") == [9]
    [mount] = [each for each in story.kubernetes_events if each.reason == "FailedMount"]
    assert mount.type == "Warning"


def test_a_volume_follows_its_object_all_at_once_and_a_mounted_part_does_not(backend: str) -> None:
    executor = watching({"x": runs()})
    part = VolumeMount(name="settings", mount_path="/color", sub_path="color")
    what = pod(app("x", volume_mounts=[MOUNT, part]), volumes=[VOLUME], policy="Always")
    seen: list[tuple[str, str, bool]] = []

    def look(_: RunningPod) -> None:
        assert executor.context is not None
        volume = executor.context.volumes["settings"]
        whole, single = executor.plans[0].mounts
        seen.append(
            (
                (whole.source / "color").read_text(),
                single.source.read_text(),
                Path(volume / "..data").is_symlink(),
            )
        )

    blue = attrs.evolve(SETTINGS, data={"color": "blue"})
    moments: Moments = {0: applying(SETTINGS), 5: look, 10: applying(blue), 15: look, 20: stop()}
    story = play(what, backend=backend, executor=executor, moments=moments)
    assert seen == [("red", "red", True), ("blue", "red", True)]
    assert story.times(events.VolumesUpdated) == [10]


def lines(number: int) -> list[bytes]:
    return [b"".join(b"line %d\n" % each for each in range(number))]


def test_the_last_words_of_a_failure_are_the_end_of_its_output(backend: str) -> None:
    container = app("x", termination_message_policy="FallbackToLogsOnError")
    story = play(pod(container), {"x": exits(1, output=lines(200))}, backend=backend)
    message = terminated(story, "x").message
    assert message.splitlines() == [f"line {each}" for each in range(120, 200)]
    assert len(message) <= 2048


def test_the_last_words_are_two_kibibytes_at_most(backend: str) -> None:
    container = app("x", termination_message_policy="FallbackToLogsOnError")
    story = play(pod(container), {"x": exits(1, output=[b"x" * 5000])}, backend=backend)
    assert terminated(story, "x").message == "x" * 2048


@pytest.mark.parametrize(("code", "policy"), [(0, "FallbackToLogsOnError"), (1, "File")])
def test_output_is_no_last_word_of_who_succeeds_or_is_to_write_a_file(
    backend: str, code: int, policy: str
) -> None:
    container = app("x", termination_message_policy=policy)
    story = play(pod(container), {"x": exits(code, output=lines(3))}, backend=backend)
    assert terminated(story, "x").message == ""


def test_a_variable_may_refer_to_one_that_comes_from_elsewhere(backend: str) -> None:
    settings = ConfigMap(metadata=ObjectMeta(name="settings"), data={"A": "there"})
    env = EnvFromSource(config_map_ref=ConfigMapEnvSource(name="settings"))
    executor = watching({"x": exits(after=1)})
    what = pod(app("x", env_from=[env], env=[EnvVar(name="A", value="$(A)-x")]))
    play(what, backend=backend, executor=executor, objects=[settings])
    assert executor.plans[0].env["A"] == "there-x"


def test_what_is_shared_survives_the_restart_of_all_containers(backend: str) -> None:
    """An emptyDir keeps its files, though everything is removed and begins anew."""
    from tests.runtime.test_taking_up import ON_88

    shared = VolumeMount(name="shared", mount_path="/shared")
    what = pod(
        app("x", "Never", ON_88, volume_mounts=[shared]),
        app("y"),
        inits=[init("a")],
        volumes=[Volume(name="shared", empty_dir=EmptyDirVolumeSource())],
    )
    scripts: Scripts = {
        "a": exits(after=1),
        "x": [exits(88, after=3), exits(0, after=3)],
        "y": [runs(stop_after=1), exits(0, after=1)],
    }
    executor = watching(scripts)
    kept: list[str] = []

    def file(_: RunningPod) -> Path:
        assert executor.context is not None
        return executor.context.volumes["shared"] / "kept"

    write: Callable[[RunningPod], object] = lambda running: file(running).write_text("here")  # noqa: E731
    read: Callable[[RunningPod], object] = lambda running: kept.append(file(running).read_text())  # noqa: E731
    story = play(what, backend=backend, executor=executor, moments={2: write, 6.5: read})
    assert kept == ["here"]
    assert story.started("a") == [0, 5]  # x ends at 4, y a second later
    assert story.started("x") == story.started("y") == [1, 6]
    counts = {
        each.name: each.restart_count
        for each in (*story.status.init_container_statuses, *story.status.container_statuses)
    }
    assert counts == {"a": 1, "x": 1, "y": 1}
    changes = [
        (round(each.time, 3), each.is_true)
        for each in story.of(events.PodConditionChanged)
        if isinstance(each, events.PodConditionChanged) and each.type == "AllContainersRestarting"
    ]
    assert changes == [(4, True), (5, False)]
    assert story.status.phase == "Succeeded"
