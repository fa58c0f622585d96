"""Whom containers run as: the host process's own user and groups."""

from __future__ import annotations

import os

from seedpod.status import ContainerUser, LinuxContainerUser


def user_of_host() -> ContainerUser:
    """The user and groups that this process, and whatever it starts, has now."""
    groups = tuple(sorted({os.getegid(), *os.getgroups()}))
    linux = LinuxContainerUser(uid=os.geteuid(), gid=os.getegid(), supplemental_groups=groups)
    return ContainerUser(linux=linux)
