"""What all pods of one executor share: its choices, and what the engine has said of itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

SECCOMP_PROFILES: Final = Path("/var/lib/kubelet/seccomp")
"""Where a kubelet keeps profiles of the type `Localhost`."""
READ_ONLY_BELOW: Final = (1, 44)
"""The version of the interface that can make what is mounted below a mount read-only too."""


@attrs.frozen(kw_only=True)
class Choices:
    """How the executor was asked to go about it."""

    network: str = "bridge"
    """The network of the engine that pods are attached to."""
    has_init: bool = False
    """Whether each container gets the engine's own init process as process 1."""
    pids_limit: int | None = None
    seccomp_profiles: Path = SECCOMP_PROFILES
    is_kept: bool = False
    """Whether containers outlive the host process."""
    sandbox_image: str = ""
    """What holds the namespaces of a pod; empty: an image that is made on the spot."""


@attrs.frozen(kw_only=True)
class EngineFacts:
    """What the engine has said of itself."""

    is_podman: bool = False
    version: tuple[int, int] = (1, 40)
    """Of its interface."""
    architecture: str = "x86_64"
    memory_bytes: int = 0
    is_local: bool = True
    """Whether it has the files of this machine."""
    is_rootless: bool = False
    has_app_armor: bool = True
    is_reachable: bool = True
    """Whether addresses of pods can be reached from here."""
    host_addresses: tuple[str, ...] = ()
    """Where containers reach the host."""

    @classmethod
    def of(
        cls, info: Mapping[str, Any], *, is_podman: bool, version: tuple[int, int]
    ) -> EngineFacts:
        """From what `GET /info` answers."""
        options = " ".join(info.get("SecurityOptions") or ())
        is_rootless = "name=rootless" in options
        is_desktop = "Docker Desktop" in (info.get("OperatingSystem") or "")
        return cls(
            is_podman=is_podman,
            version=version,
            architecture=info.get("Architecture") or "x86_64",
            memory_bytes=info.get("MemTotal") or 0,
            is_rootless=is_rootless,
            has_app_armor="name=apparmor" in options,
            is_reachable=not (is_rootless or is_desktop),
        )
