"""Limits in the kernel's words: which file of a group is to say what."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from seedpod._core.cgroup_values import CPU_PERIOD, GroupLimits, cpu_weight
from seedpod.executors.subprocess._cgroups._places import Place


@attrs.frozen
class Setting:
    """What one file is to say."""

    file: str
    value: str
    is_required: bool = True
    """Whether a kernel without the file cannot do what was asked."""
    may_be_tighter_above: bool = False
    """Whether the kernel refuses a value that is larger than that of the group above."""


def settings(group: Place, limits: GroupLimits, *, is_container: bool) -> Iterator[Setting]:
    """What is to be said in *group*, in this order."""
    if "cpu" in group.controllers:
        yield from _unified_cpu(limits) if group.is_unified else _cpu(limits)
    if "memory" in group.controllers:
        if group.is_unified:
            yield from _unified_memory(limits, is_container=is_container)
        else:
            yield from _memory(limits)
    if "pids" in group.controllers and limits.pids is not None:
        yield Setting("pids.max", str(limits.pids))


def _cpu(limits: GroupLimits) -> Iterator[Setting]:
    if limits.cpu_shares is not None:
        yield Setting("cpu.shares", str(limits.cpu_shares))
    if limits.cpu_quota is not None:
        # The period is the one a group is made with.
        yield Setting("cpu.cfs_quota_us", str(limits.cpu_quota), may_be_tighter_above=True)


def _unified_cpu(limits: GroupLimits) -> Iterator[Setting]:
    if limits.cpu_shares is not None:
        yield Setting("cpu.weight", str(cpu_weight(limits.cpu_shares)))
    if limits.cpu_quota is not None:
        yield Setting("cpu.max", f"{limits.cpu_quota} {CPU_PERIOD}")


def _memory(limits: GroupLimits) -> Iterator[Setting]:
    if limits.memory is not None:
        yield Setting("memory.limit_in_bytes", str(limits.memory))
        # Memory and swap together, so there is no swap; never less than the memory alone.
        yield Setting("memory.memsw.limit_in_bytes", str(limits.memory), is_required=False)


def _unified_memory(limits: GroupLimits, *, is_container: bool) -> Iterator[Setting]:
    if limits.memory is not None:
        yield Setting("memory.max", str(limits.memory))
        yield Setting("memory.swap.max", "0", is_required=False)
    if is_container:
        # All of a container or nothing of it, whoever of it the kernel would choose.
        yield Setting("memory.oom.group", "1", is_required=False)
