"""What the kernel has counted in a group."""

from __future__ import annotations

from collections.abc import Sequence

from seedpod.executors.subprocess._cgroups import _files
from seedpod.executors.subprocess._cgroups._places import ACCOUNTING, Place
from seedpod.status import Usage


def oom_kills(places: Sequence[Place]) -> int:
    """How many processes of a group were killed for want of memory; 0 where nobody counts.

    In either version a killed process is counted in the group it was in, whichever group's limit
    was reached. Version 2 counts it in all groups above as well, so `memory.events` (and not
    `memory.events.local`) has the groups a container has made within its own; version 1 has not.
    """
    directory, is_unified = _with("memory", places)
    file = "memory.events" if is_unified else "memory.oom_control"
    return _files.number(f"{directory}/{file}", "oom_kill") or 0


def usage(places: Sequence[Place]) -> Usage:
    """What a group uses."""
    return Usage(cpu_seconds=_cpu_seconds(places), memory_bytes=_memory_bytes(places))


def _cpu_seconds(places: Sequence[Place]) -> float | None:
    for place in places:
        if place.is_unified:
            used = _files.number(f"{place.directory}/cpu.stat", "usage_usec")
            if used is not None:
                return used / 1e6
        elif ACCOUNTING in place.controllers:
            used = _files.number(f"{place.directory}/cpuacct.usage")
            return None if used is None else used / 1e9
    return None


def _memory_bytes(places: Sequence[Place]) -> int | None:
    """The working set.

    Source: cAdvisor, `setMemoryStats`.
    """
    directory, is_unified = _with("memory", places)
    file = "memory.current" if is_unified else "memory.usage_in_bytes"
    key = "inactive_file" if is_unified else "total_inactive_file"
    used = _files.number(f"{directory}/{file}")
    droppable = _files.number(f"{directory}/memory.stat", key) or 0
    return None if used is None else max(0, used - droppable)


def _with(controller: str, places: Sequence[Place]) -> tuple[str, bool]:
    """The directory where *controller* is, and whether it is of version 2; empty if nowhere."""
    for each in places:
        if controller in each.controllers:
            return each.directory, each.is_unified
    return "", False
