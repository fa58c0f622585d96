"""What of a security context cannot be honoured: nearly all that is not so anyway."""

from __future__ import annotations

import os
from collections.abc import Iterator

from seedpod.errors import ABSENT, Problem
from seedpod.executors.subprocess._problem import unsupported
from seedpod.spec import Container, PodSecurityContext, PodSpec, SecurityContext


def review_pod_security(spec: PodSpec) -> Iterator[Problem]:
    """The problems of the pod's own security context."""
    context = spec.security_context
    if context is None:
        return
    path = "spec.securityContext"
    yield from _review_identity(path, context)
    yield from _review_confinement(path, context)
    others = set(context.supplemental_groups) - {os.getegid(), *os.getgroups()}
    if others:
        wanted = "containers have the groups of the host process, and not these"
        yield unsupported(f"{path}.supplementalGroups", sorted(others), wanted)
    if context.supplemental_groups_policy == "Strict":
        wanted = "containers have all groups of the host process"
        yield unsupported(f"{path}.supplementalGroupsPolicy", "Strict", wanted)
    if context.fs_group is not None and context.fs_group != os.getegid():
        wanted = f"volumes belong to the group of the host process, {os.getegid()}"
        yield unsupported(f"{path}.fsGroup", context.fs_group, wanted)
    if context.sysctls:
        names = [each.name for each in context.sysctls]
        yield unsupported(f"{path}.sysctls", names, "containers have the host's kernel parameters")


def review_container_security(path: str, container: Container) -> Iterator[Problem]:
    """The problems of the security context of the container at *path*."""
    context = container.security_context
    if context is None:
        return
    path = f"{path}.securityContext"
    yield from _review_identity(path, context)
    yield from _review_confinement(path, context)
    if context.capabilities is not None:
        for field in ("add", "drop"):
            names = list(getattr(context.capabilities, field))
            if names:
                wanted = "containers have the capabilities of the host process"
                yield unsupported(f"{path}.capabilities.{field}", names, wanted)
    if context.privileged and os.geteuid() != 0:
        yield unsupported(f"{path}.privileged", found=True, wanted="the host process is not root")
    if context.read_only_root_filesystem:
        wanted = "containers have the host's files, and may write where its user may"
        yield unsupported(f"{path}.readOnlyRootFilesystem", found=True, wanted=wanted)
    if context.allow_privilege_escalation is False:
        wanted = "a plain process cannot be kept from running setuid programs here"
        yield unsupported(f"{path}.allowPrivilegeEscalation", found=False, wanted=wanted)


def _review_identity(path: str, context: SecurityContext | PodSecurityContext) -> Iterator[Problem]:
    user, group = os.geteuid(), os.getegid()
    if context.run_as_user is not None and context.run_as_user != user:
        wanted = f"containers run as the user of the host process, {user}"
        yield unsupported(f"{path}.runAsUser", context.run_as_user, wanted)
    if context.run_as_group is not None and context.run_as_group != group:
        wanted = f"containers run as the group of the host process, {group}"
        yield unsupported(f"{path}.runAsGroup", context.run_as_group, wanted)
    if context.run_as_non_root and user == 0:
        wanted = "containers run as the user of the host process, which is root"
        yield unsupported(f"{path}.runAsNonRoot", found=True, wanted=wanted)


def _review_confinement(
    path: str, context: SecurityContext | PodSecurityContext
) -> Iterator[Problem]:
    for field, profile in (
        ("seccompProfile", context.seccomp_profile),
        ("appArmorProfile", context.app_armor_profile),
    ):
        if profile is not None and profile.type != "Unconfined":
            wanted = "must be Unconfined: nothing confines containers here"
            yield unsupported(f"{path}.{field}.type", profile.type, wanted)
    yield from review_labels(path, context)


def review_labels(path: str, context: SecurityContext | PodSecurityContext) -> Iterator[Problem]:
    """What of another system, or of a label, no container has."""
    if context.se_linux_options is not None:
        wanted = "containers have the label of the host process"
        yield unsupported(f"{path}.seLinuxOptions", ABSENT, wanted)
    if context.windows_options is not None:
        wanted = "containers run on this host, which is linux"
        yield unsupported(f"{path}.windowsOptions", ABSENT, wanted)
