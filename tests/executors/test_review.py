"""Every field the subprocess executor cannot honour is refused by its path."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from seedpod.errors import ProblemKind
from seedpod.executors.subprocess import SubprocessExecutor, _executor, _limits
from seedpod.executors.subprocess._cgroups import Cgroups, NoCgroups
from seedpod.executors.subprocess._view.bubblewrap import Bubblewrap
from seedpod.spec import (
    AppArmorProfile,
    Capabilities,
    Container,
    ContainerPort,
    EmptyDirVolumeSource,
    HostAlias,
    HostPathVolumeSource,
    Pod,
    PodOS,
    PodSecurityContext,
    PodSpec,
    ResourceClaim,
    ResourceRequirements,
    SeccompProfile,
    SecretVolumeSource,
    SecurityContext,
    SELinuxOptions,
    Sysctl,
    Volume,
    VolumeDevice,
    VolumeMount,
)
from seedpod.spec.resources import as_quantities

C = "spec.containers[0]"
OTHER = os.geteuid() + 1
GROUP = os.getegid() + 1
DATA = Volume(name="data", empty_dir=EmptyDirVolumeSource())
KEYS = Volume(name="keys", secret=SecretVolumeSource(secret_name="keys"))


def pod(container: Mapping[str, Any] | None = None, **spec: Any) -> Pod:
    fields: dict[str, Any] = {"name": "main", "command": ["true"], **(container or {})}
    fields = {"containers": [Container(**fields)], **spec}
    return Pod(spec=PodSpec(**fields))


@pytest.fixture(autouse=True)
def no_cgroups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this host has."""
    none = NoCgroups("there is none", dict.fromkeys(("cpu", "memory", "pids"), "there is none"))
    monkeypatch.setattr(_limits, "found_cgroups", lambda: none)


def refused(
    pod: Pod, isolation: Literal["none", "view"] = "none", **options: Any
) -> dict[str, str]:
    problems = SubprocessExecutor(isolation=isolation, **options).review(pod)
    assert all(each.kind is ProblemKind.UNSUPPORTED for each in problems)
    return {each.path: str(each) for each in problems}


def security(**fields: Any) -> dict[str, Any]:
    return {"container": {"security_context": SecurityContext(**fields)}}


def pod_security(**fields: Any) -> dict[str, Any]:
    return {"security_context": PodSecurityContext(**fields)}


def limits(amount: str) -> ResourceRequirements:
    return ResourceRequirements(limits=as_quantities({"cpu": amount}))


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"container": {"command": ()}}, f"{C}.command"),
        ({"container": {"command": (), "args": ["x"]}}, f"{C}.command"),
        ({"container": {"resources": limits("1")}}, f"{C}.resources.limits[cpu]"),
        ({"container": {"image": "dir:/srv/alpine"}}, f"{C}.image"),
        (
            {"container": {"resources": ResourceRequirements(claims=[ResourceClaim(name="gpu")])}},
            f"{C}.resources.claims",
        ),
        ({"container": {"stdin": True}}, f"{C}.stdin"),
        ({"container": {"stdin_once": True}}, f"{C}.stdinOnce"),
        ({"container": {"tty": True}}, f"{C}.tty"),
        ({"container": {"volume_devices": [VolumeDevice(name="disk")]}}, f"{C}.volumeDevices"),
        (
            {"container": {"ports": [ContainerPort(container_port=80, host_port=8080)]}},
            f"{C}.ports[0].hostPort",
        ),
        ({"container": {"termination_message_path": "/x"}}, f"{C}.terminationMessagePath"),
        (security(run_as_user=OTHER), f"{C}.securityContext.runAsUser"),
        (security(run_as_group=GROUP), f"{C}.securityContext.runAsGroup"),
        (security(read_only_root_filesystem=True), f"{C}.securityContext.readOnlyRootFilesystem"),
        (
            security(allow_privilege_escalation=False),
            f"{C}.securityContext.allowPrivilegeEscalation",
        ),
        (security(capabilities=Capabilities(add=["A"])), f"{C}.securityContext.capabilities.add"),
        (security(capabilities=Capabilities(drop=["A"])), f"{C}.securityContext.capabilities.drop"),
        (
            security(seccomp_profile=SeccompProfile(type="RuntimeDefault")),
            f"{C}.securityContext.seccompProfile.type",
        ),
        (
            security(app_armor_profile=AppArmorProfile(type="RuntimeDefault")),
            f"{C}.securityContext.appArmorProfile.type",
        ),
        (
            security(se_linux_options=SELinuxOptions(level="s0")),
            f"{C}.securityContext.seLinuxOptions",
        ),
        (security(windows_options={"a": "b"}), f"{C}.securityContext.windowsOptions"),
        (pod_security(run_as_user=OTHER), "spec.securityContext.runAsUser"),
        (
            pod_security(supplemental_groups=[GROUP + 7777]),
            "spec.securityContext.supplementalGroups",
        ),
        (
            pod_security(supplemental_groups_policy="Strict"),
            "spec.securityContext.supplementalGroupsPolicy",
        ),
        (pod_security(fs_group=GROUP), "spec.securityContext.fsGroup"),
        (pod_security(sysctls=[Sysctl(name="a", value="b")]), "spec.securityContext.sysctls"),
        ({"resources": limits("1")}, "spec.resources.limits[cpu]"),
        ({"hostname": "web"}, "spec.hostname"),
        ({"hostname_override": "web"}, "spec.hostnameOverride"),
        ({"subdomain": "web"}, "spec.subdomain"),
        ({"set_hostname_as_fqdn": True}, "spec.setHostnameAsFQDN"),
        ({"host_aliases": [HostAlias(ip="1.2.3.4")]}, "spec.hostAliases"),
        ({"dns_config": {"searches": ["a"]}}, "spec.dnsConfig"),
        ({"host_users": False}, "spec.hostUsers"),
        ({"os": PodOS(name="windows")}, "spec.os.name"),
    ],
)
def test_a_field_is_refused_by_name(fields: Mapping[str, Any], path: str) -> None:
    assert list(refused(pod(**fields))) == [path]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"container": {"ports": [ContainerPort(container_port=80, host_port=80)]}},
        {"container": {"termination_message_path": "/dev/termination-log", "image": "nginx"}},
        security(run_as_user=os.geteuid(), run_as_group=os.getegid(), proc_mount="Default"),
        security(seccomp_profile=SeccompProfile(type="Unconfined"), privileged=False),
        security(allow_privilege_escalation=True, read_only_root_filesystem=False),
        pod_security(fs_group=os.getegid(), supplemental_groups=os.getgroups()),
        {"hostname": os.uname().nodename, "os": PodOS(name="linux"), "dns_policy": "ClusterFirst"},
        {"host_network": True, "host_pid": True, "share_process_namespace": True},
    ],
)
def test_what_a_process_has_anyway_is_accepted(fields: Mapping[str, Any]) -> None:
    assert refused(pod(**fields)) == {}


@pytest.mark.parametrize(("user", "is_refused"), [(0, True), (1000, False)])
def test_not_being_root_is_a_question_of_who_we_are(
    monkeypatch: pytest.MonkeyPatch, user: int, is_refused: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    found = refused(pod(**pod_security(run_as_non_root=True)))
    assert ("spec.securityContext.runAsNonRoot" in found) is is_refused


def test_being_privileged_takes_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert list(refused(pod(**security(privileged=True)))) == [f"{C}.securityContext.privileged"]


def test_init_containers_are_reviewed_too() -> None:
    found = refused(pod(init_containers=[Container(name="first")]))
    assert list(found) == ["spec.initContainers[0].command"]


LIMITED = pod({"resources": limits("1")}, resources=limits("1"))


def test_limits_that_cannot_be_enforced_may_be_let_go() -> None:
    assert refused(LIMITED, limits="best-effort") == {}


@pytest.mark.parametrize("isolation", ["none", "view"])
def test_limits_are_refused_at_both_levels_as_far_as_cgroups_cannot_enforce_them(
    monkeypatch: pytest.MonkeyPatch, isolation: Literal["none", "view"]
) -> None:
    bubblewrap = Bubblewrap("/usr/bin/bwrap", is_root=True)
    monkeypatch.setattr(_executor, "found_bubblewrap", lambda: bubblewrap)
    assert list(refused(LIMITED, isolation)) == [
        "spec.resources.limits[cpu]",
        f"{C}.resources.limits[cpu]",
    ]
    monkeypatch.setattr(_limits, "found_cgroups", lambda: Cgroups((), {"memory": "why not"}))
    assert refused(LIMITED, isolation) == {}
    huge = ResourceRequirements(limits=as_quantities({"hugepages-2Mi": "2Mi", "memory": "1Gi"}))
    found = refused(pod({"resources": huge}), isolation)
    assert found[f"{C}.resources.limits[hugepages-2Mi]"].count("(nothing counts it)")
    assert found[f"{C}.resources.limits[memory]"].count("(why not)")


def test_limits_are_required_or_a_wish_and_nothing_else() -> None:
    with pytest.raises(ValueError, match="must be 'require' or 'best-effort'"):
        SubprocessExecutor(limits="enforce")  # type: ignore[arg-type]


def test_a_problem_says_what_was_found_and_what_can_be_done() -> None:
    found = refused(pod({"resources": limits("500m"), "command": ()}))
    command, limit = found.values()
    assert command == (
        f"{C}.command: the subprocess executor needs a command or args"
        " (there is no image to take an entrypoint from)"
    )
    assert limit == (
        f'{C}.resources.limits[cpu]: "500m": cannot be enforced here (there is none);'
        ' run without it by limits="best-effort" (--limits best-effort)'
    )


def mounting(*mounts: VolumeMount, volume: Volume = DATA) -> Pod:
    return pod({"volume_mounts": mounts}, volumes=[volume])


def test_a_mount_is_accepted_below_a_directory_given_for_it(tmp_path: Path) -> None:
    mount = VolumeMount(name="data", mount_path=f"{tmp_path}/data", sub_path="part")
    assert refused(mounting(mount), link_mounts_under=[tmp_path]) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_mount_elsewhere_is_refused() -> None:
    mounts = [VolumeMount(name="data", mount_path="/nowhere/data")]
    assert refused(mounting(*mounts)) == {
        f"{C}.volumeMounts[0].mountPath": (
            f'{C}.volumeMounts[0].mountPath: "/nowhere/data": nothing may be linked there; allow it'
            " with link_mounts_under, which must name a directory above it"
            " (--link-mounts-under /nowhere), or have it mounted in a view by isolation='view'"
            " (--isolation view)"
        )
    }


@pytest.mark.parametrize(
    ("volume", "options", "field"),
    [
        (DATA, {"read_only": True}, "readOnly"),
        (KEYS, {"read_only": True, "recursive_read_only": "Enabled"}, "recursiveReadOnly"),
        (DATA, {"mount_propagation": "HostToContainer"}, "mountPropagation"),
    ],
)
def test_an_option_of_a_mount_is_refused(
    tmp_path: Path, volume: Volume, options: Mapping[str, Any], field: str
) -> None:
    mount = VolumeMount(name=volume.name, mount_path=f"{tmp_path}/data", **options)
    found = refused(mounting(mount, volume=volume), link_mounts_under=[tmp_path])
    assert list(found) == [f"{C}.volumeMounts[0].{field}"]


def test_a_part_of_a_volume_may_depend_on_variables(tmp_path: Path) -> None:
    mount = VolumeMount(name="data", mount_path=f"{tmp_path}/data", sub_path_expr="$(NAME)")
    assert refused(mounting(mount), link_mounts_under=[tmp_path]) == {}


def test_volumes_that_are_read_only_anyway_may_say_so(tmp_path: Path) -> None:
    mount = VolumeMount(name="keys", mount_path=f"{tmp_path}/keys", read_only=True)
    assert refused(mounting(mount, volume=KEYS), link_mounts_under=[tmp_path]) == {}


def test_a_host_path_at_its_own_path_needs_no_permission(tmp_path: Path) -> None:
    volume = Volume(name="data", host_path=HostPathVolumeSource(path=f"{tmp_path}/"))
    whole = VolumeMount(name="data", mount_path=str(tmp_path))
    part = VolumeMount(name="data", mount_path=f"{tmp_path}/part", sub_path="part")
    assert refused(mounting(whole, part, volume=volume)) == {}


def test_where_something_is_already_nothing_can_be_mounted(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    mount = VolumeMount(name="data", mount_path=f"{tmp_path}/data")
    found = refused(mounting(mount), link_mounts_under=[tmp_path])
    assert "something is there already" in found[f"{C}.volumeMounts[0].mountPath"]


def test_containers_must_agree_on_what_is_where(tmp_path: Path) -> None:
    volumes = [DATA, empty_dir("more")]
    place = f"{tmp_path}/data"
    one = Container(
        name="one", command=["true"], volume_mounts=[VolumeMount(name="data", mount_path=place)]
    )
    two = Container(
        name="two", command=["true"], volume_mounts=[VolumeMount(name="more", mount_path=place)]
    )
    both = Pod(spec=PodSpec(containers=[one, one, two], volumes=volumes))
    found = refused(both, link_mounts_under=[tmp_path])
    assert list(found) == ["spec.containers[2].volumeMounts[0].mountPath"]
    assert "spec.containers[0].volumeMounts[0].mountPath has something else there" in next(
        iter(found.values())
    )


@pytest.mark.parametrize("places", [("a", "a/b"), ("a/b", "a")])
def test_a_mount_inside_a_mount_is_refused(tmp_path: Path, places: tuple[str, str]) -> None:
    mounts = [VolumeMount(name="data", mount_path=f"{tmp_path}/{place}") for place in places]
    found = refused(mounting(*mounts), link_mounts_under=[tmp_path])
    assert list(found) == [f"{C}.volumeMounts[1].mountPath"]
    assert "inside" in next(iter(found.values()))


def empty_dir(name: str) -> Volume:
    return Volume(name=name, empty_dir=EmptyDirVolumeSource())
