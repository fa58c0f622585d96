"""Who a container runs as, and what it may do."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from seedpod.spec.frozen import JsonValue, as_json_map, as_tuple


@attrs.frozen(kw_only=True)
class Capabilities:
    """Linux capabilities added to and dropped from the default set."""

    add: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    drop: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)


@attrs.frozen(kw_only=True)
class SELinuxOptions:
    """The SELinux label of a container."""

    user: str = ""
    role: str = ""
    type: str = ""
    level: str = ""


@attrs.frozen(kw_only=True)
class SeccompProfile:
    """The system call filter of a container."""

    type: str = ""
    """`RuntimeDefault`, `Unconfined` or `Localhost`."""
    localhost_profile: str | None = None


@attrs.frozen(kw_only=True)
class AppArmorProfile:
    """The AppArmor profile of a container."""

    type: str = ""
    """`RuntimeDefault`, `Unconfined` or `Localhost`."""
    localhost_profile: str | None = None


@attrs.frozen(kw_only=True)
class Sysctl:
    """One kernel parameter of the pod's namespaces."""

    name: str = ""
    value: str = ""


@attrs.frozen(kw_only=True)
class SecurityContext:
    """One container's; what is set here goes before the pod's."""

    capabilities: Capabilities | None = None
    privileged: bool | None = None
    se_linux_options: SELinuxOptions | None = None
    windows_options: Mapping[str, JsonValue] | None = attrs.field(
        default=None, converter=as_json_map
    )
    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None
    read_only_root_filesystem: bool | None = None
    allow_privilege_escalation: bool | None = None
    proc_mount: str | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None


@attrs.frozen(kw_only=True)
class PodSecurityContext:
    """The pod's; containers inherit what they do not set themselves."""

    se_linux_options: SELinuxOptions | None = None
    windows_options: Mapping[str, JsonValue] | None = attrs.field(
        default=None, converter=as_json_map
    )
    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None
    supplemental_groups: tuple[int, ...] = attrs.field(default=(), converter=as_tuple)
    supplemental_groups_policy: str | None = None
    fs_group: int | None = None
    """The group that owns the pod's volumes."""
    sysctls: tuple[Sysctl, ...] = attrs.field(default=(), converter=as_tuple)
    fs_group_change_policy: str | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None
    se_linux_change_policy: str | None = None
