"""Rules about containers that Kubernetes' own tables do not show one by one."""

from __future__ import annotations

from typing import Any, Final

import pytest

from seedpod._core.validation.container import ephemeral_containers_problems
from seedpod._core.validation.fieldrefs import field_ref_problems
from seedpod._core.validation.gates import Gates
from seedpod._core.validation.scope import Scope
from seedpod.errors import ProblemKind
from seedpod.spec import (
    Container,
    EphemeralContainer,
    ObjectFieldSelector,
    Volume,
    VolumeMount,
)
from tests.core.kinds_and_paths import NAME, found, said

TCP: Final = {"tcpSocket": {"port": 80}}
KEPT: Final = {"resourceName": "cpu", "restartPolicy": "NotRequired"}
RULES: Final = {
    "restartPolicyRules": [
        {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [1]}}
    ]
}

ENV: Final[list[tuple[dict[str, Any], str]]] = [
    ({"env": [{"value": "x"}]}, "Required env[0].name"),
    (
        {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {}}}]},
        (
            "Invalid env[0].valueFrom.configMapKeyRef.name, "
            "Required env[0].valueFrom.configMapKeyRef.key"
        ),
    ),
    (
        {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "a/b"}}}]},
        "Invalid env[0].valueFrom.secretKeyRef.key",
    ),
    (
        {"env": [{"name": "A", "valueFrom": {"fileKeyRef": {"path": "f", "key": "a=b"}}}]},
        "Required env[0].valueFrom.fileKeyRef.volumeName, Invalid env[0].valueFrom.fileKeyRef.key, "
        "NotFound env[0].valueFrom.fileKeyRef.volumeName",
    ),
    (
        {
            "env": [
                {
                    "name": "A",
                    "valueFrom": {"fileKeyRef": {"volumeName": "data", "path": "/f", "key": "A"}},
                }
            ]
        },
        "",
    ),
    (
        {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.host"}}}]},
        "",
    ),
    (
        {
            "env": [
                {
                    "name": "A",
                    "valueFrom": {
                        "fieldRef": {"fieldPath": "metadata.labels['a']", "apiVersion": "v2"}
                    },
                }
            ]
        },
        "Invalid env[0].valueFrom.fieldRef.fieldPath",
    ),
    (
        {
            "env": [
                {
                    "name": "A",
                    "valueFrom": {"resourceFieldRef": {"resource": "cpu", "divisor": "2"}},
                }
            ]
        },
        "NotSupported env[0].valueFrom.resourceFieldRef.resource",
    ),
    (
        {
            "env": [
                {
                    "name": "A",
                    "valueFrom": {
                        "resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}
                    },
                }
            ]
        },
        "",
    ),
    ({"envFrom": [{"configMapRef": {"name": "a-"}}]}, ""),
    ({"envFrom": [{"configMapRef": {"name": "-a"}}]}, "Invalid envFrom[0].configMapRef.name"),
    (
        {"env": [{"name": "A", "valueFrom": {"resourceFieldRef": {}}}]},
        "Required env[0].valueFrom.resourceFieldRef.resource",
    ),
    (
        {"env": [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "cpu"}}}]},
        "NotSupported env[0].valueFrom.resourceFieldRef.resource",
    ),
    (
        {
            "env": [
                {
                    "name": "A",
                    "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1k"}},
                }
            ]
        },
        "Invalid env[0].valueFrom.resourceFieldRef.divisor",
    ),
    (
        {"envFrom": [{"configMapRef": {"name": "a"}, "secretRef": {"name": "a"}}]},
        "Invalid envFrom",
    ),
]
PORTS_AND_MOUNTS: Final[list[tuple[dict[str, Any], str]]] = [
    (
        {"ports": [{"containerPort": 80, "hostPort": 65536}]},
        "Invalid ports[0].hostPort",
    ),
    ({"ports": [{"containerPort": 80, "name": "a--b"}]}, "Invalid ports[0].name"),
    ({"volumeMounts": [{"name": "data"}]}, "Required volumeMounts[0].mountPath"),
    (
        {"volumeMounts": [{"mountPath": "/x"}]},
        "Required volumeMounts[0].name, NotFound volumeMounts[0].name",
    ),
    (
        {"volumeMounts": [{"name": "data", "mountPath": "/x", "subPathExpr": "/y"}]},
        "Invalid volumeMounts.subPathExpr",
    ),
    (
        {
            "volumeMounts": [
                {
                    "name": "data",
                    "mountPath": "/x",
                    "readOnly": True,
                    "recursiveReadOnly": "Sure",
                }
            ]
        },
        "NotSupported volumeMounts.recursiveReadOnly",
    ),
    (
        {"volumeDevices": [{"name": "data", "devicePath": "/dev/x"}]},
        "Invalid volumeDevices[0].name",
    ),
    (
        {
            "volumeDevices": [
                {"name": "disk", "devicePath": "/dev/x"},
                {"name": "disk", "devicePath": "/dev/x"},
            ]
        },
        "Invalid volumeDevices[1].name, Invalid volumeDevices[1].devicePath",
    ),
    ({"volumeDevices": [{"name": "disk"}]}, "Required volumeDevices[0].devicePath"),
    (
        {"volumeDevices": [{"name": "disk", "devicePath": "/a/../b"}]},
        "Invalid volumeDevices[0].devicePath",
    ),
    (
        {
            "volumeMounts": [{"name": "data", "mountPath": "/x"}],
            "volumeDevices": [{"name": "disk", "devicePath": "/x"}],
        },
        "Invalid volumeMounts[0].mountPath, Invalid volumeDevices[0].devicePath",
    ),
]
LIVES: Final[list[tuple[dict[str, Any], str]]] = [
    (
        {"livenessProbe": {**TCP, "terminationGracePeriodSeconds": 0}},
        "Invalid livenessProbe.terminationGracePeriodSeconds",
    ),
    ({"startupProbe": {"grpc": {"port": 0}}}, "Invalid startupProbe.grpc.port"),
    ({"lifecycle": {"postStart": {}}}, "Required lifecycle.postStart"),
    (
        {"lifecycle": {"preStop": {"exec": {"command": ["a"]}, "sleep": {"seconds": 1}}}},
        "Forbidden lifecycle.preStop.sleep",
    ),
    (
        {
            "restartPolicy": "Never",
            "restartPolicyRules": [{"action": "Sing", "exitCodes": {"operator": "In"}}],
        },
        "NotSupported restartPolicyRules[0].action",
    ),
    (
        {"resizePolicy": [{"resourceName": "cpu"}]},
        "Required resizePolicy",
    ),
    ({"terminationMessagePolicy": "Log"}, "NotSupported terminationMessagePolicy"),
    ({"imagePullPolicy": "Often"}, "NotSupported imagePullPolicy"),
]
RESOURCES: Final[list[tuple[dict[str, Any], str]]] = [
    ({"resources": {"claims": [{"name": "gpu"}]}}, "NotFound resources.claims[0]"),
    ({"resources": {"claims": [{}]}}, "Required resources.claims[0]"),
    (
        {"resources": {"claims": [{"name": "one"}, {"name": "one"}]}},
        "Duplicate resources.claims[1]",
    ),
    (
        {"resources": {"claims": [{"name": "one", "request": "a"}, {"name": "one"}]}},
        "Duplicate resources.claims[1]",
    ),
    (
        {"resources": {"claims": [{"name": "one"}, {"name": "one", "request": "a"}]}},
        "Duplicate resources.claims[1]",
    ),
    (
        {
            "resources": {
                "claims": [{"name": "one", "request": "a"}, {"name": "one", "request": "b"}]
            }
        },
        "",
    ),
    (
        {"resources": {"claims": [{"name": "one", "request": "A"}]}},
        "Invalid resources.claims[0].request",
    ),
    (
        {"resources": {"limits": {"cpu": "1", "hugepages-0": "3Mi"}}},
        "Invalid resources.limits[hugepages-0], Invalid resources.requests[hugepages-0]",
    ),
    (
        {"resources": {"requests": {"a.b/c": "1"}, "limits": {"a.b/c": "2"}}},
        "Invalid resources.requests",
    ),
    (
        {"resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "1", "hugepages-2Mi": "3Mi"}}},
        "Invalid resources.limits[hugepages-2Mi], Invalid resources.requests[hugepages-2Mi]",
    ),
    (
        {"resources": {"limits": {"cpu": "1", "hugepages-big": "3Mi"}}},
        "Invalid resources.limits[hugepages-big], Invalid resources.requests[hugepages-big]",
    ),
    (
        {"resources": {"limits": {"-/x": "1"}}},
        "Invalid resources.limits[-/x], Invalid resources.requests[-/x]",
    ),
]
OLD: Final[list[tuple[Gates, dict[str, Any], str]]] = [
    (
        Gates(relaxed_environment_variable_validation=False),
        {"containers": [{**NAME, "env": [{"name": "a b", "value": "x"}]}]},
        "Invalid containers[0].env[0].name",
    ),
    (
        Gates(relaxed_environment_variable_validation=False),
        {"containers": [{**NAME, "env": [{"name": "a.-_1", "value": "x"}]}]},
        "",
    ),
    (
        Gates(container_restart_rules=False),
        {"initContainers": [{**NAME, "name": "init", "restartPolicy": "Never"}]},
        "NotSupported initContainers[0].restartPolicy",
    ),
    (
        Gates(container_restart_rules=False),
        {"initContainers": [{**NAME, "name": "init", "restartPolicy": "Always"}]},
        "",
    ),
    (
        Gates(restart_all_containers_on_container_exits=False),
        {"initContainers": [{**NAME, "name": "init", "restartPolicy": "Always", **RULES}]},
        "Forbidden initContainers[0].restartPolicyRules",
    ),
    (
        Gates(restart_all_containers_on_container_exits=False),
        {"containers": [{**NAME, "restartPolicy": "Always", **RULES}]},
        "NotSupported containers[0].restartPolicyRules[0].action",
    ),
    (
        Gates(pod_lifecycle_sleep_action_allow_zero=False),
        {"containers": [{**NAME, "lifecycle": {"preStop": {"sleep": {"seconds": 0}}}}]},
        "Invalid containers[0].lifecycle.preStop.sleep",
    ),
    (
        Gates(in_place_pod_vertical_scaling=False),
        {"initContainers": [{**NAME, "name": "init", "resizePolicy": [KEPT]}]},
        "Invalid initContainers[0].resizePolicy",
    ),
]


@pytest.mark.parametrize(("fields", "wanted"), [*ENV, *PORTS_AND_MOUNTS, *LIVES, *RESOURCES])
def test_a_rule_of_containers_is_kept(fields: dict[str, Any], wanted: str) -> None:
    assert found({"containers": [{**NAME, **fields}]}, "spec.containers[0].") == said(wanted)


@pytest.mark.parametrize(("gates", "fields", "wanted"), OLD)
def test_what_a_gate_allows_is_refused_without_it(
    gates: Gates, fields: dict[str, Any], wanted: str
) -> None:
    assert found(fields, "spec.") == set()
    assert found(fields, "spec.", gates) == said(wanted)


def test_rules_without_a_policy_are_the_only_complaint_about_an_init_container() -> None:
    broken = {"restartPolicyRules": [{"action": "Sing"}]}
    init = {"initContainers": [{**NAME, "name": "init", **broken}]}
    assert found(init, "spec.") == said("Required initContainers[0].restartPolicy")
    assert len(found({"containers": [{**NAME, **broken}]}, "spec.")) == 3


def test_an_ephemeral_container_has_no_blanks_around_its_image_and_a_name_of_its_own() -> None:
    nameless = EphemeralContainer(
        image=" image", image_pull_policy="Always", termination_message_policy="File"
    )
    wrong = ephemeral_containers_problems([nameless, nameless], [], Scope(), "e")
    assert {(each.kind.removeprefix("FieldValue"), each.path) for each in wrong} == said(
        "Required e[0].name, Invalid e[0].image, "
        "Required e[1].name, Duplicate e[1].name, Invalid e[1].image"
    )


def test_an_ephemeral_container_mounts_whole_volumes() -> None:
    mount = VolumeMount(name="data", mount_path="/x", sub_path="y")
    container = EphemeralContainer(
        name="look",
        image="image",
        image_pull_policy="Always",
        termination_message_policy="File",
        volume_mounts=[mount],
    )
    scope = Scope(volumes={"data": Volume(name="data")})
    [problem] = ephemeral_containers_problems([container], [Container(name="app")], scope, "e")
    assert problem.path == "e[0].volumeMounts[0].subPath"


def test_a_field_reference_without_its_default_lacks_a_version() -> None:
    [problem] = field_ref_problems(ObjectFieldSelector(field_path="metadata.name"), [], "f")
    assert (problem.kind, problem.path) == (ProblemKind.REQUIRED, "f.apiVersion")
