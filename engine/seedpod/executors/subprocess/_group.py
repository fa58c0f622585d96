"""Process groups: killing one safely, and seeing who of it is left.

A group's number is its leader's pid. The kernel gives that number to nobody else while the leader
is alive or waits to be reaped, nor while the group or the session of that number has a member. So
a group may be signalled by number as long as its leader has not been reaped; afterwards only
looked at.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Collection
from contextlib import suppress

import attrs


@attrs.frozen
class Process:
    """One process, as `/proc` shows it."""

    pid: int
    comm: str
    """The first 15 characters of its program's name."""

    def __str__(self) -> str:
        return f"{self.pid} ({self.comm})"


def kill_group(leader: int, pidfd: int) -> None:
    """Send SIGKILL to the group of *leader*, unless the leader has been reaped.

    Args:
        leader: The leader's pid, which is the group's number.
        pidfd: Refers to the leader; tells whether the number is still its own.
    """
    try:
        signal.pidfd_send_signal(pidfd, 0)
    except ProcessLookupError:
        return
    except PermissionError:
        pass  # it runs as somebody else, so it is there; its group may hold some we may kill
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # who could not be killed is found, and named, by those who wait for the group


def kill_members(members: Collection[Process]) -> None:
    """Send SIGKILL to each of *members*, who were found alive a moment ago."""
    for each in members:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(each.pid, signal.SIGKILL)


def is_group_empty(group: int) -> bool:
    """Whether no process, not even a dead one that waits to be reaped, is in *group*: one call."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def living_members(groups: Collection[int]) -> dict[int, tuple[Process, ...]]:
    """Who is alive in each of *groups*, whose leaders have all been reaped; one look at `/proc`.

    Groups without a living member are not in the result. Neither is a group that has a leader
    again: its number has been given to a stranger, which happens only after the group was empty.
    """
    living: dict[int, list[Process]] = {}
    strangers: set[int] = set()
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:
                line = file.read()
        except OSError:
            continue  # it has ended meanwhile
        head, _, tail = line.rpartition(b")")
        fields = tail.split(maxsplit=3)
        group = int(fields[2])
        if group not in groups or fields[0] in b"ZX":
            continue
        if int(entry) == group:
            strangers.add(group)
        comm = head.partition(b"(")[2].decode(errors="replace")
        living.setdefault(group, []).append(Process(int(entry), comm))
    return {group: tuple(them) for group, them in living.items() if group not in strangers}
