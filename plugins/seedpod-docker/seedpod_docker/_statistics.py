"""What a container uses, from the engine's statistics.

Source: Docker Engine API, "Get container stats"; the docker command line, which leaves the pages
of files that could be dropped out of the memory too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from seedpod.status import Usage

_NANO: Final = 1e-9


def usage_of(told: Mapping[str, Any]) -> Usage | None:
    """What the container uses; None if it does not run."""
    cpu = (told.get("cpu_stats") or {}).get("cpu_usage") or {}
    memory = told.get("memory_stats") or {}
    used = memory.get("usage")
    if not cpu.get("total_usage") and used is None:
        return None
    details = memory.get("stats") or {}
    # The first is of cgroup v1, the second of v2.
    idle = details.get("total_inactive_file", details.get("inactive_file", 0))
    return Usage(
        cpu_seconds=cpu.get("total_usage", 0) * _NANO,
        memory_bytes=None if used is None else max(0, used - idle),
    )
