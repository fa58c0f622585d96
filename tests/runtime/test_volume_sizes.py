"""A pod whose emptyDir takes more than its limit is evicted: when, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from errno import ENOSPC
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from seedpod import RunningPod, events
from seedpod._runtime import host, pod_volumes, volume_sizes
from seedpod._runtime.host import may_mount
from seedpod._runtime.volumes.tmpfs import mounts_below
from seedpod.events import StopReason
from seedpod.spec import (
    ConfigMapVolumeSource,
    EmptyDirVolumeSource,
    Pod,
    ResourceRequirements,
    Volume,
    VolumeMount,
)
from seedpod.testing import exits, runs
from tests.machine import lacks
from tests.runtime.stage import Act, Story, app, init, play, pod, stop

_KIBI = 1024


@pytest.fixture(autouse=True)
def rooms(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """The directories in memory that pods were given; afterwards they are gone."""
    made: list[Path] = []

    def pod_directory_in_memory(
        uid: str, disk: Path, about_to_make: Callable[[Path], object]
    ) -> Path:
        made.append(host.pod_directory_in_memory(uid, disk, about_to_make))
        return made[-1]

    monkeypatch.setattr(pod_volumes, "pod_directory_in_memory", pod_directory_in_memory)
    yield made
    assert [each for each in made if each.exists()] == []
    assert [mounts_below(each) for each in made if mounts_below(each)] == []


def scratch(limit: str | None = "64Ki", medium: str = "", name: str = "v") -> Volume:
    return Volume(name=name, empty_dir=EmptyDirVolumeSource(medium=medium, size_limit=limit))


def with_volume(*volumes: Volume, **fields: Any) -> Pod:
    return pod(app("x", **fields), volumes=volumes)


def directory(running: RunningPod, name: str = "v") -> Path:
    return running._run.volumes[name]


def writes(kibibytes: int, name: str = "v") -> Act:
    def act(running: RunningPod) -> None:
        (directory(running, name) / f"{kibibytes}").write_bytes(b"x" * kibibytes * _KIBI)

    return act


def evictions(story: Story) -> list[tuple[float, str]]:
    return [
        (round(each.time, 6), each.message)
        for each in story.of(events.PodStopping)
        if isinstance(each, events.PodStopping) and each.reason is StopReason.EVICTED
    ]


TOLD = 'Usage of EmptyDir volume "v" exceeds the limit "64Ki". '


def test_a_pod_that_writes_too_much_is_evicted_within_a_second(backend: str) -> None:
    moments = {2.5: writes(80)}
    scripts = {"x": runs(stop_after=0.5)}
    story = play(with_volume(scratch()), scripts, backend=backend, moments=moments)
    assert evictions(story) == [(3, TOLD)]
    assert story.exited("x") == [(3.5, 143)]
    status = story.status
    assert (status.phase, status.reason, status.message) == ("Failed", "Evicted", TOLD)
    [told] = [each for each in story.kubernetes_events if each.reason == "Evicted"]
    assert (told.type, told.message) == ("Warning", TOLD)


def test_it_is_its_own_doing_and_no_disruption(backend: str) -> None:
    story = play(with_volume(scratch()), backend=backend, moments={0.5: writes(80)})
    assert story.status.condition("DisruptionTarget") is None


def test_somebody_who_evicts_it_still_disrupts_it(backend: str) -> None:
    def evict(running: RunningPod) -> None:
        running.evict_soon("The node was low on resource: memory. ")

    story = play(with_volume(scratch()), backend=backend, moments={0.5: evict})
    assert story.status.condition("DisruptionTarget") is not None


def test_it_is_given_one_second(backend: str) -> None:
    scripts = {"x": runs(stop_after=None)}
    story = play(with_volume(scratch()), scripts, backend=backend, moments={0.5: writes(80)})
    assert story.signalled("x") == [1]
    assert story.killed("x") == [3]  # and two more after its stop signal
    assert story.end == 3


def test_a_pod_that_keeps_within_its_limit_is_left_alone(backend: str) -> None:
    moments = {1.5: writes(40), 100: stop()}
    story = play(with_volume(scratch()), backend=backend, moments=moments)
    assert evictions(story) == []
    assert story.end == 100


@pytest.mark.parametrize("limit", ["0", None])
def test_without_a_limit_nobody_looks(
    backend: str, limit: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look(_path: Path) -> int:
        await checkpoint()
        raise AssertionError

    monkeypatch.setattr(volume_sizes, "used_bytes", look)
    story = play(with_volume(scratch(limit)), backend=backend, moments={2: writes(500), 10: stop()})
    assert evictions(story) == []


def test_the_volume_that_is_too_large_is_named(backend: str) -> None:
    what = with_volume(scratch("1Mi", name="a"), scratch(name="b"), scratch("1Mi", name="c"))
    story = play(what, backend=backend, moments={5.2: writes(80, "b")})
    assert evictions(story) == [(6, TOLD.replace('"v"', '"b"'))]


def test_an_init_container_may_not_take_more_either(backend: str) -> None:
    what = pod(app("x"), inits=[init("a")], volumes=[scratch()])
    story = play(what, {"a": exits(0, after=60)}, backend=backend, moments={7.1: writes(80)})
    assert evictions(story) == [(8, TOLD)]
    assert story.started("x") == []


def test_it_is_evicted_once_while_it_ends(backend: str) -> None:
    scripts = {"x": runs(stop_after=20)}
    moments = {2.0: stop(30), 4.5: writes(80)}
    story = play(with_volume(scratch()), scripts, backend=backend, moments=moments)
    assert evictions(story) == []  # it is ending already, and has less time now
    assert story.times(events.PodGraceShortened) == [5]
    assert story.end == 6


def test_a_look_that_takes_long_is_rare(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    async def look(_path: Path) -> int:
        looks.append(anyio.current_time())
        await anyio.sleep(0.5)
        return 0

    monkeypatch.setattr(volume_sizes, "used_bytes", look)
    play(with_volume(scratch()), backend=backend, moments={30: stop()})
    since = [round(each - looks[0], 6) for each in looks]
    assert since == [0, 10.5, 21]


def test_in_memory_the_file_system_itself_sets_the_bound(backend: str, rooms: list[Path]) -> None:
    refused: list[int | None] = []
    points: list[Path] = []
    modes: list[int] = []

    def act(running: RunningPod) -> None:
        path = directory(running)
        points.extend(mounts_below(path))
        modes.append(path.stat().st_mode & 0o7777)
        try:
            (path / "file").write_bytes(b"x" * 80 * _KIBI)
        except OSError as error:
            refused.append(error.errno)

    what = with_volume(
        scratch("128Ki", "Memory"), resources=ResourceRequirements(limits={"memory": "64Ki"})
    )
    story = play(what, backend=backend, moments={1.5: act, 5: stop()})
    if not may_mount():
        lacks("leave to mount a file system")
        assert evictions(story) == [(2, TOLD)]
        return
    assert refused == [ENOSPC]
    assert points == [rooms[0] / "volumes/v"]
    assert modes == [0o777]
    assert evictions(story) == []
    assert story.end == 5


def test_in_memory_without_leave_to_mount_it_is_watched(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seedpod._runtime.pod_volumes.may_mount", lambda: False)
    what = with_volume(
        scratch(None, "Memory"), resources=ResourceRequirements(limits={"memory": "64Ki"})
    )
    story = play(what, backend=backend, moments={1.5: writes(80)})
    assert evictions(story) == [(2, TOLD)]


@pytest.mark.parametrize("cancel_at", [0.0, 1.5])
def test_nothing_stays_mounted_when_the_engine_is_cancelled(
    backend: str, cancel_at: float, rooms: list[Path]
) -> None:
    what = with_volume(scratch("64Ki", "Memory"))
    play(what, backend=backend, cancel_at=cancel_at)
    assert len(rooms) == 1


def test_nothing_stays_mounted_when_a_file_is_still_open(backend: str) -> None:
    kept: list[Any] = []

    def act(running: RunningPod) -> None:
        kept.append((directory(running) / "file").open("w"))

    what = with_volume(
        scratch("64Ki", "Memory"), volume_mounts=[VolumeMount(name="v", mount_path="/v")]
    )
    play(what, backend=backend, moments={1: act, 2: stop()})
    kept[0].close()


def test_nothing_stays_mounted_when_another_volume_cannot_be_there(
    backend: str, rooms: list[Path]
) -> None:
    missing = Volume(name="m", config_map=ConfigMapVolumeSource(name="missing"))
    what = with_volume(scratch("64Ki", "Memory"), missing)
    story = play(what, backend=backend, moments={50: stop()})
    assert story.started("x") == []
    assert len(rooms) == 1
