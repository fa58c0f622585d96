"""A security context in the words of the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seedpod.spec import Pod
from seedpod_docker._security import security_of
from tests.plugins.docker.manifests import Fields, pod


def config(of: Pod, profiles: Path = Path("/nowhere")) -> dict[str, Any]:
    return security_of(of.spec, of.spec.containers[0], profiles)


def own(profiles: Path = Path("/nowhere"), /, **context: object) -> dict[str, Any]:
    """Of a container with this context, in a pod with none."""
    return config(pod({"securityContext": context}), profiles)


def options(profiles: Path = Path("/nowhere"), /, **context: object) -> list[str]:
    found: list[str] = own(profiles, **context)["SecurityOpt"]
    return found


def local(name: str) -> Fields:
    return {"type": "Localhost", "localhostProfile": name}


def test_where_nothing_is_said_a_kubelet_s_defaults_hold() -> None:
    assert config(pod()) == {
        "Privileged": False,
        "ReadonlyRootfs": False,
        "CapAdd": [],
        "CapDrop": [],
        "GroupAdd": [],
        "SecurityOpt": ["seccomp=unconfined"],
    }


def test_a_container_may_be_privileged_and_its_root_read_only() -> None:
    assert own(privileged=True)["Privileged"] is True
    assert own(readOnlyRootFilesystem=True)["ReadonlyRootfs"] is True


def test_capabilities_go_by_their_plain_names() -> None:
    made = own(
        capabilities={
            "add": ["NET_ADMIN", "CAP_SYS_TIME", "cap_kill"],
            "drop": ["ALL", "CAP_CHOWN"],
        }
    )
    assert made["CapAdd"] == ["NET_ADMIN", "SYS_TIME", "KILL"]
    assert made["CapDrop"] == ["ALL", "CHOWN"]


def test_groups_are_the_supplemental_ones_and_that_of_the_volumes() -> None:
    context = {"supplementalGroups": [30, 4], "fsGroup": 20}
    assert config(pod(securityContext=context))["GroupAdd"] == ["4", "20", "30"]


@pytest.mark.parametrize(("may", "is_set"), [(None, False), (True, False), (False, True)])
def test_privileges_may_be_gained_unless_that_is_denied(may: bool | None, is_set: bool) -> None:
    assert ("no-new-privileges" in options(allowPrivilegeEscalation=may)) is is_set


@pytest.mark.parametrize(
    ("profile", "asked"),
    [({"type": "Unconfined"}, ["seccomp=unconfined"]), ({"type": "RuntimeDefault"}, [])],
)
def test_seccomp_is_what_the_profile_says(profile: Fields, asked: list[str]) -> None:
    assert options(seccompProfile=profile) == asked
    assert config(pod(securityContext={"seccompProfile": profile}))["SecurityOpt"] == asked


def test_a_privileged_container_has_no_seccomp_profile() -> None:
    assert options(privileged=True) == []
    assert options(privileged=True, seccompProfile=local("missing.json")) == []


def test_a_container_has_its_own_seccomp_profile_before_that_of_the_pod() -> None:
    web = pod(
        {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}},
        securityContext={"seccompProfile": {"type": "Unconfined"}},
    )
    assert config(web)["SecurityOpt"] == []


def test_a_seccomp_profile_of_a_file_is_sent_whole(tmp_path: Path) -> None:
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["chmod"]}]}
    (tmp_path / "own").mkdir()
    (tmp_path / "own/audit.json").write_text(json.dumps(profile, indent=2))
    [option] = options(tmp_path, seccompProfile=local("own/audit.json"))
    name, _, sent = option.partition("=")
    assert (name, json.loads(sent)) == ("seccomp", profile)
    assert "\n" not in sent


def test_podman_reads_a_seccomp_profile_itself(tmp_path: Path) -> None:
    (tmp_path / "audit.json").write_text("{}")
    web = pod({"securityContext": {"seccompProfile": local("audit.json")}})
    made = security_of(web.spec, web.spec.containers[0], tmp_path, is_podman=True)
    assert made["SecurityOpt"] == [f"seccomp={tmp_path}/audit.json"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file or directory"), (b"{", "Expecting property"), (b"\xff", "decode")],
)
def test_a_seccomp_profile_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "audit.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=reason) as caught:
        own(tmp_path, seccompProfile=local("audit.json"))
    assert str(caught.value).startswith(f"cannot load seccomp profile {file}: ")


@pytest.mark.parametrize(
    ("profile", "asked"),
    [
        ({"type": "RuntimeDefault"}, []),
        ({"type": "Unconfined"}, ["apparmor=unconfined"]),
        (local("k8s-nginx"), ["apparmor=k8s-nginx"]),
    ],
)
def test_app_armor_is_what_the_profile_says(profile: Fields, asked: list[str]) -> None:
    assert options(appArmorProfile=profile) == ["seccomp=unconfined", *asked]
    context = {"appArmorProfile": profile}
    assert config(pod(securityContext=context))["SecurityOpt"] == ["seccomp=unconfined", *asked]


def test_se_linux_labels_are_those_that_are_given() -> None:
    label = {"user": "system_u", "role": "system_r", "type": "spc_t", "level": "s0:c1,c2"}
    assert options(seLinuxOptions=label)[1:] == [
        "label=user:system_u",
        "label=role:system_r",
        "label=type:spc_t",
        "label=level:s0:c1,c2",
    ]
    assert options(seLinuxOptions={"level": "s0:c1,c2"})[1:] == ["label=level:s0:c1,c2"]


def test_proc_is_masked_unless_it_is_not_to_be() -> None:
    assert own(procMount="Default").keys().isdisjoint({"MaskedPaths", "ReadonlyPaths"})
    web = pod({"securityContext": {"procMount": "Unmasked"}}, hostUsers=False)
    made = config(web)
    assert (made["MaskedPaths"], made["ReadonlyPaths"]) == ([], [])
