"""Rules about pods and volumes that Kubernetes' own tables do not show one by one."""

from __future__ import annotations

from typing import Any, Final

import pytest

from seedpod._core.defaults import with_defaults
from seedpod._core.validation import problems
from seedpod._core.validation.volumes import made_claims_problems
from seedpod.errors import ProblemKind
from seedpod.spec import Pod, Volume
from tests.conformance.rows import structured
from tests.core.kinds_and_paths import NAME, found, said

WINDOWS: Final = {"securityContext": {"windowsOptions": {"runAsUserName": "me"}}}
OUTSIDE: Final = {"type": "Localhost", "localhostProfile": "../x"}

SECURITY: Final[list[tuple[dict[str, Any], str]]] = [
    ({"runAsGroup": 2**31}, "Invalid runAsGroup"),
    ({"procMount": "Masked"}, "NotSupported procMount"),
    ({"procMount": "Unmasked"}, "Invalid procMount"),
    (
        {"allowPrivilegeEscalation": False, "capabilities": {"add": ["CAP_SYS_ADMIN"]}},
        "Invalid spec.containers[0].securityContext",
    ),
    (
        {"allowPrivilegeEscalation": False, "privileged": True},
        "Invalid spec.containers[0].securityContext",
    ),
    ({"seccompProfile": {"type": "Localhost", "localhostProfile": ""}}, ""),
    (
        {"seccompProfile": {"type": "Unconfined", "localhostProfile": "x"}},
        "Invalid seccompProfile.localhostProfile",
    ),
    (
        {"appArmorProfile": {"type": "Strict", "localhostProfile": "x"}},
        "NotSupported appArmorProfile.type",
    ),
    (
        {"appArmorProfile": {"type": "Localhost", "localhostProfile": " x"}},
        "Invalid appArmorProfile.localhostProfile",
    ),
    (
        {"appArmorProfile": {"type": "Localhost", "localhostProfile": ""}},
        "Required appArmorProfile.localhostProfile",
    ),
    (
        {"appArmorProfile": {"type": "Localhost", "localhostProfile": "x" * 4096}},
        "TooLong appArmorProfile.localhostProfile",
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
    (
        {"hostNetwork": True, "securityContext": {"sysctls": [{"name": "net/core/somaxconn"}]}},
        "Invalid securityContext.sysctls[0].name",
    ),
    (
        {"hostIPC": True, "securityContext": {"sysctls": [{"name": "kernel.sem"}]}},
        "Invalid securityContext.sysctls[0].name",
    ),
    (
        {"hostIPC": True, "securityContext": {"sysctls": [{"name": "net.core.somaxconn"}]}},
        "",
    ),
    (
        {"securityContext": {"seLinuxChangePolicy": "Never"}},
        "NotSupported securityContext.seLinuxChangePolicy",
    ),
    (
        {"hostUsers": False, "hostNetwork": True, "hostPID": True, "hostIPC": True},
        "Forbidden hostNetwork, Forbidden HostPID, Forbidden HostIPC",
    ),
    (
        {
            "hostUsers": False,
            "initContainers": [
                {
                    **NAME,
                    "name": "init",
                    "volumeDevices": [{"name": "disk", "devicePath": "/dev/x"}],
                }
            ],
        },
        "Forbidden initContainers[0].volumeDevices",
    ),
]
DNS: Final[list[tuple[dict[str, Any], str]]] = [
    ({"dnsPolicy": "Mine"}, "NotSupported dnsPolicy"),
    ({"dnsPolicy": "None"}, "Required dnsConfig"),
    ({"dnsPolicy": "None", "dnsConfig": {}}, "Required dnsConfig.nameservers"),
    ({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["1.1.1.1", "::1"]}}, ""),
    (
        {"dnsConfig": {"nameservers": ["1.1.1.1", "2.2.2.2", "3.3.3.3", "me"]}},
        "Invalid dnsConfig.nameservers, Invalid dnsConfig.nameservers[3]",
    ),
    ({"dnsConfig": {"searches": [".", "a.b.", "_a.b_c"]}}, ""),
    ({"dnsConfig": {"searches": ["a", "A"]}}, "Invalid dnsConfig.searches[1]"),
    ({"dnsConfig": {"searches": ["a"] * 33}}, "Invalid dnsConfig.searches"),
    ({"dnsConfig": {"searches": [f"{'a' * 63}.{'b' * 60}"] * 17}}, "Invalid dnsConfig.searches"),
    (
        {"dnsConfig": {"options": [{"name": "ndots"}, {"value": "1"}]}},
        "Required dnsConfig.options[1]",
    ),
]
SCHEDULING: Final[list[tuple[dict[str, Any], str]]] = [
    ({"nodeName": "A"}, "Invalid nodeName"),
    ({"priorityClassName": "A"}, "Invalid priorityClassName"),
    ({"runtimeClassName": ""}, "Invalid runtimeClassName"),
    ({"preemptionPolicy": "Always"}, "NotSupported preemptionPolicy"),
    ({"nodeSelector": {"a": "b c"}}, "Invalid nodeSelector"),
    (
        {"schedulingGates": [{"name": "a"}, {"name": "a"}, {"name": "b c"}]},
        "Duplicate schedulingGates[1], Invalid schedulingGates[2]",
    ),
    ({"tolerations": [{"operator": "Exists"}, {"key": "a", "value": "b"}]}, ""),
    ({"tolerations": [{"key": "a b"}]}, "Invalid tolerations[0].key"),
    ({"tolerations": [{"value": "b"}]}, "Invalid tolerations[0].operator"),
    ({"tolerations": [{"key": "a", "value": "b c"}]}, "Invalid tolerations[0].operator"),
    (
        {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]},
        "Invalid tolerations[0].operator",
    ),
    ({"tolerations": [{"key": "a", "operator": "In"}]}, "NotSupported tolerations[0].operator"),
    ({"tolerations": [{"key": "a", "effect": "Now"}]}, "NotSupported tolerations[0].effect"),
    (
        {"tolerations": [{"key": "a", "effect": "NoSchedule", "tolerationSeconds": 1}]},
        "Invalid tolerations[0].effect",
    ),
    ({"resourceClaims": [{"resourceClaimName": "a"}]}, "Required resourceClaims[0].name"),
    (
        {"resourceClaims": [{"name": "a.b", "resourceClaimName": "A"}]},
        "Invalid resourceClaims[0].name, Invalid resourceClaims[0].resourceClaimName",
    ),
    (
        {"resourceClaims": [{"name": "a", "resourceClaimName": "a"}, {"name": "a"}]},
        "Duplicate resourceClaims[1].name, Invalid resourceClaims[1]",
    ),
    (
        {
            "resourceClaims": [
                {"name": "a", "resourceClaimName": "a", "resourceClaimTemplateName": "a"}
            ]
        },
        "Invalid resourceClaims[0]",
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
            "Required projected.path"
        ),
    ),
    (
        {"name": "x", "projected": {"sources": [{"serviceAccountToken": {"path": "/t"}}]}},
        "Invalid projected.path",
    ),
    ({"name": "x", "ephemeral": {}}, "Required ephemeral.volumeClaimTemplate"),
    ({"name": "x", "nfs": {}}, ""),
    (
        {"name": "x", "projected": {"sources": [{"downwardAPI": {"items": [{"path": "p"}]}}]}},
        "Required projected.sources[0].downwardAPI",
    ),
    (
        {"name": "x" * 63, "ephemeral": {"volumeClaimTemplate": {}}},
        "",
    ),
    (
        {"name": "x", "secret": {"secretName": "s"}, "configMap": {"name": "c"}},
        "Forbidden configMap",
    ),
    (
        {
            "name": "x",
            "projected": {"sources": [{"secret": {"name": "s"}, "configMap": {}}]},
        },
        "Required projected.sources[0].configMap.name, Forbidden projected.sources[0]",
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


@pytest.mark.parametrize(("fields", "wanted"), SECURITY)
def test_a_rule_of_security_is_kept(fields: dict[str, Any], wanted: str) -> None:
    spec = {"containers": [{**NAME, "securityContext": fields}]}
    assert found(spec, "spec.containers[0].securityContext.") == said(wanted)


@pytest.mark.parametrize(("fields", "wanted"), [*POD, *DNS, *SCHEDULING])
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


def test_the_claim_of_an_ephemeral_volume_has_a_name_that_fits() -> None:
    volume = Volume(name="disk", ephemeral={"volumeClaimTemplate": {}})
    assert list(made_claims_problems([volume], "x" * 248, "v")) == []
    [problem] = made_claims_problems([volume], "x" * 249, "v")
    assert (problem.kind, problem.path) == (ProblemKind.INVALID, "v[0].name")
