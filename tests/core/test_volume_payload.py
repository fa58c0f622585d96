"""The files of volumes that show objects, or the pod itself."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from seedpod._core.downward import PodFacts
from seedpod._core.volume_payload import File, Missing, Payload, has_payload, path_problems, payload
from seedpod.spec import (
    ConfigMap,
    ConfigMapProjection,
    ConfigMapVolumeSource,
    Container,
    DownwardAPIProjection,
    DownwardAPIVolumeFile,
    DownwardAPIVolumeSource,
    EmptyDirVolumeSource,
    KeyToPath,
    ObjectFieldSelector,
    Pod,
    PodSpec,
    ProjectedVolumeSource,
    ResourceFieldSelector,
    ResourceRequirements,
    SecretProjection,
    SecretVolumeSource,
    Volume,
    VolumeProjection,
)
from tests.core.things import KEYS, META, NOTHING, SETTINGS, Known

APP = Container(name="app", resources=ResourceRequirements(requests={"cpu": "100m"}))
POD = Pod(metadata=META, spec=PodSpec(containers=[APP]))
NAME = ObjectFieldSelector(field_path="metadata.name")


def files(volume: Volume, objects: Known = NOTHING) -> Mapping[str, File]:
    found = payload(POD, volume, PodFacts(), objects)
    assert isinstance(found, Payload)
    return found.files


def missing(volume: Volume, objects: Known = NOTHING) -> str:
    found = payload(POD, volume, PodFacts(), objects)
    assert isinstance(found, Missing)
    return found.message


def of_settings(*items: KeyToPath, optional: bool | None = None) -> Volume:
    return Volume(config_map=ConfigMapVolumeSource(name="settings", items=items, optional=optional))


def of_keys(*items: KeyToPath, optional: bool | None = None) -> Volume:
    return Volume(secret=SecretVolumeSource(secret_name="keys", items=items, optional=optional))


def projected(*sources: VolumeProjection) -> Volume:
    return Volume(projected=ProjectedVolumeSource(sources=sources, default_mode=0o440))


def test_each_key_of_a_config_map_is_a_file() -> None:
    assert files(of_settings(), SETTINGS) == {
        "color": File(b"red", 0o644),
        "size": File(b"9", 0o644),
    }


def test_binary_data_is_files_too() -> None:
    objects = Known({"settings": ConfigMap(data={"a": "\u00e9"}, binary_data={"b": b"\xff"})})
    found = files(of_settings(), objects)
    assert {path: file.data for path, file in found.items()} == {
        "a": "\u00e9".encode(),
        "b": b"\xff",
    }


def test_each_key_of_a_secret_is_a_file() -> None:
    assert files(of_keys(), KEYS)["token"] == File(b"hunter2", 0o644)


def test_items_choose_keys_and_their_paths_and_modes() -> None:
    chosen = of_settings(
        KeyToPath(key="color", path="look/color.txt", mode=0o600),
        KeyToPath(key="size", path="size"),
    )
    assert files(chosen, SETTINGS) == {
        "look/color.txt": File(b"red", 0o600),
        "size": File(b"9", 0o644),
    }


def test_the_default_mode_is_for_all_without_their_own() -> None:
    source = ConfigMapVolumeSource(name="settings", default_mode=0)
    found = files(Volume(config_map=source), SETTINGS)
    assert {file.mode for file in found.values()} == {0}


def test_paths_are_cleaned() -> None:
    assert list(files(of_settings(KeyToPath(key="color", path="./a//b/./c")), SETTINGS)) == [
        "a/b/c"
    ]


def test_a_missing_object_is_named() -> None:
    assert missing(of_settings()) == 'configmap "settings" not found'
    assert missing(of_keys()) == 'secret "keys" not found'


def test_a_missing_object_may_be_missing_if_optional() -> None:
    assert files(of_settings(optional=True)) == {}
    assert files(of_keys(optional=True)) == {}


def test_a_missing_key_is_named() -> None:
    item = KeyToPath(key="shape", path="shape")
    message = missing(of_settings(item), SETTINGS)
    assert message == "configmap references non-existent config key: shape"
    assert missing(of_keys(item), KEYS) == "references non-existent secret key: shape"


def test_a_missing_key_may_be_missing_if_optional() -> None:
    item = KeyToPath(key="shape", path="shape")
    assert files(of_settings(item, optional=True), SETTINGS) == {}


def test_fields_of_the_pod_are_files() -> None:
    cpu = ResourceFieldSelector(resource="requests.cpu", container_name="app", divisor="1m")
    labels = ObjectFieldSelector(field_path="metadata.labels")
    items = [
        DownwardAPIVolumeFile(path="cpu", resource_field_ref=cpu, mode=0o400),
        DownwardAPIVolumeFile(path="labels", field_ref=labels),
    ]
    found = files(Volume(downward_api=DownwardAPIVolumeSource(items=items)))
    assert found == {"cpu": File(b"100", 0o400), "labels": File(b'app="web"', 0o644)}


def test_a_later_source_of_a_projected_volume_goes_before_an_earlier() -> None:
    downward = DownwardAPIProjection(
        items=[DownwardAPIVolumeFile(path="color", field_ref=NAME, mode=0o400)]
    )
    volume = projected(
        VolumeProjection(config_map=ConfigMapProjection(name="settings")),
        VolumeProjection(downward_api=downward),
        VolumeProjection(),
    )
    assert files(volume, SETTINGS) == {"color": File(b"web", 0o400), "size": File(b"9", 0o440)}


def test_all_that_is_missing_is_named_at_once() -> None:
    volume = projected(
        VolumeProjection(config_map=ConfigMapProjection(name="settings")),
        VolumeProjection(secret=SecretProjection(name="keys")),
    )
    assert missing(volume) == '[configmap "settings" not found, secret "keys" not found]'


def test_a_file_cannot_be_a_directory_too() -> None:
    volume = of_settings(KeyToPath(key="color", path="a"), KeyToPath(key="size", path="a/b"))
    assert missing(volume, SETTINGS) == "invalid path: a: both a file and a directory"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../up",
        "a/../b",
        "..",
        "..data",
        "..hidden/x",
        "a\0b",
        "é" * 128,
        "a/" * 2049,
    ],
)
def test_a_path_that_could_leave_the_volume_is_refused(path: str) -> None:
    [problem] = path_problems([path])
    assert problem.startswith("invalid path: ")


@pytest.mark.parametrize("path", ["a", "a/b", ".a", "a..b", "a/..b", "a.b/c"])
def test_other_paths_are_fine(path: str) -> None:
    assert path_problems([path]) == []


def test_a_key_that_could_leave_the_volume_is_refused() -> None:
    objects = Known({"settings": ConfigMap(data={"../up": "1"})})
    assert missing(of_settings(), objects) == "invalid path: must not contain '..': ../up"


def test_secrets_are_not_in_the_repr() -> None:
    assert "hunter2" not in repr(payload(POD, of_keys(), PodFacts(), KEYS))


def test_only_volumes_the_engine_fills_have_a_payload() -> None:
    assert has_payload(of_settings())
    assert has_payload(projected())
    assert not has_payload(Volume(empty_dir=EmptyDirVolumeSource()))
