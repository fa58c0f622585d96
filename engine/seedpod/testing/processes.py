"""Finding processes by what stands in their environment: who started them has marked them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_LOOKS: Final = 20
_PAUSE: Final = 0.001
"""Seconds between two looks at a process that is becoming another program."""


def with_environment(assignment: str) -> Iterator[tuple[int, str]]:
    """Number and name of each process that has *assignment* in its environment.

    Dead ones have none, and those of other users are passed over.
    """
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if assignment.encode() in _environment(process).split(b"\0"):
                    yield int(process.name), (process / "comm").read_text().strip()
            except OSError:
                continue  # it has ended meanwhile, or is not ours to look into


def _environment(process: Path) -> bytes:
    """Its variables, each with a NUL behind it; *process* is a directory of `/proc`."""
    for _ in range(_LOOKS):
        if environment := (process / "environ").read_bytes():
            return environment
        # In the middle of an exec it shows none. What has ended, or is the kernel's, has no
        # program either.
        (process / "exe").readlink()
        time.sleep(_PAUSE)
    return b""
