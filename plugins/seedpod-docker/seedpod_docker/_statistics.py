"""What a container uses, from the engine's statistics.

Source: Docker Engine API, "Get container stats"; the docker command line, which leaves the pages
of files that could be dropped out of the memory too.
"""

from __future__ import annotations

from typing import Final

from seedpod.status import Usage
from seedpod_docker._json import Table, number_in, table_in

_NANO: Final = 1e-9


def usage_of(told: Table) -> Usage | None:
    """What the container uses; None if it does not run."""
    cpu = table_in(table_in(told, "cpu_stats"), "cpu_usage")
    memory = table_in(told, "memory_stats")
    if not number_in(cpu, "total_usage") and "usage" not in memory:
        return None
    details = table_in(memory, "stats")
    # The first is of cgroup v1, the second of v2.
    idle = number_in(details, "total_inactive_file") or number_in(details, "inactive_file")
    used = max(0, number_in(memory, "usage") - idle) if "usage" in memory else None
    return Usage(cpu_seconds=number_in(cpu, "total_usage") * _NANO, memory_bytes=used)
