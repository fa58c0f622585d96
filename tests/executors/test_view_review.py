"""Every field that a view cannot honour is refused by its path; everything else is not."""

from __future__ import annotations

import os
from typing import Any

import pytest

from seedpod.errors import ProblemKind
from seedpod.executors.subprocess import SubprocessExecutor
from tests.executors.as_user import assert_passes_as_user
from tests.executors.inside import container, in_a_view, pod_of

IS_ROOT = os.geteuid() == 0
C = "spec.containers[0]"
S = f"{C}.securityContext"
P = "spec.securityContext"
OWN = "each container has processes of its own; run it with isolation='none' (--isolation none)"


def refused(one: dict[str, Any] | None = None, **spec: Any) -> dict[str, str]:
    """The problems of a pod, by path, without the path."""
    [pod] = pod_of(one or container("true"), **spec)
    problems = SubprocessExecutor(isolation="view").review(pod)
    assert all(each.kind is ProblemKind.UNSUPPORTED for each in problems)
    return {each.path: str(each).removeprefix(f"{each.path}: ") for each in problems}


def with_context(**context: Any) -> dict[str, Any]:
    return container("true", securityContext=context)


@in_a_view
def test_a_plain_pod_is_fine() -> None:
    assert refused() == {}


@in_a_view
@pytest.mark.parametrize(
    ("spec", "path", "sentence"),
    [
        ({"subdomain": "sub"}, "spec.subdomain", "sub: there is no DNS for pods here"),
        (
            {"setHostnameAsFQDN": True},
            "spec.setHostnameAsFQDN",
            "true: there is no DNS for pods here",
        ),
        (
            {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["1.1.1.1"]}},
            "spec.dnsConfig",
            "containers have the host's own /etc/resolv.conf",
        ),
        ({"hostUsers": False}, "spec.hostUsers", "false: containers have the host's users"),
        ({"hostPID": True}, "spec.hostPID", f"true: {OWN}"),
        ({"shareProcessNamespace": True}, "spec.shareProcessNamespace", f"true: {OWN}"),
        (
            {"os": {"name": "windows"}},
            "spec.os.name",
            "windows: containers run on this host, which is linux",
        ),
        (
            {"securityContext": {"sysctls": [{"name": "kernel.shm_rmid_forced", "value": "1"}]}},
            f"{P}.sysctls",
            "['kernel.shm_rmid_forced']: containers have the host's kernel parameters",
        ),
        (
            {"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}},
            f"{P}.appArmorProfile.type",
            "RuntimeDefault: must be Unconfined: a view has no AppArmor profile",
        ),
        (
            {"securityContext": {"seLinuxOptions": {"level": "s0"}}},
            f"{P}.seLinuxOptions",
            "containers have the label of the host process",
        ),
    ],
)
def test_a_field_of_the_pod_is_refused(spec: dict[str, Any], path: str, sentence: str) -> None:
    found = refused(**spec)
    assert list(found) == [path]
    assert found[path].replace("'", "").replace('"', "") == sentence.replace("'", "")


@in_a_view
@pytest.mark.parametrize(
    ("fields", "path", "sentence"),
    [
        (
            {"securityContext": {"privileged": True}},
            f"{S}.privileged",
            "a view cannot be left; run it with isolation='none' (--isolation none)",
        ),
        (
            {"securityContext": {"capabilities": {"drop": ["NO_SUCH"]}}},
            f"{S}.capabilities.drop",
            "must be capabilities that Linux has",
        ),
        (
            {"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}},
            f"{S}.appArmorProfile.type",
            "must be Unconfined: a view has no AppArmor profile",
        ),
        (
            {"securityContext": {"seLinuxOptions": {"level": "s0"}}},
            f"{S}.seLinuxOptions",
            "containers have the label of the host process",
        ),
        (
            {"securityContext": {"runAsNonRoot": True, "runAsUser": 0}},
            f"{S}.runAsUser",
            "container's runAsUser breaks non-root policy",
        ),
        ({"stdin": True}, f"{C}.stdin", "containers read from /dev/null here, and write to pipes"),
        ({"tty": True}, f"{C}.tty", "containers read from /dev/null here, and write to pipes"),
        (
            {"command": []},
            f"{C}.command",
            "the subprocess executor needs a command or args (the host's files have no entrypoint)",
        ),
        (
            {"command": [], "args": ["x"]},
            f"{C}.command",
            "needs a command, not args alone (the host's files have no entrypoint)",
        ),
        ({"image": "dir:relative"}, f"{C}.image", ""),
    ],
)
def test_a_field_of_a_container_is_refused(
    fields: dict[str, Any], path: str, sentence: str
) -> None:
    one = {**container("true"), **fields}
    found = refused(one)
    assert list(found) == [path]
    assert sentence in found[path]


@in_a_view
def test_a_way_of_mounting_that_a_view_cannot_do_is_refused() -> None:
    mount = {"name": "data", "mountPath": "/data", "mountPropagation": "HostToContainer"}
    volumes = [{"name": "data", "hostPath": {"path": "/usr"}}]
    found = refused(container("true", volumeMounts=[mount]), volumes=volumes)
    path = f"{C}.volumeMounts[0].mountPropagation"
    assert list(found) == [path]
    assert "a view never sees what is mounted on the host later" in found[path]


@in_a_view
def test_what_init_containers_cannot_have_is_refused_by_their_own_path() -> None:
    init = {**container("true", name="first"), "securityContext": {"privileged": True}}
    found = refused(initContainers=[init])
    assert list(found) == ["spec.initContainers[0].securityContext.privileged"]


@in_a_view
def test_who_must_not_be_root_is_refused_where_the_host_process_is() -> None:
    found = refused(with_context(runAsNonRoot=True))
    if IS_ROOT:
        assert found == {
            f"{S}.runAsNonRoot": "true: containers run as the user of the host process, which is"
            " root; set runAsUser"
        }
    else:
        assert found == {}
    assert refused(with_context(runAsNonRoot=True, runAsUser=1000)) == {}
    assert bool(refused(securityContext={"runAsNonRoot": True})) == IS_ROOT
    assert (
        refused(container("true", image="dir:/srv/x"), securityContext={"runAsNonRoot": True}) == {}
    )


@in_a_view
def test_what_takes_root_is_refused_to_who_is_not() -> None:
    added = refused(with_context(capabilities={"add": ["NET_ADMIN"]}))
    groups = refused(securityContext={"supplementalGroups": [12345]})
    if IS_ROOT:
        assert added == groups == {}
        return
    assert list(added) == [f"{S}.capabilities.add"]
    assert list(groups) == [f"{P}.supplementalGroups"]
    assert "the host process is not root" in added[f"{S}.capabilities.add"]
    assert refused(securityContext={"supplementalGroups": [os.getegid()]}) == {}


@in_a_view
@pytest.mark.parametrize(
    "spec",
    [
        {"hostname": "other"},
        {"hostNetwork": True},
        {"hostIPC": True},
        {"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["one"]}]},
        {"securityContext": {"runAsUser": 1, "runAsGroup": 2}},
        {"securityContext": {"appArmorProfile": {"type": "Unconfined"}}},
        {"securityContext": {"seccompProfile": {"type": "Unconfined"}}},
    ],
)
def test_what_takes_a_view_is_accepted(spec: dict[str, Any]) -> None:
    assert refused(**spec) == {}


@in_a_view
@pytest.mark.parametrize(
    "context",
    [
        {"readOnlyRootFilesystem": True},
        {"allowPrivilegeEscalation": False},
        {"runAsUser": 1234, "runAsGroup": 1},
        {"capabilities": {"drop": ["ALL"]}},
        {"capabilities": {"drop": ["CAP_CHOWN", "net_raw"]}},
        {"procMount": "Default"},
    ],
)
def test_what_takes_a_view_is_accepted_of_a_container(context: dict[str, Any]) -> None:
    assert refused(with_context(**context)) == {}


@in_a_view
def test_volumes_may_be_anywhere() -> None:
    mounts = [
        {"name": "data", "mountPath": path, "readOnly": path == "/usr/data"}
        for path in ("/data", "/usr/data", "/data/inner", "/etc")
    ]
    volumes = [{"name": "data", "emptyDir": {}}]
    assert refused(container("true", volumeMounts=mounts), volumes=volumes) == {}


@in_a_view
def test_an_ordinary_user_is_refused_what_takes_root() -> None:
    assert_passes_as_user(__file__)
