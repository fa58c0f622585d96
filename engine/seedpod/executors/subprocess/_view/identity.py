"""Whom a container runs as, and what it may do: what the manifest, the image and the host say.

Root runs bubblewrap without a user namespace, so that users are the host's own; another program,
util-linux's `setpriv`, changes the user once the view is set up. Anybody else can only be one user
in a namespace of his own, who may have any number.

Source: containerd, WithUser and WithAdditionalGIDs; its default capabilities.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import attrs

from seedpod._core.effective_security import EffectiveSecurity
from seedpod.status import ContainerUser, LinuxContainerUser

DEFAULT_CAPABILITIES: Final = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "NET_RAW",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
CAPABILITIES: Final = DEFAULT_CAPABILITIES | {
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "DAC_READ_SEARCH",
    "IPC_LOCK",
    "IPC_OWNER",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "NET_ADMIN",
    "NET_BROADCAST",
    "PERFMON",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
}
"""Every capability Linux has, without its prefix."""
_TO_CHANGE_USER: Final = frozenset({"SETUID", "SETGID", "SETPCAP"})


@attrs.frozen(kw_only=True)
class ImageUser:
    """The user of an image, or the host's own where there is no image."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class Identity:
    """What one container runs as."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    """Supplementary, without *gid*; sorted."""
    capabilities: frozenset[str]
    """What root may do; nobody else has any."""

    @property
    def user(self) -> ContainerUser:
        """As the status shows it."""
        groups = tuple(sorted({self.gid, *self.groups}))
        linux = LinuxContainerUser(uid=self.uid, gid=self.gid, supplemental_groups=groups)
        return ContainerUser(linux=linux)

    @property
    def changes_user(self) -> bool:
        """Whether root has to become somebody else, or has to change groups."""
        mine = (os.geteuid(), os.getegid(), {*os.getgroups()} - {os.getegid()})
        return (self.uid, self.gid, {*self.groups}) != mine

    def options(self, *, is_root: bool) -> Iterator[str]:
        """Bubblewrap's options.

        Args:
            is_root: Whether bubblewrap is run by root.
        """
        if not is_root:
            yield from ("--unshare-user", "--uid", str(self.uid), "--gid", str(self.gid))
            yield from ("--cap-drop", "ALL")
            return
        needed = _TO_CHANGE_USER if self.changes_user else frozenset[str]()
        yield from ("--cap-drop", "ALL")
        for name in sorted(self.capabilities | needed):
            yield from ("--cap-add", f"CAP_{name}")

    def change(self) -> tuple[str, ...]:
        """The arguments by which `setpriv` becomes this user, and has no capability too many."""
        groups = ",".join(map(str, self.groups))
        kept = ",".join(["-all", *(f"+{name.lower()}" for name in sorted(self.capabilities))])
        return (
            f"--reuid={self.uid}",
            f"--regid={self.gid}",
            f"--groups={groups}" if groups else "--clear-groups",
            f"--bounding-set={kept}",
            f"--inh-caps={kept if self.uid == 0 else '-all'}",
        )


def identity_of(security: EffectiveSecurity, user: ImageUser) -> Identity:
    """Whom a container runs as.

    Args:
        security: What the manifest asks for.
        user: Whom it runs as if the manifest asks for nobody; or, if the manifest asks for a user,
            what the image knows of that one.
    """
    gid = user.gid if security.group is None else security.group
    groups = {*security.groups, *(user.groups if security.has_image_groups else ())}
    return Identity(
        uid=user.uid if security.user is None else security.user,
        gid=gid,
        groups=tuple(sorted(groups - {gid})),
        capabilities=capabilities_of(security),
    )


def capabilities_of(security: EffectiveSecurity) -> frozenset[str]:
    """What a container may do if it runs as root; without the prefix `CAP_`."""
    added = {capability(name) for name in security.added_capabilities}
    dropped = {capability(name) for name in security.dropped_capabilities}
    base = CAPABILITIES if "ALL" in added else DEFAULT_CAPABILITIES
    if "ALL" in dropped:
        base = frozenset[str]()
    return (base | (added - {"ALL"})) - (dropped - {"ALL"})


def capability(name: str) -> str:
    """The name without its prefix, which Kubernetes' manifests may have or not."""
    return name.upper().removeprefix("CAP_")
