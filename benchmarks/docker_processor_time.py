"""What a Docker Engine has used of the processor: its daemon, and all that it starts.

The daemon's own time stands in `/proc`. Most of what it starts is gone soon (a runc for each
start, a shim for each container), adopted by whoever reaps it, so it is counted by a control group
they all are born into. Of version 2: there every group counts time, whatever is enabled.
"""

from __future__ import annotations

import os
from pathlib import Path

import attrs

from tests.plugins.docker.engine import Engine
from tests.plugins.docker.remains import processes_of

_USER_TIME = 11
"""The place of the user time among the fields of `/proc/PID/stat` that follow the name."""


@attrs.frozen
class ProcessorTime:
    """Since some moment, in seconds or what they were multiplied to."""

    daemon: float
    """Of dockerd, with the children it has waited for."""
    engine: float
    """Of dockerd, containerd, their shims and runc, and the containers."""

    def __sub__(self, earlier: ProcessorTime) -> ProcessorTime:
        """What was used since *earlier*."""
        return ProcessorTime(self.daemon - earlier.daemon, self.engine - earlier.engine)

    def __mul__(self, factor: float) -> ProcessorTime:
        """The same in other units, or for each of several."""
        return ProcessorTime(self.daemon * factor, self.engine * factor)


@attrs.frozen
class CountedEngine:
    """A Docker Engine whose time is counted."""

    daemon: int
    """The process id of dockerd."""
    group: Path
    """The control group of everything the engine is; it goes with the engine."""

    @classmethod
    def of(cls, engine: Engine) -> CountedEngine:
        """Count the time of *engine* from now on: there must be no container yet.

        Raises:
            OSError: There are no control groups of version 2 here, or they may not be made.
        """
        daemon = engine.daemon.pid()
        assert daemon is not None, "the engine runs"
        group = _version_2() / engine.directory.name
        # A group that has groups has no processes; those of the containers may be in this one.
        own = group / "engine"
        own.mkdir(parents=True)
        for pid in processes_of(engine.directory):
            (own / "cgroup.procs").write_text(str(pid))
        return cls(daemon, group)

    def now(self) -> ProcessorTime:
        """What was used until now."""
        told = dict(map(str.split, (self.group / "cpu.stat").read_text().splitlines()))
        return ProcessorTime(_used_by(self.daemon), int(told["usage_usec"]) / 1e6)


def _version_2() -> Path:
    """Where control groups of version 2 are mounted.

    Raises:
        FileNotFoundError: Nowhere.
    """
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mount, _, file_system = line.partition(" - ")
        if file_system.startswith("cgroup2 "):
            return Path(mount.split()[4])
    raise FileNotFoundError("no control groups of version 2 are mounted here")


def _used_by(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = map(int, fields[_USER_TIME : _USER_TIME + 4])  # user and system; of children, likewise
    return sum(ticks) / os.sysconf("SC_CLK_TCK")
