"""What of a security context cannot be honoured at the level `view`."""

from __future__ import annotations

import os
from collections.abc import Iterator

from seedpod._core.effective_security import effective_security
from seedpod.errors import Problem
from seedpod.executors.subprocess._images.reference import reference
from seedpod.executors.subprocess._problem import unsupported
from seedpod.executors.subprocess._review_security import review_labels
from seedpod.executors.subprocess._view.bubblewrap import Bubblewrap
from seedpod.executors.subprocess._view.identity import CAPABILITIES, capability
from seedpod.spec import Container, PodSecurityContext, PodSpec, SecurityContext

_NO_ROOT = "the host process is not root"


def review_pod_security(spec: PodSpec, bubblewrap: Bubblewrap) -> Iterator[Problem]:
    """The problems of the pod's own security context."""
    context = spec.security_context
    if context is None:
        return
    path = "spec.securityContext"
    yield from _review_confinement(path, context)
    if context.supplemental_groups and not bubblewrap.is_root:
        others = sorted({*context.supplemental_groups} - {os.getegid(), *os.getgroups()})
        if others:
            yield unsupported(f"{path}.supplementalGroups", others, _NO_ROOT)
    if context.sysctls:
        names = [each.name for each in context.sysctls]
        yield unsupported(f"{path}.sysctls", names, "containers have the host's kernel parameters")


def review_container_security(
    path: str, spec: PodSpec, container: Container, bubblewrap: Bubblewrap
) -> Iterator[Problem]:
    """The problems of the security context of the container at *path*."""
    security = effective_security(spec, container)
    if security.must_not_be_root:
        yield from _review_root(path, container, security.user)
    context = container.security_context
    if context is None:
        return
    path = f"{path}.securityContext"
    yield from _review_confinement(path, context)
    yield from _review_capabilities(path, context, bubblewrap)
    if context.privileged:
        wanted = "a view cannot be left; run it with isolation='none' (--isolation none)"
        yield unsupported(f"{path}.privileged", found=True, wanted=wanted)
    if context.proc_mount not in {None, "Default"}:
        wanted = "must be Default: parts of /proc are read-only in a view"
        yield unsupported(f"{path}.procMount", context.proc_mount, wanted)


def _review_root(path: str, container: Container, asked: int | None) -> Iterator[Problem]:
    """Kubernetes would let such a container wait for ever."""
    if asked == 0:
        wanted = "container's runAsUser breaks non-root policy"
        yield unsupported(f"{path}.securityContext.runAsUser", 0, wanted)
    elif asked is None and os.geteuid() == 0 and _is_of_host(container):
        wanted = "containers run as the user of the host process, which is root; set runAsUser"
        yield unsupported(f"{path}.securityContext.runAsNonRoot", found=True, wanted=wanted)


def _is_of_host(container: Container) -> bool:
    try:
        return reference(container.image) is None
    except ValueError:
        return False


def _review_capabilities(
    path: str, context: SecurityContext, bubblewrap: Bubblewrap
) -> Iterator[Problem]:
    if context.capabilities is None:
        return
    for field in ("add", "drop"):
        names: tuple[str, ...] = getattr(context.capabilities, field)
        unknown = [name for name in names if capability(name) not in CAPABILITIES | {"ALL"}]
        if unknown:
            wanted = "must be capabilities that Linux has"
            yield unsupported(f"{path}.capabilities.{field}", unknown, wanted)
    added = list(context.capabilities.add)
    if added and not bubblewrap.is_root:
        yield unsupported(f"{path}.capabilities.add", added, _NO_ROOT)


def _review_confinement(
    path: str, context: SecurityContext | PodSecurityContext
) -> Iterator[Problem]:
    seccomp = context.seccomp_profile
    if seccomp is not None and seccomp.type != "Unconfined":
        from seedpod.executors.subprocess._seccomp import lacking  # noqa: PLC0415 (rarely used)

        missing = lacking()
        if missing is not None:
            yield unsupported(f"{path}.seccompProfile.type", seccomp.type, missing)
    armour = context.app_armor_profile
    if armour is not None and armour.type != "Unconfined":
        wanted = "must be Unconfined: a view has no AppArmor profile"
        yield unsupported(f"{path}.appArmorProfile.type", armour.type, wanted)
    yield from review_labels(path, context)
