"""Where a pod's volumes are kept: what may be secret in memory, what has a bound mounted."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from seedpod import RunningPod
from seedpod._core.environment import PodFacts
from seedpod._runtime import host
from seedpod._runtime.host import may_give_to, may_mount, pod_directory_in_memory, tmpfs
from seedpod._runtime.volumes import tmpfs as mounting
from seedpod._runtime.volumes.prepare import Missing, prepare
from seedpod._runtime.volumes.removal import remove
from seedpod._runtime.volumes.room import Room
from seedpod._runtime.volumes.tmpfs import has_programs, mount_tmpfs, mounts_below, unmount_below
from seedpod.spec import (
    ConfigMapVolumeSource,
    DownwardAPIVolumeSource,
    EmptyDirVolumeSource,
    Pod,
    PodSpec,
    ProjectedVolumeSource,
    Secret,
    SecretVolumeSource,
    Volume,
    VolumeMount,
)
from seedpod.testing import exits
from tests.core.things import KEYS, META, SETTINGS, Known
from tests.machine import lacks
from tests.runtime.stage import Moments, app, play, pod, stop
from tests.runtime.test_acceptance_waiting import Watching, watching

OBJECTS = Known(dict(SETTINGS.config_maps), dict(KEYS.secrets))
VOLUMES = (
    Volume(name="plain", empty_dir=EmptyDirVolumeSource()),
    Volume(name="shown", config_map=ConfigMapVolumeSource(name="settings")),
    Volume(name="quick", empty_dir=EmptyDirVolumeSource(medium="Memory")),
    Volume(name="hidden", secret=SecretVolumeSource(secret_name="keys")),
    Volume(name="own", downward_api=DownwardAPIVolumeSource()),
    Volume(name="mixed", projected=ProjectedVolumeSource()),
)
OFF_DISK = {"quick", "hidden", "own", "mixed"}


def prepared(room: Room, *volumes: Volume) -> dict[str, Path]:
    what = Pod(metadata=META, spec=PodSpec(volumes=volumes))
    found = prepare(what, room, PodFacts(), OBJECTS)
    assert not isinstance(found, Missing)
    return dict(found)


@pytest.mark.parametrize("has_memory", [True, False])
def test_what_may_be_secret_is_kept_in_memory_where_there_is_room(
    tmp_path: Path, has_memory: bool
) -> None:
    memory = tmp_path / "memory"
    room = Room(tmp_path / "disk", memory if has_memory else None)
    found = prepared(room, *VOLUMES)
    in_memory = {name for name, path in found.items() if path.is_relative_to(memory)}
    assert in_memory == (OFF_DISK if has_memory else set())
    assert all(path.is_dir() and room.of(path) in set(room) for path in found.values())


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return tmp_path / "pods" / "u-1"


@pytest.fixture
def memory(disk: Path) -> Iterator[Path]:
    path = pod_directory_in_memory("u-1", disk)
    yield path
    assert remove(path) == ()


def test_who_takes_a_pod_up_finds_its_directory_in_memory_again(memory: Path, disk: Path) -> None:
    assert memory.is_relative_to("/dev/shm")
    assert memory.stat().st_mode & 0o777 == 0o700
    (memory / "file").touch()
    assert pod_directory_in_memory("u-1", disk) == memory
    other = pod_directory_in_memory("u-1", disk.parent)
    assert other != memory
    other.rmdir()


def test_a_directory_in_memory_that_somebody_else_may_write_is_not_used(
    memory: Path, disk: Path
) -> None:
    memory.chmod(0o777)
    with pytest.raises(FileExistsError):
        pod_directory_in_memory("u-1", disk)
    memory.rmdir()
    memory.symlink_to(disk.parent)
    with pytest.raises(FileExistsError):
        pod_directory_in_memory("u-1", disk)
    memory.unlink()


def test_a_directory_in_memory_that_is_somebody_else_s_is_not_used(
    memory: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: memory.stat().st_uid + 1)
    with pytest.raises(FileExistsError):
        pod_directory_in_memory("u-1", disk)


def test_a_bound_in_memory_is_a_file_system(memory: Path, tmp_path: Path) -> None:
    bound = Volume(name="b", empty_dir=EmptyDirVolumeSource(medium="Memory", size_limit="100k"))
    path = prepared(Room(tmp_path, memory, may_mount=True), *VOLUMES, bound)["b"]
    if not may_mount():
        lacks("leave to mount a file system")
        return
    assert mounts_below(memory) == [path]
    status = os.statvfs(path)
    assert status.f_blocks * status.f_frsize == 24 * 4096  # no more than the limit
    flags = subprocess.run(
        ["findmnt", "-no", "OPTIONS", path], check=True, capture_output=True, text=True
    ).stdout.split(",")
    assert {"nodev", "nosuid"} <= set(flags)
    (path / "file").write_text("kept")
    found = prepared(Room(tmp_path, memory, may_mount=True), *VOLUMES, bound)
    assert (found["b"] / "file").read_text() == "kept"
    assert mounts_below(memory) == [path]
    assert unmount_below(memory) == ()
    assert mounts_below(memory) == []


def test_a_bound_that_cannot_be_mounted_is_told_and_only_watched(
    memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mounting, "_PATH", str(tmp_path))
    assert not has_programs()
    bound = Volume(name="b", empty_dir=EmptyDirVolumeSource(medium="Memory", size_limit="1Mi"))
    path = prepared(Room(tmp_path, memory, may_mount=True), bound)["b"]
    assert (path.stat().st_mode & 0o777, mounts_below(memory)) == (0o777, [])
    assert "this host has no mount" in caplog.text


def test_a_mount_in_a_path_with_blanks_is_found_and_one_beside_it_is_not(tmp_path: Path) -> None:
    inside, beside = tmp_path / "a b" / "in\\side", tmp_path / "a b c"
    for each in (inside, beside):
        each.mkdir(parents=True)
    if problem := mount_tmpfs(inside, 1) or mount_tmpfs(beside, 1):
        lacks(f"leave to mount a file system: {problem}")
        return
    try:
        assert mounts_below(tmp_path / "a b") == [inside]
        assert os.statvfs(inside).f_blocks == 1  # a size of nothing would be no bound
        assert unmount_below(tmp_path / "a b") == ()
        assert mounts_below(tmp_path) == [beside]
    finally:
        assert unmount_below(tmp_path) == ()


def test_what_cannot_be_unmounted_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounting, "mounts_below", lambda path: [path])
    [problem] = unmount_below(tmp_path)
    assert problem.startswith(f"{tmp_path}: ")


def test_what_is_behind_a_mount_is_not_removed_with_the_pod(backend: str, tmp_path: Path) -> None:
    """Whoever mounted it: an executor that went wrong, say."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("keep me")
    mounted: list[int] = []

    def bind(running: object) -> None:
        target = running._run.volumes["plain"]  # type: ignore[attr-defined]
        mounted.append(subprocess.call(["mount", "--bind", precious, target]))

    if not may_mount():
        lacks("leave to mount a file system")
        return
    what = pod(app("x"), volumes=[VOLUMES[0]])
    play(what, backend=backend, moments={1: bind, 2: stop()}, directory=tmp_path / "pods")
    assert mounted == [0]
    assert (precious / "file").read_text() == "keep me"
    assert list((tmp_path / "pods").iterdir()) == []


def test_groups_that_files_may_be_given_to() -> None:
    assert may_give_to(os.getegid())
    if os.geteuid() == 0:
        assert may_give_to(54321)
        assert not may_give_to(2**32)


@pytest.mark.parametrize("capabilities", ["0000000000000000", "ffffffffffdffffe"])
def test_without_the_capabilities_nothing_is_given_or_mounted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capabilities: str
) -> None:
    status = tmp_path / "status"
    status.write_text(f"Name:\tx\nCapEff:\t{capabilities}\n")
    monkeypatch.setattr(host, "Path", lambda _path: status)
    for cached in (host.may_mount, host._has_capability):
        cached.cache_clear()
    try:
        assert not may_mount()
        assert not may_give_to(54321)
        assert may_give_to(os.getegid())
    finally:
        for cached in (host.may_mount, host._has_capability):
            cached.cache_clear()


MOUNT = VolumeMount(name="hidden", mount_path="/h", sub_path="token")


def shown(executor: Watching) -> Path:
    return executor.plans[-1].mounts[0].source


def test_a_part_of_a_secret_stays_in_memory_and_as_it_was(backend: str) -> None:
    seen: list[bytes] = []
    newer = Secret(metadata=KEYS_OF.metadata, data={"token": b"newer"})
    executor = watching({"x": exits(after=9)})
    what = pod(app("x", volume_mounts=[MOUNT]), volumes=[VOLUMES[3]])

    def look(_running: object) -> None:
        seen.append(shown(executor).read_bytes())

    def apply(running: RunningPod) -> None:
        running._run.settings.objects.apply(newer)

    moments: Moments = {1: look, 2: apply, 3: look}
    story = play(what, backend=backend, executor=executor, moments=moments, objects=[KEYS_OF])
    assert seen == [b"hunter2", b"hunter2"]
    assert shown(executor).is_relative_to(tmpfs() or Path("/"))
    assert not shown(executor).exists()
    assert story.exited("x") == [(9, 0)]


KEYS_OF = Secret(metadata=type(META)(name="keys", namespace="default"), data={"token": b"hunter2"})
