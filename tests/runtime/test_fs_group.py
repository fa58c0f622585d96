"""`fsGroup`: the group that a pod's volumes belong to; on the real file system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seedpod import RunningPod, check
from seedpod._core.environment import PodFacts
from seedpod._runtime.host import may_give_to, may_mount
from seedpod._runtime.volumes.prepare import Missing, Refreshed, prepare, refresh
from seedpod._runtime.volumes.room import Room
from seedpod._runtime.volumes.sub_path import resolve_sub_path
from seedpod._runtime.volumes.tmpfs import unmount_below
from seedpod.spec import (
    ConfigMapVolumeSource,
    DownwardAPIVolumeFile,
    DownwardAPIVolumeSource,
    EmptyDirVolumeSource,
    HostPathVolumeSource,
    KeyToPath,
    ObjectFieldSelector,
    Pod,
    PodSecurityContext,
    PodSpec,
    ProjectedVolumeSource,
    Secret,
    SecretProjection,
    SecretVolumeSource,
    Volume,
    VolumeProjection,
)
from seedpod.testing import FakeExecutor
from tests.core.things import KEYS, META, SETTINGS, Known
from tests.machine import lacks
from tests.runtime.stage import app, play, pod, stop

_OTHER = 54321
GROUP = _OTHER if may_give_to(_OTHER) else os.getegid()
OBJECTS = Known(dict(SETTINGS.config_maps), dict(KEYS.secrets))
SCRATCH = Volume(name="v", empty_dir=EmptyDirVolumeSource())
SHOWN = Volume(name="v", config_map=ConfigMapVolumeSource(name="settings"))
HIDDEN = Volume(
    name="v",
    secret=SecretVolumeSource(
        secret_name="keys",
        items=[KeyToPath(key="token", path="deep/token"), KeyToPath(key="raw", path="raw", mode=0)],
        default_mode=0o400,
    ),
)
OWN = Volume(
    name="v",
    downward_api=DownwardAPIVolumeSource(
        items=[
            DownwardAPIVolumeFile(
                path="name", field_ref=ObjectFieldSelector(field_path="metadata.name"), mode=0o600
            )
        ]
    ),
)
MIXED = Volume(
    name="v",
    projected=ProjectedVolumeSource(
        sources=[VolumeProjection(secret=SecretProjection(name="keys"))], default_mode=0o700
    ),
)


@pytest.fixture(params=[0o022, 0o077, 0o000], ids=oct, autouse=True)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    if GROUP != _OTHER:
        lacks("leave to give files to another group")
    before = os.umask(request.param)
    yield
    os.umask(before)


def pod_of(*volumes: Volume, group: int | None = GROUP) -> Pod:
    context = PodSecurityContext(fs_group=group)
    return Pod(metadata=META, spec=PodSpec(volumes=volumes, security_context=context))


def prepared(room: Room, volume: Volume, **options: Any) -> Path:
    found = prepare(pod_of(volume, **options), room, PodFacts(), OBJECTS)
    assert not isinstance(found, Missing)
    return found["v"]


def look(path: Path) -> tuple[int, str]:
    """Whose it is, and its mode."""
    status = path.stat()
    return status.st_gid, f"{status.st_mode & 0o7777:o}"


def test_an_empty_dir_is_the_group_s_and_so_is_what_is_made_in_it(tmp_path: Path) -> None:
    path = prepared(Room(tmp_path), SCRATCH)
    assert look(path) == (GROUP, "2777")
    (path / "file").touch()
    (path / "directory").mkdir()
    assert {(path / name).stat().st_gid for name in ("file", "directory")} == {GROUP}
    assert look(resolve_sub_path(path, "part/of/it")) == (GROUP, "2777")


def test_what_containers_made_of_it_stays(tmp_path: Path) -> None:
    path = prepared(Room(tmp_path), SCRATCH)
    path.chmod(0o2700)
    prepared(Room(tmp_path), SCRATCH)
    assert look(path) == (GROUP, "2700")


def test_one_in_memory_is_the_group_s_too(tmp_path: Path) -> None:
    if not may_mount():
        lacks("leave to mount a file system")
        return
    source = EmptyDirVolumeSource(medium="Memory", size_limit="64Ki")
    room = Room(tmp_path / "disk", tmp_path / "memory", may_mount=True)
    path = prepared(room, Volume(name="v", empty_dir=source))
    try:
        assert look(path) == (GROUP, "2777")
        assert os.path.ismount(path)
    finally:
        assert unmount_below(tmp_path) == ()


@pytest.mark.parametrize(
    ("volume", "modes"),
    [
        (SHOWN, {"color": "644", "size": "644"}),
        (HIDDEN, {"deep/token": "440", "raw": "440", "deep": "2755"}),
        (OWN, {"name": "640"}),
        (MIXED, {"token": "740", "raw": "740"}),
    ],
    ids=["configMap", "secret", "downwardAPI", "projected"],
)
def test_files_are_the_group_s_which_may_read_them(
    tmp_path: Path, volume: Volume, modes: dict[str, str]
) -> None:
    path = prepared(Room(tmp_path), volume)
    assert {name: look(path / name) for name in modes} == {
        name: (GROUP, mode) for name, mode in modes.items()
    }
    assert look(path) == look(path / "..data") == (GROUP, "2755")


def test_so_are_newer_files(tmp_path: Path) -> None:
    room = Room(tmp_path)
    path = prepared(room, HIDDEN)
    newer = Known(secrets={"keys": Secret(data={"token": b"newer", "raw": b""})})
    assert refresh(pod_of(HIDDEN), room, PodFacts(), newer) == Refreshed(changed=("v",))
    assert (path / "deep/token").read_bytes() == b"newer"
    assert look(path / "deep/token") == (GROUP, "440")
    assert look(path / "deep") == look(path / "..data") == (GROUP, "2755")


def test_files_that_are_as_they_should_be_are_not_written_anew(tmp_path: Path) -> None:
    room = Room(tmp_path)
    path = prepared(room, HIDDEN)
    inode = (path / "raw").stat().st_ino
    assert refresh(pod_of(HIDDEN), room, PodFacts(), OBJECTS) == Refreshed()
    assert (path / "raw").stat().st_ino == inode


def test_files_of_another_group_are_written_anew(tmp_path: Path) -> None:
    if GROUP != _OTHER:
        return  # told by the fixture
    room = Room(tmp_path)
    path = prepared(room, HIDDEN)
    os.chown(path / "raw", -1, 0)
    assert refresh(pod_of(HIDDEN), room, PodFacts(), OBJECTS) == Refreshed(changed=("v",))
    assert look(path / "raw") == (GROUP, "440")


def test_without_a_group_everything_is_as_it_was(tmp_path: Path) -> None:
    assert look(prepared(Room(tmp_path / "a"), SCRATCH, group=None)) == (os.getegid(), "777")
    path = prepared(Room(tmp_path / "b"), HIDDEN, group=None)
    assert look(path / "raw") == (os.getegid(), "0")


def test_a_host_path_is_left_as_it_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    before = look(data)
    source = HostPathVolumeSource(path=str(data))
    assert prepared(Room(tmp_path / "pod"), Volume(name="v", host_path=source)) == data
    assert look(data) == before


@pytest.mark.parametrize("policy", ["OnRootMismatch", "Always", None])
def test_a_pod_with_a_group_runs_whatever_the_policy(backend: str, policy: str | None) -> None:
    seen: list[tuple[int, str]] = []

    def act(running: RunningPod) -> None:
        seen.append(look(running._run.volumes["v"]))

    context = PodSecurityContext(fs_group=GROUP, fs_group_change_policy=policy)
    what = pod(app("x"), volumes=[SCRATCH], security_context=context)
    play(what, backend=backend, moments={1: act, 2: stop()})
    assert seen == [(GROUP, "2777")]


def test_a_group_that_nothing_can_be_given_to_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seedpod._runtime.admission.may_give_to", lambda _group: False)
    what = pod(app("x"), security_context=PodSecurityContext(fs_group=GROUP))
    [problem] = check(what, FakeExecutor())
    assert problem.path == "spec.securityContext.fsGroup"
    assert problem.wanted.startswith("must be a group of the host process")
