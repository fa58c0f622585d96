"""Processes inside containers, as this machine shows them: to end a command with all it started.

An engine can begin a command in a container, and cannot end it. A command leads a session of its
own, so what is left of it are the members of that session; when their parent ends they become
children of process 1 of the container. Only an engine on this machine, seen from its own pid
namespace, shows processes by the numbers it tells.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

_DEAD: Final = {"Z", "X"}


@attrs.frozen
class Command:
    """A command that the engine has begun in a container, as a process of this machine."""

    pid: int
    """Of its first process, which leads its session."""

    def members(self, init: int) -> list[int]:
        """Whatever of it runs.

        Args:
            init: Process 1 of the container, which adopts.
        """
        found = [self.pid] if _session(self.pid) == self.pid else []
        for pid in _below([*found, *_children(init)]):
            if pid not in found and _session(pid) == self.pid:
                found.append(pid)
        return found


def marked(init: int, variable: str) -> list[int]:
    """The processes below *init* that have this variable in their environment."""
    mark = variable.encode()
    return [pid for pid in _below(_children(init)) if mark in _environment(pid)]


def kill(pids: list[int]) -> list[int]:
    """Send SIGKILL to each, and return those that we may not kill."""
    refused: list[int] = []
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        except PermissionError:
            refused.append(pid)
    return refused


def inner_number(pid: int) -> int | None:
    """The number a process has in the innermost pid namespace it is in; None if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("NSpid:"):
            return int(line.split()[-1])
    return None


def belongs(pid: int, container_id: str) -> bool:
    """Whether a process is in the cgroup of the container, and thus seen by its right number."""
    try:
        return container_id in Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return False


def _session(pid: int) -> int:
    """The session of a living process; 0 of any other."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in _DEAD else int(fields[3])


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is somebody's whom we may not look into
        return []


def _below(roots: list[int]) -> Iterator[int]:
    """*roots* and all their descendants."""
    pending = [*roots]
    while pending:
        pid = pending.pop()
        yield pid
        pending += _children(pid)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += [int(word) for word in (thread / "children").read_text().split()]
    except OSError:  # it has ended
        pass
    return found
