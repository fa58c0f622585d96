"""A pod's volumes on the host: prepared, refreshed, removed; on the real file system."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from seedpod._core.environment import PodFacts
from seedpod._core.volume_support import unsupported_volumes
from seedpod._runtime.volumes.prepare import (
    Missing,
    Refreshed,
    file_reader,
    has_directory,
    prepare,
    refresh,
)
from seedpod._runtime.volumes.removal import remove
from seedpod._runtime.volumes.room import Room
from seedpod.spec import (
    ConfigMap,
    ConfigMapVolumeSource,
    DownwardAPIVolumeFile,
    DownwardAPIVolumeSource,
    EmptyDirVolumeSource,
    HostPathVolumeSource,
    ObjectFieldSelector,
    Pod,
    PodSpec,
    ProjectedVolumeSource,
    Secret,
    SecretProjection,
    SecretVolumeSource,
    Volume,
    VolumeProjection,
)
from tests.core.things import KEYS, META, NOTHING, SETTINGS, Known

SCRATCH = Volume(name="scratch", empty_dir=EmptyDirVolumeSource())
SHOWN = Volume(name="shown", config_map=ConfigMapVolumeSource(name="settings"))
HIDDEN = Volume(name="hidden", secret=SecretVolumeSource(secret_name="keys", default_mode=0o400))


@pytest.fixture(params=[0o022, 0o077, 0o000], ids=oct, autouse=True)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "pod"


def pod_with(*volumes: Volume) -> Pod:
    return Pod(metadata=META, spec=PodSpec(volumes=volumes))


def prepared(directory: Path, *volumes: Volume, objects: Known = NOTHING) -> Mapping[str, Path]:
    found = prepare(pod_with(*volumes), Room(directory), PodFacts(), objects)
    assert not isinstance(found, Missing)
    return found


def refreshed(directory: Path, *volumes: Volume, objects: Known) -> Refreshed:
    return refresh(pod_with(*volumes), Room(directory), PodFacts(), objects)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_pod_without_volumes_gets_no_directory(directory: Path) -> None:
    assert prepared(directory) == {}
    assert not directory.exists()


def test_only_what_the_engine_makes_needs_a_directory() -> None:
    host = Volume(name="host", host_path=HostPathVolumeSource(path="/tmp"))
    assert [has_directory(pod_with(*volumes)) for volumes in ([], [host], [host, SCRATCH])] == [
        False,
        False,
        True,
    ]


def test_nobody_else_may_look_into_the_directory(directory: Path) -> None:
    prepared(directory, SCRATCH)
    assert [mode_of(directory), mode_of(directory / "volumes")] == [0o750, 0o750]


def test_directories_above_are_made_too_and_nobody_else_may_write_there(tmp_path: Path) -> None:
    prepared(tmp_path / "a/b/pod", SCRATCH)
    assert [mode_of(tmp_path / path) for path in ("a", "a/b", "a/b/pod")] == [0o755, 0o755, 0o750]


def test_an_empty_dir_is_empty_and_open_to_all(directory: Path) -> None:
    path = prepared(directory, SCRATCH)["scratch"]
    assert path == directory / "volumes/scratch"
    assert mode_of(path) == 0o777
    assert list(path.iterdir()) == []


def test_preparing_again_keeps_an_empty_dir(directory: Path) -> None:
    path = prepared(directory, SCRATCH)["scratch"]
    (path / "file").write_text("x")
    path.chmod(0o700)
    assert prepared(directory, SCRATCH) == {"scratch": path}
    assert (path / "file").read_text() == "x"
    assert mode_of(path) == 0o700


def test_a_host_path_is_where_it_is(directory: Path, tmp_path: Path) -> None:
    source = HostPathVolumeSource(path=str(tmp_path / "data"), type="DirectoryOrCreate")
    found = prepared(directory, Volume(name="host", host_path=source))
    assert found == {"host": tmp_path / "data"}
    assert not directory.exists()


def test_a_host_path_of_another_type_blocks_the_pod(directory: Path, tmp_path: Path) -> None:
    source = HostPathVolumeSource(path=str(tmp_path), type="File")
    found = prepare(
        pod_with(Volume(name="h", host_path=source)), Room(directory), PodFacts(), NOTHING
    )
    words = f"hostPath type check failed: {tmp_path} is not a file"
    assert found == Missing("h", words)


def test_what_the_file_system_refuses_blocks_the_pod(directory: Path, tmp_path: Path) -> None:
    path = tmp_path / "missing/file"
    source = HostPathVolumeSource(path=str(path), type="FileOrCreate")
    found = prepare(
        pod_with(Volume(name="h", host_path=source)), Room(directory), PodFacts(), NOTHING
    )
    assert found == Missing("h", f"{path}: No such file or directory")


def test_a_config_map_is_files(directory: Path) -> None:
    path = prepared(directory, SHOWN, objects=SETTINGS)["shown"]
    assert (path / "color").read_text() == "red"
    assert mode_of(path / "color") == 0o644
    assert mode_of(path) == 0o755


def test_a_secret_is_files_with_its_own_mode(directory: Path) -> None:
    path = prepared(directory, HIDDEN, objects=KEYS)["hidden"]
    assert (path / "token").read_bytes() == b"hunter2"
    assert mode_of(path / "token") == 0o400


def test_fields_and_projections_are_files(directory: Path) -> None:
    name = DownwardAPIVolumeFile(
        path="pod/name", field_ref=ObjectFieldSelector(field_path="metadata.name")
    )
    own = Volume(name="own", downward_api=DownwardAPIVolumeSource(items=[name]))
    keys = VolumeProjection(secret=SecretProjection(name="keys"))
    mixed = Volume(name="mixed", projected=ProjectedVolumeSource(sources=[keys]))
    found = prepared(directory, own, mixed, objects=KEYS)
    assert (found["own"] / "pod/name").read_text() == "web"
    assert (found["mixed"] / "token").read_bytes() == b"hunter2"


def test_a_missing_object_blocks_the_pod_until_it_is_there(directory: Path) -> None:
    found = prepare(pod_with(SCRATCH, SHOWN), Room(directory), PodFacts(), NOTHING)
    assert found == Missing("shown", 'configmap "settings" not found')
    assert set(prepared(directory, SCRATCH, SHOWN, objects=SETTINGS)) == {"scratch", "shown"}


def test_an_optional_object_that_is_missing_leaves_the_volume_empty(directory: Path) -> None:
    source = ConfigMapVolumeSource(name="settings", optional=True)
    path = prepared(directory, Volume(name="shown", config_map=source))["shown"]
    assert [entry for entry in path.iterdir() if not entry.name.startswith("..")] == []


def test_a_changed_object_is_seen_after_a_refresh(directory: Path) -> None:
    objects = Known(dict(SETTINGS.config_maps), dict(KEYS.secrets))
    path = prepared(directory, SCRATCH, SHOWN, HIDDEN, objects=objects)["shown"]
    objects.config_maps["settings"] = ConfigMap(data={"color": "blue"})
    found = refreshed(directory, SCRATCH, SHOWN, HIDDEN, objects=objects)
    assert found == Refreshed(changed=("shown",))
    assert (path / "color").read_text() == "blue"
    assert not (path / "size").exists()


def test_a_volume_whose_object_is_gone_goes_on_showing_it(directory: Path) -> None:
    objects = Known(dict(SETTINGS.config_maps), dict(KEYS.secrets))
    path = prepared(directory, SHOWN, HIDDEN, objects=objects)["shown"]
    del objects.config_maps["settings"]
    objects.secrets["keys"] = Secret(data={"token": b"hunter3"})
    found = refreshed(directory, SHOWN, HIDDEN, objects=objects)
    gone = Missing("shown", 'configmap "settings" not found')
    assert found == Refreshed(changed=("hidden",), missing=(gone,))
    assert (path / "color").read_text() == "red"


def test_a_refresh_that_the_file_system_refuses_is_named(directory: Path) -> None:
    prepared(directory, SHOWN, objects=SETTINGS)
    remove(directory)
    [missing] = refreshed(directory, SHOWN, objects=SETTINGS).missing
    assert missing.volume == "shown"
    assert missing.message.endswith(": No such file or directory")


def test_secrets_are_in_no_message(directory: Path) -> None:
    clash = Known(secrets={"keys": Secret(data={"..a": b"hunter2"})})
    found = prepare(pod_with(HIDDEN), Room(directory), PodFacts(), clash)
    assert isinstance(found, Missing)
    assert "hunter2" not in repr(found)


def test_removing_the_directory_removes_every_volume_but_the_host_s(
    directory: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    host = Volume(
        name="host", host_path=HostPathVolumeSource(path=str(data), type="DirectoryOrCreate")
    )
    found = prepared(directory, SCRATCH, SHOWN, host, objects=SETTINGS)
    (found["scratch"] / "link").symlink_to(data)
    (data / "file").write_text("keep me")
    assert remove(directory) == ()
    assert [entry.name for entry in tmp_path.iterdir()] == ["data"]
    assert (data / "file").read_text() == "keep me"


def test_files_of_volumes_are_read_for_the_environment(directory: Path) -> None:
    found = prepared(directory, SCRATCH)
    (found["scratch"] / "a.env").write_text("A='1'")
    read_file = file_reader(found)
    assert read_file("scratch", "a.env") == "A='1'"
    assert read_file("scratch", "missing") is None
    assert read_file("other", "a.env") is None


def test_what_is_not_prepared_is_refused_before() -> None:
    volume = Volume(name="claim", persistent_volume_claim={"claimName": "c"})
    assert [str(problem) for problem in unsupported_volumes(pod_with(volume))] == [
        (
            "spec.volumes[0].persistentVolumeClaim: must be one of the kinds this engine prepares: "
            "emptyDir, hostPath, configMap, secret, downwardAPI, projected"
        )
    ]
