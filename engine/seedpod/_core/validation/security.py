"""What is wrong with who a container runs as, and what it may do.

Source: kubernetes, pkg/apis/core/validation: ValidateSecurityContext,
validatePodSpecSecurityContext.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from seedpod._core.validation import text
from seedpod._core.validation.report import (
    choice_problems,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
    too_long,
)
from seedpod._core.validation.scope import Scope
from seedpod.errors import Problem
from seedpod.spec.pod import PodSpec
from seedpod.spec.security import (
    AppArmorProfile,
    PodSecurityContext,
    SeccompProfile,
    SecurityContext,
    Sysctl,
)

_LOCALHOST: Final = "Localhost"
_PROFILES: Final = ("RuntimeDefault", "Unconfined", _LOCALHOST)
_FOR_LOCALHOST: Final = "must be set for type Localhost only"
_PROC_MOUNTS: Final = ("Default", "Unmasked")
_CHANGE_POLICIES: Final = ("Always", "OnRootMismatch")
_GROUPS_POLICIES: Final = ("Merge", "Strict")
_SE_LINUX_POLICIES: Final = ("Recursive", "MountOption")
_LONGEST_PROFILE: Final = 4095
_IPC_SYSCTLS: Final = ("kernel.shm", "kernel.msg", "fs.mqueue.")
_SYSCTL: Final = re.compile(
    r"[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?(?:[./][a-z0-9](?:[-_a-z0-9]*[a-z0-9])?)*"
)


def security_problems(context: SecurityContext, scope: Scope, path: str) -> Iterator[Problem]:
    """What is wrong with one container's security context."""
    yield from _identity_problems(context, path)
    if context.privileged and not scope.gates.allow_privileged:
        yield forbidden(f"{path}.privileged", "privileged containers are not allowed here", True)
    if context.proc_mount is not None:
        if context.proc_mount not in _PROC_MOUNTS:
            yield not_supported(f"{path}.procMount", context.proc_mount, _PROC_MOUNTS)
        if context.proc_mount == "Unmasked" and scope.host_users is not False:
            wanted = "needs hostUsers: false"
            yield invalid(f"{path}.procMount", context.proc_mount, wanted)
    if context.allow_privilege_escalation is False:
        # Kubernetes reports it at the context as a whole, and we with it.
        wanted = "allowPrivilegeEscalation must not be false where"
        if context.privileged:
            yield invalid(path, False, f"{wanted} privileged is true")
        if context.capabilities and "CAP_SYS_ADMIN" in context.capabilities.add:
            yield invalid(path, False, f"{wanted} CAP_SYS_ADMIN is added")
    yield from _profiles_problems(context, path)


def pod_security_problems(
    context: PodSecurityContext, spec: PodSpec, path: str
) -> Iterator[Problem]:
    """What is wrong with the security context of a pod."""
    yield from _identity_problems(context, path)
    if context.fs_group is not None and not text.is_id(context.fs_group):
        yield invalid(f"{path}.fsGroup", context.fs_group, text.USER_ID)
    for index, group in enumerate(context.supplemental_groups):
        if not text.is_id(group):
            yield invalid(f"{path}.supplementalGroups[{index}]", group, text.USER_ID)
    for field, found, choices in (
        ("fsGroupChangePolicy", context.fs_group_change_policy, _CHANGE_POLICIES),
        ("supplementalGroupsPolicy", context.supplemental_groups_policy, _GROUPS_POLICIES),
        ("seLinuxChangePolicy", context.se_linux_change_policy, _SE_LINUX_POLICIES),
    ):
        if found is not None and found not in choices:
            yield not_supported(f"{path}.{field}", found, choices)
    if context.sysctls:
        yield from _sysctls_problems(context.sysctls, spec, f"{path}.sysctls")
    yield from _profiles_problems(context, path)
    yield from namespace_problems(spec, path)


def user_namespace_problems(spec: PodSpec, path: str) -> Iterator[Problem]:
    """What a pod must not share with the host if it has users of its own; *path* is the spec's."""
    if spec.host_users is not False:
        return
    wanted = "must not be set where hostUsers is false"
    # Kubernetes writes two of the names with a capital, and we with it.
    for field, is_set in (
        ("hostNetwork", spec.host_network),
        ("HostPID", spec.host_pid),
        ("HostIPC", spec.host_ipc),
    ):
        if is_set:
            yield forbidden(f"{path}.{field}", wanted)
    for field, containers in (
        ("containers", spec.containers),
        ("initContainers", spec.init_containers),
        ("ephemeralContainers", spec.ephemeral_containers),
    ):
        for index, container in enumerate(containers):
            if container.volume_devices:
                yield forbidden(f"{path}.{field}[{index}].volumeDevices", wanted)


def namespace_problems(spec: PodSpec, path: str) -> Iterator[Problem]:
    """Process namespaces that exclude each other; *path* is that of the security context."""
    if spec.share_process_namespace and spec.host_pid:
        where = f"{path}.shareProcessNamespace"
        yield invalid(where, spec.share_process_namespace, "must not be set together with hostPID")


def _identity_problems(
    context: SecurityContext | PodSecurityContext, path: str
) -> Iterator[Problem]:
    if context.run_as_user is not None and not text.is_id(context.run_as_user):
        yield invalid(f"{path}.runAsUser", context.run_as_user, text.USER_ID)
    if context.run_as_group is not None and not text.is_id(context.run_as_group):
        yield invalid(f"{path}.runAsGroup", context.run_as_group, text.USER_ID)


def _profiles_problems(
    context: SecurityContext | PodSecurityContext, path: str
) -> Iterator[Problem]:
    if context.seccomp_profile is not None:
        yield from _seccomp_problems(context.seccomp_profile, f"{path}.seccompProfile")
    if context.app_armor_profile is not None:
        yield from _app_armor_problems(context.app_armor_profile, f"{path}.appArmorProfile")


def _seccomp_problems(profile: SeccompProfile, path: str) -> Iterator[Problem]:
    yield from choice_problems(profile.type, _PROFILES, f"{path}.type")
    file, where = profile.localhost_profile, f"{path}.localhostProfile"
    if profile.type != _LOCALHOST:
        if file is not None:
            yield invalid(where, file, _FOR_LOCALHOST)
    elif file is None:
        yield required(where, "must be set for type Localhost")
    elif file.startswith("/") or text.has_backstep(file):
        yield invalid(where, file, "must be a relative path without '..'")


def _app_armor_problems(profile: AppArmorProfile, path: str) -> Iterator[Problem]:
    yield from choice_problems(profile.type, _PROFILES, f"{path}.type")
    name, where = profile.localhost_profile, f"{path}.localhostProfile"
    if profile.type == _LOCALHOST:
        if not name:
            yield required(where, "must be set for type Localhost")
        elif name != name.strip():
            yield invalid(where, name, "must have no blanks at its ends")
        if name and len(name) > _LONGEST_PROFILE:
            yield too_long(where, name, f"must be at most {_LONGEST_PROFILE} characters")
    elif name is not None and profile.type in _PROFILES:
        yield invalid(where, name, _FOR_LOCALHOST)


def _sysctls_problems(sysctls: Sequence[Sysctl], spec: PodSpec, path: str) -> Iterator[Problem]:
    names: set[str] = set()
    for index, sysctl in enumerate(sysctls):
        name = sysctl.name.replace("/", ".")
        if not sysctl.name:
            yield required(f"{path}[{index}].name", "must name a kernel parameter")
        elif len(sysctl.name) > 253 or _SYSCTL.fullmatch(sysctl.name) is None:
            wanted = "must be a kernel parameter, such as net.core.somaxconn"
            yield invalid(f"{path}[{index}].name", sysctl.name, wanted)
        elif name in names:
            yield duplicate(f"{path}[{index}].name", sysctl.name)
        names.add(name)
        shared = _shared_with_host(name, spec)
        if shared:
            yield invalid(f"{path}[{index}].name", sysctl.name, f"must not be set with {shared}")


def _shared_with_host(sysctl: str, spec: PodSpec) -> str:
    """The field that makes this parameter the host's own; empty: it is the pod's."""
    if spec.host_network and sysctl.startswith("net."):
        return "hostNetwork"
    if spec.host_ipc and (sysctl == "kernel.sem" or sysctl.startswith(_IPC_SYSCTLS)):
        return "hostIPC"
    return ""
