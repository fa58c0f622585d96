"""A security context in the words of the engine.

Source: cri-dockerd, security_context.go; kubelet, for what holds where nothing is said: no seccomp
profile, the runtime's own AppArmor profile.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seedpod.deriving import EffectiveSecurity, effective_security
from seedpod.spec import Container, PodSpec


def security_of(
    spec: PodSpec, container: Container, profiles: Path, *, is_podman: bool = False
) -> dict[str, Any]:
    """The part of a container's `HostConfig` that says what it may do.

    Args:
        spec: Of the pod, with defaults.
        container: One of its containers.
        profiles: Where seccomp profiles of the type `Localhost` are.
        is_podman: Whether the engine reads profiles itself, and is told where they are.

    Raises:
        ValueError: A profile cannot be read.
    """
    security = effective_security(spec, container)
    config: dict[str, Any] = {
        "Privileged": security.is_privileged,
        "ReadonlyRootfs": security.has_read_only_root,
        "CapAdd": [_capability(name) for name in security.added_capabilities],
        "CapDrop": [_capability(name) for name in security.dropped_capabilities],
        "GroupAdd": [str(group) for group in security.groups],
        "SecurityOpt": list(_options(security, profiles, is_podman=is_podman)),
    }
    if security.proc_mount == "Unmasked":
        config |= {"MaskedPaths": [], "ReadonlyPaths": []}
    return config


def _capability(name: str) -> str:
    """By its plain name: engines differ in whether they know the prefix."""
    return name.upper().removeprefix("CAP_")


def _options(security: EffectiveSecurity, profiles: Path, *, is_podman: bool) -> Iterator[str]:
    if not security.may_gain_privileges:
        yield "no-new-privileges"
    yield from _seccomp(security, profiles, is_podman=is_podman)
    yield from _app_armor(security)
    label = security.se_linux
    if label is not None:
        for field in ("user", "role", "type", "level"):
            value = getattr(label, field)
            if value:
                yield f"label={field}:{value}"


def _seccomp(security: EffectiveSecurity, profiles: Path, *, is_podman: bool) -> Iterator[str]:
    profile = security.seccomp
    if security.is_privileged:
        return  # has none whatever is said
    if profile is None or profile.type == "Unconfined":
        yield "seccomp=unconfined"
    elif profile.type == "Localhost":
        file = profiles / (profile.localhost_profile or "")
        try:
            read = json.loads(file.read_bytes())
        except (OSError, ValueError) as error:
            raise ValueError(f"cannot load seccomp profile {file}: {error}") from error
        yield f"seccomp={file.absolute() if is_podman else json.dumps(read)}"


def _app_armor(security: EffectiveSecurity) -> Iterator[str]:
    profile = security.app_armor
    if profile is None or profile.type == "RuntimeDefault":
        return
    name = "unconfined" if profile.type == "Unconfined" else profile.localhost_profile
    yield f"apparmor={name}"
