"""What a pod must not set for the operating system it names.

Source: kubernetes, pkg/apis/core/validation: validateLinux, validateWindows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from seedpod._core.validation.report import choice_problems, forbidden
from seedpod.errors import Problem
from seedpod.spec.container import Container
from seedpod.spec.naming import camel_case
from seedpod.spec.pod import PodOS, PodSpec
from seedpod.spec.security import PodSecurityContext, SecurityContext

_SYSTEMS: Final = ("linux", "windows")
_LINUX_ONLY: Final = (
    "se_linux_options",
    "seccomp_profile",
    "app_armor_profile",
    "fs_group",
    "fs_group_change_policy",
    "sysctls",
    "run_as_user",
    "run_as_group",
    "supplemental_groups",
    "supplemental_groups_policy",
    "se_linux_change_policy",
    "capabilities",
    "read_only_root_filesystem",
    "privileged",
    "allow_privilege_escalation",
    "proc_mount",
)
_LINUX_ONLY_OF_POD: Final = ("host_pid", "host_ipc", "host_users", "share_process_namespace")


def platform_problems(os: PodOS, spec: PodSpec, path: str) -> Iterator[Problem]:
    """What is wrong with the operating system, and what does not exist on it."""
    yield from choice_problems(os.name, _SYSTEMS, f"{path}.os.name")
    if os.name == "linux":
        unknown: tuple[str, ...] = ("windows_options",)
    elif os.name == "windows":
        unknown = _LINUX_ONLY
        for name in _LINUX_ONLY_OF_POD:
            if getattr(spec, name):
                yield forbidden(f"{path}.{camel_case(name)}", "does not exist on windows")
    else:
        return
    yield from _context_problems(spec.security_context, unknown, os.name, path)
    for field, container in _all_containers(spec):
        yield from _context_problems(
            container.security_context, unknown, os.name, f"{path}.{field}"
        )


def _context_problems(
    context: PodSecurityContext | SecurityContext | None,
    unknown: tuple[str, ...],
    os: str,
    path: str,
) -> Iterator[Problem]:
    if context is None:
        return
    for name in unknown:
        if getattr(context, name, None) not in {None, ()}:
            yield forbidden(f"{path}.securityContext.{camel_case(name)}", f"does not exist on {os}")


def _all_containers(spec: PodSpec) -> Iterator[tuple[str, Container]]:
    for index, container in enumerate(spec.containers):
        yield f"containers[{index}]", container
    for index, container in enumerate(spec.init_containers):
        yield f"initContainers[{index}]", container
    for index, container in enumerate(spec.ephemeral_containers):
        yield f"ephemeralContainers[{index}]", container
