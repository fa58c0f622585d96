"""Looking at processes that are not our children."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from seedpod.testing import processes


def is_alive(pid: int) -> bool:
    """Whether the process exists and is more than dead and not reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def with_environment(assignment: str) -> set[int]:
    """The processes that have *assignment* in their environment; dead ones have none."""
    return {pid for pid, _ in processes.with_environment(assignment)}


def becomes(fact: Callable[[], bool], within: float) -> bool:
    """Whether *fact* becomes true within so many seconds: asked again and again."""
    deadline = time.monotonic() + within
    while not fact():
        if time.monotonic() > deadline:
            return False
    return True
