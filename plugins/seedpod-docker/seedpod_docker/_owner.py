"""Who owns a container: the process that made it, so exactly that nobody is taken for another.

A number of a process is used again; so it counts together with the moment its process began, the
boot of the machine, and the namespace it is a number of.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Final

import attrs

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_START_TIME: Final = 19
"""The place of the start time among the fields of `stat` that follow the name."""
_DEAD: Final = {"Z", "X"}
_NO_ID: Final = "uninitialized"
"""What stands in the place of an id that is not given yet."""


@attrs.frozen
class Owner:
    """One process."""

    pid: int
    started: int
    """Clock ticks since the boot."""
    namespace: str
    """The pid namespace its number belongs to, by its inode."""
    boot: str
    """The boot id of its machine."""
    machine: str
    """The id or the name of its machine."""

    @classmethod
    def parse(cls, text: str) -> Owner | None:
        """The owner a label names; None if it names none."""
        try:
            pid, started, namespace, boot, machine = text.split("/")
            return cls(int(pid), int(started), namespace, boot, machine)
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.pid}/{self.started}/{self.namespace}/{self.boot}/{self.machine}"

    @property
    def is_of_this_machine(self) -> bool:
        """Whether it can be known here if it lives."""
        mine = this_process()
        if self.boot == mine.boot:
            return self.namespace == mine.namespace
        return self.machine == mine.machine  # before it was booted anew

    @property
    def is_alive(self) -> bool:
        """Whether it runs; who is of another machine may."""
        mine = this_process()
        if self.boot != mine.boot:
            return self.machine != mine.machine
        if self.namespace != mine.namespace:
            return True
        found = _started(self.pid)
        return found is not None and found == self.started

    @property
    def title(self) -> str:
        """Who that is, for a person."""
        where = "" if self.is_of_this_machine else f" of machine {self.machine}"
        state = "" if self.is_alive else ", which has ended"
        return f"process {self.pid}{where}{state}"


def this_process() -> Owner:
    """Who we are."""
    return _process(os.getpid())


@cache
def _process(pid: int) -> Owner:
    return Owner(
        pid=pid,
        started=_started(pid) or 0,
        namespace=str(Path("/proc/self/ns/pid").stat().st_ino),
        boot=_BOOT.read_text().strip(),
        machine=_machine(),
    )


def _machine() -> str:
    """Its id, and its name as well: machines made from one image may share the former."""
    try:
        told = Path("/etc/machine-id").read_text().strip()
    except OSError:
        told = ""
    name = os.uname().nodename
    return f"{told}-{name}" if told and told != _NO_ID else name


def _started(pid: int) -> int | None:
    """When the process of this number began; None if there is none, or it is dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in _DEAD else int(fields[_START_TIME])
