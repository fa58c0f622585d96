"""Plain values become our classes strictly; every mistake is named with its path."""

from __future__ import annotations

import pytest

from seedpod._core.manifest.structure import shape_of, structure
from seedpod.spec import (
    ConfigMap,
    Container,
    ContainerPort,
    EmptyDirVolumeSource,
    EnvVar,
    HTTPGetAction,
    ObjectMeta,
    Pod,
    PodSpec,
    Probe,
    Quantity,
    ResourceRequirements,
    Volume,
)


def read(cls: type, raw: object) -> tuple[object, list[str]]:
    problems: list[object] = []
    made = structure(shape_of(cls), raw, None, problems)  # type: ignore[arg-type]
    return made, [str(problem) for problem in problems]


def told(cls: type, raw: object) -> list[str]:
    return read(cls, raw)[1]


def test_names_types_and_nesting_are_read() -> None:
    raw = {
        "name": "app",
        "imagePullPolicy": "Never",
        "env": [{"name": "A", "value": "1"}],
        "ports": [{"containerPort": 80, "hostIP": "::1"}],
        "resources": {"limits": {"cpu": "500m", "memory": 1024}},
        "livenessProbe": {"httpGet": {"port": "http"}, "periodSeconds": 5},
        "stdin": True,
    }
    assert read(Container, raw) == (
        Container(
            name="app",
            image_pull_policy="Never",
            env=[EnvVar(name="A", value="1")],
            ports=[ContainerPort(container_port=80, host_ip="::1")],
            resources=ResourceRequirements(limits={"cpu": "500m", "memory": "1024"}),
            liveness_probe=Probe(http_get=HTTPGetAction(port="http"), period_seconds=5),
            stdin=True,
        ),
        [],
    )


def test_null_is_unset() -> None:
    raw = {
        "spec": {"containers": None, "hostNetwork": None},
        "metadata": {"creationTimestamp": None},
    }
    assert read(Pod, raw) == (Pod(), [])


def test_an_integral_number_is_an_integer_as_in_kubernetes() -> None:
    assert read(ContainerPort, {"containerPort": 80.0}) == (ContainerPort(container_port=80), [])


def test_a_port_is_a_number_or_a_name() -> None:
    for port in (80, "http"):
        assert read(HTTPGetAction, {"port": port}) == (HTTPGetAction(port=port), [])
    assert told(HTTPGetAction, {"port": True}) == [
        "port: true: must be a number or a name, not a boolean"
    ]


def test_a_quantity_may_be_a_number() -> None:
    made, problems = read(EmptyDirVolumeSource, {"sizeLimit": 0.5})
    assert (made, problems) == (EmptyDirVolumeSource(size_limit=Quantity("500m")), [])


@pytest.mark.parametrize(
    ("cls", "raw", "problem"),
    [
        (EnvVar, {"value": 1}, "value: 1: must be a string, not a number; put the value in quotes"),
        (EnvVar, {"value": ["a"]}, "value: must be a string, not a list"),
        (
            ObjectMeta,
            {"labels": {"a.b/c": True}},
            "labels[a.b/c]: true: must be a string, not a boolean; put the value in quotes",
        ),
        (
            PodSpec,
            {"activeDeadlineSeconds": "60"},
            'activeDeadlineSeconds: "60": must be an integer, not a string; remove the quotes',
        ),
        (
            PodSpec,
            {"activeDeadlineSeconds": True},
            "activeDeadlineSeconds: true: must be an integer, not a boolean",
        ),
        (
            PodSpec,
            {"activeDeadlineSeconds": 2**63},
            "activeDeadlineSeconds: 9223372036854775808: must fit into 64 bits",
        ),
        (
            PodSpec,
            {"hostNetwork": "false"},
            'hostNetwork: "false": must be true or false, not a string; remove the quotes',
        ),
        (PodSpec, {"hostNetwork": 1}, "hostNetwork: 1: must be true or false, not a number"),
        (PodSpec, {"affinity": [1]}, "affinity: must be a mapping, not a list"),
        (PodSpec, {"tolerations": ["a"]}, 'tolerations[0]: "a": must be a mapping, not a string'),
        (Container, {"command": [None]}, "command[0]: must be a string, not null"),
        (
            Container,
            {"resources": {"limits": {"cpu": []}}},
            "resources.limits[cpu]: must be a quantity such as 500m or 64Mi, not a list",
        ),
        (
            Volume,
            {"emptyDir": "x"},
            'emptyDir: "x": must be a mapping, not a string',
        ),
        (ConfigMap, {"binaryData": {"a": "*"}}, "binaryData[a]: must be base64"),
    ],
)
def test_a_wrong_type_says_what_was_found_and_wanted(cls: type, raw: object, problem: str) -> None:
    assert told(cls, raw) == [problem]


def test_an_unknown_field_names_the_nearest_known_one() -> None:
    assert told(Container, {"livenesProbe": {}, "Image": "a"}) == [
        'livenesProbe: is not a field of Kubernetes\' API; did you mean "livenessProbe"?',
        'Image: is not a field of Kubernetes\' API; did you mean "image"?',
    ]


def test_an_unknown_field_near_to_none_lists_the_known_ones_if_they_are_few() -> None:
    assert told(EnvVar, {"x": 1}) == [
        "x: is not a field of Kubernetes' API; known here: name, value, valueFrom"
    ]
    assert told(PodSpec, {"qqq": 1}) == ["qqq: is not a field of Kubernetes' API"]


def test_a_wrong_object_in_a_list_keeps_its_place() -> None:
    made, problems = read(PodSpec, {"containers": ["x", {"name": "app", "tty": 1}]})
    assert made == PodSpec(containers=[Container(), Container(name="app")])
    assert problems == [
        'containers[0]: "x": must be a mapping, not a string',
        "containers[1].tty: 1: must be true or false, not a number",
    ]


def test_every_volume_kind_of_kubernetes_is_known() -> None:
    kinds = "persistentVolumeClaim nfs csi ephemeral iscsi scaleIO gcePersistentDisk downwardAPI"
    assert told(Volume, {kind: {} for kind in kinds.split()}) == []
