"""Rules of Kubernetes that its own tables do not show one by one: kind and path of each problem."""

from __future__ import annotations

from typing import Any, Final

import pytest

from seedpod._core.defaults import with_defaults
from seedpod._core.validation import problems
from seedpod._core.validation.container import ephemeral_containers_problems
from seedpod._core.validation.fieldrefs import field_ref_problems
from seedpod._core.validation.scope import Scope
from seedpod.errors import ProblemKind
from seedpod.spec import (
    Container,
    EphemeralContainer,
    ObjectFieldSelector,
    Pod,
    Volume,
    VolumeMount,
)
from tests.conformance.vectors_support import structured

NAME: Final = {"name": "app", "image": "image"}
TCP: Final = {"tcpSocket": {"port": 80}}
CLAIM: Final = {"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}
WINDOWS: Final = {"securityContext": {"windowsOptions": {"runAsUserName": "me"}}}
OUTSIDE: Final = {"type": "Localhost", "localhostProfile": "../x"}

ENV: Final[list[tuple[dict[str, Any], str]]] = [
    ({"env": [{"value": "x"}]}, "Required env[0].name"),
    (
        {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {}}}]},
        (
            "Required env[0].valueFrom.configMapKeyRef.name, "
            "Required env[0].valueFrom.configMapKeyRef.key"
        ),
    ),
    (
        {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "a/b"}}}]},
        "Invalid env[0].valueFrom.secretKeyRef.key",
    ),
    (
        {"env": [{"name": "A", "valueFrom": {"fileKeyRef": {"path": "f", "key": "a=b"}}}]},
        "Required env[0].valueFrom.fileKeyRef.volumeName, Invalid env[0].valueFrom.fileKeyRef.key",
    ),
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
    ({"resources": {"claims": [{"name": "gpu"}]}}, "NotFound resources.claims[0].name"),
    ({"resources": {"claims": [{}]}}, "Required resources.claims[0].name"),
    (
        {"resources": {"claims": [{"name": "one"}, {"name": "one"}]}},
        "Duplicate resources.claims[1]",
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
SECURITY: Final[list[tuple[dict[str, Any], str]]] = [
    ({"runAsGroup": 2**31}, "Invalid runAsGroup"),
    ({"procMount": "Masked"}, "NotSupported procMount"),
    ({"procMount": "Unmasked"}, "Invalid procMount"),
    (
        {"allowPrivilegeEscalation": False, "capabilities": {"add": ["CAP_SYS_ADMIN"]}},
        "Invalid allowPrivilegeEscalation",
    ),
    ({"seccompProfile": {}}, "Required seccompProfile.type"),
    ({"seccompProfile": {"type": "Strict"}}, "NotSupported seccompProfile.type"),
    ({"seccompProfile": {"type": "Localhost"}}, "Required seccompProfile.localhostProfile"),
    ({"seccompProfile": OUTSIDE}, "Invalid seccompProfile.localhostProfile"),
    (
        {"appArmorProfile": {"type": "Unconfined", "localhostProfile": "x"}},
        "Invalid appArmorProfile.localhostProfile",
    ),
]
POD: Final[list[tuple[dict[str, Any], str]]] = [
    ({"hostname": "a.b"}, "Invalid hostname"),
    ({"subdomain": "A"}, "Invalid subdomain"),
    ({"hostnameOverride": "a" * 65}, "TooLong hostnameOverride"),
    ({"hostnameOverride": "a", "setHostnameAsFQDN": True}, "Forbidden hostnameOverride"),
    ({"hostAliases": [{"ip": "::1", "hostnames": ["A"]}]}, "Invalid hostAliases[0].hostnames[0]"),
    ({"hostAliases": [{"ip": "fe80::1%eth0"}]}, "Invalid hostAliases[0].ip"),
    ({"activeDeadlineSeconds": 2**31}, "Invalid activeDeadlineSeconds"),
    ({"overhead": {"cpu": "-1"}}, "Invalid overhead[cpu]"),
    ({"overhead": {"gpu": "1"}}, "Invalid overhead[gpu]"),
    ({"os": {}}, "Required os.name"),
    ({"os": {"name": "plan9"}}, "NotSupported os.name"),
    (
        {"os": {"name": "windows"}, "hostPID": True, "securityContext": {"fsGroup": 1}},
        "Forbidden hostPID, Forbidden securityContext.fsGroup",
    ),
    (
        {"os": {"name": "windows"}, "resources": {"limits": {"cpu": "1"}}},
        "Forbidden resources",
    ),
    (
        {"os": {"name": "linux"}, "initContainers": [{**NAME, "name": "init", **WINDOWS}]},
        "Forbidden initContainers[0].securityContext.windowsOptions",
    ),
    (
        {"os": {"name": "linux"}, "ephemeralContainers": [{**NAME, "name": "look", **WINDOWS}]},
        (
            "Forbidden ephemeralContainers[0].securityContext.windowsOptions, "
            "Forbidden ephemeralContainers"
        ),
    ),
    ({"resources": {"claims": [{"name": "one"}]}}, "Forbidden resources.claims"),
    (
        {
            "resources": {"limits": {"cpu": "1", "hugepages-2Mi": "2Mi"}},
            "initContainers": [
                {
                    "name": "init",
                    "image": "image",
                    "resources": {"limits": {"cpu": "1", "hugepages-2Mi": "4Mi"}},
                }
            ],
        },
        "Invalid resources.limits[hugepages-2Mi], Invalid resources.requests",
    ),
    ({"securityContext": {"fsGroup": -1}}, "Invalid securityContext.fsGroup"),
    (
        {"securityContext": {"supplementalGroups": [1, -1]}},
        "Invalid securityContext.supplementalGroups[1]",
    ),
    (
        {"securityContext": {"fsGroupChangePolicy": "Once"}},
        "NotSupported securityContext.fsGroupChangePolicy",
    ),
    ({"securityContext": {"sysctls": [{}]}}, "Required securityContext.sysctls[0].name"),
    (
        {"securityContext": {"sysctls": [{"name": "A"}]}},
        "Invalid securityContext.sysctls[0].name",
    ),
    (
        {"securityContext": {"sysctls": [{"name": "a.b"}, {"name": "a/b"}]}},
        "Duplicate securityContext.sysctls[1].name",
    ),
]
VOLUMES: Final[list[tuple[dict[str, Any], str]]] = [
    ({"emptyDir": {}}, "Required name"),
    (
        {"name": "x", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}] * 2}},
        "Invalid projected",
    ),
    ({"name": "x", "emptyDir": {"sizeLimit": "-1"}}, "Forbidden emptyDir.sizeLimit"),
    ({"name": "x", "hostPath": {"path": "/a/../b"}}, "Invalid hostPath.path"),
    ({"name": "x", "secret": {}}, "Required secret.secretName"),
    ({"name": "x", "configMap": {}}, "Required configMap.name"),
    (
        {"name": "x", "configMap": {"name": "c", "items": [{"path": "p"}]}},
        "Required configMap.items[0].key",
    ),
    (
        {"name": "x", "configMap": {"name": "c", "items": [{"key": "k", "path": "..p"}]}},
        "Invalid configMap.items[0].path",
    ),
    ({"name": "x", "image": {}}, "Required image.reference"),
    (
        {"name": "x", "image": {"reference": "r", "pullPolicy": "Often"}},
        "NotSupported image.pullPolicy",
    ),
    ({"name": "x", "persistentVolumeClaim": {}}, "Required persistentVolumeClaim.claimName"),
    ({"name": "x", "downwardAPI": {"items": [{"path": "p"}]}}, "Required downwardAPI"),
    (
        {
            "name": "x",
            "downwardAPI": {"items": [{"path": "p", "resourceFieldRef": {"resource": "x"}}]},
        },
        "Required downwardAPI.resourceFieldRef.containerName",
    ),
    (
        {
            "name": "x",
            "projected": {"sources": [{"serviceAccountToken": {"expirationSeconds": 599}}]},
        },
        (
            "Invalid projected.sources[0].serviceAccountToken.expirationSeconds, "
            "Required projected.sources[0].serviceAccountToken.path"
        ),
    ),
    (
        {"name": "x", "projected": {"sources": [{"serviceAccountToken": {"path": "/t"}}]}},
        "Invalid projected.sources[0].serviceAccountToken.path",
    ),
]
METADATA: Final[list[tuple[dict[str, Any], str]]] = [
    ({"name": "Web"}, "Invalid name"),
    ({"namespace": "a.b"}, "Invalid namespace"),
    ({"name": "", "generateName": "A-"}, "Invalid generateName"),
    ({"labels": {"a": "b c"}}, "Invalid labels"),
    ({"annotations": {"a b": ""}}, "Invalid annotations"),
    ({"annotations": {"a": "x" * 2**18}}, "TooLong annotations"),
]


@pytest.mark.parametrize(("fields", "wanted"), [*ENV, *PORTS_AND_MOUNTS, *LIVES, *RESOURCES])
def test_a_rule_of_containers_is_kept(fields: dict[str, Any], wanted: str) -> None:
    assert found({"containers": [{**NAME, **fields}]}, "spec.containers[0].") == said(wanted)


@pytest.mark.parametrize(("fields", "wanted"), SECURITY)
def test_a_rule_of_security_is_kept(fields: dict[str, Any], wanted: str) -> None:
    spec = {"containers": [{**NAME, "securityContext": fields}]}
    assert found(spec, "spec.containers[0].securityContext.") == said(wanted)


@pytest.mark.parametrize(("fields", "wanted"), POD)
def test_a_rule_of_pods_is_kept(fields: dict[str, Any], wanted: str) -> None:
    assert found(fields, "spec.") == said(wanted)


@pytest.mark.parametrize(("fields", "wanted"), VOLUMES)
def test_a_rule_of_volumes_is_kept(fields: dict[str, Any], wanted: str) -> None:
    spec = {"volumes": [fields], "serviceAccountName": "me"}
    assert found(spec, "spec.volumes[0].") == said(wanted)


@pytest.mark.parametrize(("fields", "wanted"), METADATA)
def test_a_rule_of_metadata_is_kept(fields: dict[str, Any], wanted: str) -> None:
    raw = {"metadata": {"name": "web", **fields}, "spec": {"containers": [NAME]}}
    wrong = problems(with_defaults(structured(Pod, raw)))
    assert {(each.kind, each.path) for each in wrong} == {
        (f"FieldValue{kind}", f"metadata.{path}") for kind, path in said(wanted)
    }


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


def found(fields: dict[str, Any], under: str) -> set[tuple[str, str]]:
    """Kind and path of what is wrong with a pod that has a volume, a disk and a claim."""
    spec = {
        "containers": [NAME],
        "volumes": [{"name": "data"}, CLAIM],
        "resourceClaims": [{"name": "one"}],
        **fields,
    }
    pod = with_defaults(structured(Pod, {"metadata": {"name": "web"}, "spec": spec}))
    wrong = problems(pod)
    return {(each.kind.removeprefix("FieldValue"), each.path.removeprefix(under)) for each in wrong}


def said(wanted: str) -> set[tuple[str, str]]:
    """The kinds and paths of a line of a table."""
    pairs = (line.split(" ") for line in wanted.split(", "))
    return {(kind, path) for kind, path in pairs}
