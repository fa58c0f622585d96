"""Whom a container runs as, and what it may do: its own security context over that of its pod.

Source: kubelet, securitycontext.DetermineEffectiveSecurityContext; what only a pod has, and what
only a container has, stands beside it.
"""

from __future__ import annotations

import attrs

from seedpod.spec import (
    AppArmorProfile,
    Container,
    PodSecurityContext,
    PodSpec,
    SeccompProfile,
    SecurityContext,
    SELinuxOptions,
)

_OF_NONE = SecurityContext()
_OF_NO_POD = PodSecurityContext()


@attrs.frozen(kw_only=True)
class EffectiveSecurity:
    """What holds for one container; None: nobody asks for anything."""

    user: int | None
    """The uid to run as; None: the image's."""
    group: int | None
    """The primary gid; None: the user's."""
    groups: tuple[int, ...]
    """Further gids: the pod's `supplementalGroups` and its `fsGroup`; sorted."""
    must_not_be_root: bool
    """`runAsNonRoot`."""
    has_image_groups: bool
    """Whether it keeps the groups the image gives its user: not with the policy `Strict`."""
    is_privileged: bool
    has_read_only_root: bool
    may_gain_privileges: bool
    """False: `no_new_privs` is set."""
    added_capabilities: tuple[str, ...]
    """As the manifest spells them."""
    dropped_capabilities: tuple[str, ...]
    proc_mount: str
    """`Default` or `Unmasked`."""
    seccomp: SeccompProfile | None
    app_armor: AppArmorProfile | None
    se_linux: SELinuxOptions | None


def effective_security(spec: PodSpec, container: Container) -> EffectiveSecurity:
    """What holds for *container* in a pod of this *spec*."""
    pod = spec.security_context or _OF_NO_POD
    own = container.security_context or _OF_NONE
    capabilities = own.capabilities
    groups = {*pod.supplemental_groups, *(() if pod.fs_group is None else (pod.fs_group,))}
    return EffectiveSecurity(
        user=_first(own.run_as_user, pod.run_as_user),
        group=_first(own.run_as_group, pod.run_as_group),
        groups=tuple(sorted(groups)),
        must_not_be_root=bool(
            pod.run_as_non_root if own.run_as_non_root is None else own.run_as_non_root
        ),
        has_image_groups=pod.supplemental_groups_policy != "Strict",
        is_privileged=bool(own.privileged),
        has_read_only_root=bool(own.read_only_root_filesystem),
        may_gain_privileges=own.allow_privilege_escalation is not False,
        added_capabilities=() if capabilities is None else capabilities.add,
        dropped_capabilities=() if capabilities is None else capabilities.drop,
        proc_mount=own.proc_mount or "Default",
        seccomp=own.seccomp_profile or pod.seccomp_profile,
        app_armor=own.app_armor_profile or pod.app_armor_profile,
        se_linux=own.se_linux_options or pod.se_linux_options,
    )


def _first(own: int | None, pod: int | None) -> int | None:
    return pod if own is None else own
