"""Groups of processes that the kernel holds to limits: cgroups, of version 1, 2, or both."""

from __future__ import annotations

from seedpod._core.cgroup_values import GroupLimits as GroupLimits
from seedpod.executors.subprocess._cgroups._cgroups import Cgroups as Cgroups
from seedpod.executors.subprocess._cgroups._cgroups import NoCgroups as NoCgroups
from seedpod.executors.subprocess._cgroups._groups import CgroupError as CgroupError
from seedpod.executors.subprocess._cgroups._groups import ContainerGroup as ContainerGroup
from seedpod.executors.subprocess._cgroups._groups import PodGroup as PodGroup
