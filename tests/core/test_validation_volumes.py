"""What is wrong with volumes and mounts, and with the objects they show, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seedpod._core.defaults import with_defaults
from seedpod._core.validation import object_problems, problems
from seedpod.spec import (
    ConfigMap,
    ConfigMapVolumeSource,
    Container,
    EmptyDirVolumeSource,
    HostPathVolumeSource,
    KeyToPath,
    ObjectMeta,
    Pod,
    PodSpec,
    ProjectedVolumeSource,
    Secret,
    SecretProjection,
    Volume,
    VolumeMount,
    VolumeProjection,
)

META = ObjectMeta(name="settings", namespace="default")


def complaints(volumes: Sequence[Volume], *mounts: VolumeMount) -> Sequence[str]:
    """What is said about a pod with these volumes, mounted like this."""
    container = Container(name="app", image="image", volume_mounts=mounts)
    spec = PodSpec(containers=[container], volumes=volumes)
    pod = with_defaults(Pod(metadata=ObjectMeta(name="web"), spec=spec))
    return [str(problem) for problem in problems(pod)]


def directory(name: str) -> Volume:
    """An empty directory."""
    return Volume(name=name, empty_dir=EmptyDirVolumeSource())


def mount(name: str = "data", **fields: Any) -> VolumeMount:
    """A mount of a volume."""
    values: dict[str, Any] = {"name": name, "mount_path": "/data", **fields}
    return VolumeMount(**values)


def test_a_mount_names_a_volume_of_the_pod() -> None:
    assert complaints([directory("data"), directory("cfg")], mount("dat")) == [
        (
            'spec.containers[0].volumeMounts[0].name: "dat": '
            "must name a volume of spec.volumes (known: data, cfg); did you mean data?"
        )
    ]


def test_a_mount_without_a_name_is_told_the_volumes() -> None:
    assert complaints([directory("data")], mount("")) == [
        "spec.containers[0].volumeMounts[0].name: must name a volume of spec.volumes (known: data)",
        (
            'spec.containers[0].volumeMounts[0].name: "": '
            "must name a volume of spec.volumes (known: data)"
        ),
    ]


def test_a_mount_of_a_wrong_volume_says_that_the_volume_is_wrong() -> None:
    assert complaints([Volume(name="data", host_path=HostPathVolumeSource())], mount()) == [
        "spec.volumes[0].hostPath.path: must be a path of the host",
        (
            'spec.containers[0].volumeMounts[0].name: "data": '
            "must name a volume that has no problems of its own"
        ),
    ]


def test_two_mounts_must_not_share_a_path() -> None:
    volumes = [directory("data"), directory("cfg")]
    assert complaints(volumes, mount("data"), mount("cfg")) == [
        (
            'spec.containers[0].volumeMounts[1].mountPath: "/data": '
            "must be unique among the container's mounts"
        )
    ]


def test_a_wrong_sub_path_names_the_mount_in_words() -> None:
    assert complaints([directory("data")], mount(sub_path="../x")) == [
        (
            'spec.containers[0].volumeMounts.subPath: "../x": '
            "must be a relative path without '..' (the mount at /data)"
        )
    ]


def test_two_volumes_must_not_share_a_name() -> None:
    assert complaints([directory("data"), directory("data")]) == [
        'spec.volumes[1].name: "data": must be unique among the pod\'s volumes'
    ]


def test_a_volume_has_one_source() -> None:
    both = Volume(
        name="data", empty_dir=EmptyDirVolumeSource(), host_path=HostPathVolumeSource(path="/")
    )
    assert complaints([both]) == [
        "spec.volumes[0].hostPath: must not be set together with emptyDir: a volume has one source"
    ]


def test_a_host_path_type_is_a_known_word() -> None:
    source = HostPathVolumeSource(path="/x", type="directory")
    [complaint] = complaints([Volume(name="data", host_path=source)])
    assert complaint.endswith("BlockDevice; did you mean Directory?")


def test_a_mode_has_nine_bits() -> None:
    items = [KeyToPath(key="k", path="p", mode=0o1777)]
    volume = Volume(name="data", config_map=ConfigMapVolumeSource(name="c", items=items))
    assert complaints([volume]) == [
        "spec.volumes[0].configMap.items[0].mode: 1023: must be between 0 and 0777 (511)"
    ]


def test_two_sources_of_a_projected_volume_must_not_name_the_same_file() -> None:
    items = [KeyToPath(key="k", path="p")]
    source = VolumeProjection(secret=SecretProjection(name="s", items=items))
    projected = ProjectedVolumeSource(sources=[source, source])
    assert complaints([Volume(name="data", projected=projected)]) == [
        'spec.volumes[0].projected: "p": must be the path of one source only'
    ]


def test_a_right_object_has_no_problems() -> None:
    assert object_problems(ConfigMap(metadata=META, data={"a.conf": "x"})) == []


def test_a_key_of_a_config_map_can_be_a_file_name() -> None:
    [problem] = object_problems(ConfigMap(metadata=META, data={"a/b": "x"}))
    assert str(problem) == (
        "data[a/b]: \"a/b\": must be letters, digits, '-', '_', '.', "
        "must not start with '..', at most 253 characters"
    )


def test_a_key_is_text_or_bytes_not_both() -> None:
    both = ConfigMap(metadata=META, data={"k": "x"}, binary_data={"k": b"x"})
    [problem] = object_problems(both)
    assert str(problem) == 'data[k]: "k": must not be a key of binaryData too'


def test_a_secret_of_a_type_has_the_keys_of_that_type() -> None:
    secret = Secret(metadata=META, type="kubernetes.io/tls", data={"tls.crt": b"x"})
    [problem] = object_problems(secret)
    assert str(problem) == "data[tls.key]: is required for a secret of type kubernetes.io/tls"


def test_a_secret_for_basic_authentication_has_a_user_or_a_password() -> None:
    kind = "kubernetes.io/basic-auth"
    assert object_problems(Secret(metadata=META, type=kind, data={"password": b"x"})) == []
    [problem] = object_problems(Secret(metadata=META, type=kind))
    assert problem.path == "data[username]"


def test_the_values_of_a_secret_are_never_shown() -> None:
    secret = Secret(metadata=META, data={"a/b": b"hunter2", "c": b"x" * 2**20})
    assert "hunter2" not in "".join(map(str, object_problems(secret)))
    assert [problem.path for problem in object_problems(secret)] == ["data[a/b]", "data"]
