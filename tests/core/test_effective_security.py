"""What holds for a container: its own security context over that of its pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from seedpod._core.effective_security import EffectiveSecurity, effective_security
from seedpod.spec import (
    AppArmorProfile,
    Capabilities,
    Container,
    PodSecurityContext,
    PodSpec,
    SeccompProfile,
    SecurityContext,
    SELinuxOptions,
)

OF_NOBODY = EffectiveSecurity(
    user=None,
    group=None,
    groups=(),
    must_not_be_root=False,
    has_image_groups=True,
    is_privileged=False,
    has_read_only_root=False,
    may_gain_privileges=True,
    added_capabilities=(),
    dropped_capabilities=(),
    proc_mount="Default",
    seccomp=None,
    app_armor=None,
    se_linux=None,
)
UNCONFINED, USUAL = SeccompProfile(type="Unconfined"), SeccompProfile(type="RuntimeDefault")
LOOSE, TIGHT = AppArmorProfile(type="Unconfined"), AppArmorProfile(type="RuntimeDefault")
LOW, HIGH = SELinuxOptions(level="s0"), SELinuxOptions(level="s1")


def held(pod: Mapping[str, Any], own: Mapping[str, Any]) -> EffectiveSecurity:
    container = Container(name="app", security_context=SecurityContext(**own))
    return effective_security(PodSpec(security_context=PodSecurityContext(**pod)), container)


@pytest.mark.parametrize("pod", [None, PodSecurityContext()])
@pytest.mark.parametrize("own", [None, SecurityContext(), SecurityContext(proc_mount="Default")])
def test_nothing_holds_that_nobody_asks_for(
    pod: PodSecurityContext | None, own: SecurityContext | None
) -> None:
    spec = PodSpec(security_context=pod)
    assert effective_security(spec, Container(name="app", security_context=own)) == OF_NOBODY


@pytest.mark.parametrize(
    ("field", "of_pod", "of_container", "found"),
    [
        ("run_as_user", 1000, 0, "user"),
        ("run_as_group", 1000, 0, "group"),
        ("run_as_non_root", True, False, "must_not_be_root"),
        ("seccomp_profile", USUAL, UNCONFINED, "seccomp"),
        ("app_armor_profile", TIGHT, LOOSE, "app_armor"),
        ("se_linux_options", LOW, HIGH, "se_linux"),
    ],
)
def test_a_container_has_what_its_pod_says_unless_it_says_something_itself(
    field: str, of_pod: object, of_container: object, found: str
) -> None:
    assert getattr(held({field: of_pod}, {}), found) == of_pod
    assert getattr(held({field: of_pod}, {field: of_container}), found) == of_container
    assert getattr(held({}, {field: of_container}), found) == of_container


def test_a_container_without_a_security_context_has_its_pods() -> None:
    spec = PodSpec(security_context=PodSecurityContext(run_as_user=7, run_as_non_root=True))
    found = effective_security(spec, Container(name="app"))
    assert (found.user, found.must_not_be_root) == (7, True)


def test_further_groups_are_those_of_the_pod_and_of_its_volumes_each_once() -> None:
    assert held({"supplemental_groups": [9, 5]}, {}).groups == (5, 9)
    assert held({"supplemental_groups": [9, 5], "fs_group": 7}, {}).groups == (5, 7, 9)
    assert held({"supplemental_groups": [9, 5], "fs_group": 9}, {}).groups == (5, 9)
    assert held({"fs_group": 0}, {}).groups == (0,)


@pytest.mark.parametrize(("policy", "has"), [(None, True), ("Merge", True), ("Strict", False)])
def test_only_a_strict_policy_leaves_out_the_groups_of_the_image(
    policy: str | None, *, has: bool
) -> None:
    assert held({"supplemental_groups_policy": policy}, {}).has_image_groups == has


@pytest.mark.parametrize(("allowed", "may"), [(None, True), (True, True), (False, False)])
def test_who_is_not_told_otherwise_may_gain_privileges(allowed: bool | None, *, may: bool) -> None:
    assert held({}, {"allow_privilege_escalation": allowed}).may_gain_privileges == may


def test_what_only_a_container_can_ask_for_holds_as_it_is_written() -> None:
    found = held(
        {},
        {
            "capabilities": Capabilities(add=["CAP_SYS_TIME", "net_admin"], drop=["ALL"]),
            "privileged": True,
            "read_only_root_filesystem": True,
            "proc_mount": "Unmasked",
        },
    )
    assert found.added_capabilities == ("CAP_SYS_TIME", "net_admin")
    assert found.dropped_capabilities == ("ALL",)
    assert (found.is_privileged, found.has_read_only_root) == (True, True)
    assert found.proc_mount == "Unmasked"
