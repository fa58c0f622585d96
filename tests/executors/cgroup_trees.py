"""A tree of cgroups of version 2 that is only pretended, with the rules the kernel has for it."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from seedpod.executors.subprocess._cgroups import _files

OFFERED = ["cpu", "io", "memory", "pids"]
_FILES = {
    "cpu": {"cpu.weight": "100", "cpu.max": "max 100000"},
    "memory": {
        "memory.max": "max",
        "memory.swap.max": "max",
        "memory.oom.group": "0",
        "memory.current": "4096",
        "memory.stat": "anon 1024\ninactive_file 1024",
        "memory.events": "low 0\nhigh 0\nmax 3\noom 1\noom_kill 0\noom_group_kill 0",
    },
    "pids": {"pids.max": "max"},
    "io": {"io.max": ""},
}


class Tree:
    """One below *root*; `mount` makes `/proc` files that put this process in one of its groups."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root / "cgroup"
        self.proc = root / "proc"
        self.orders: list[tuple[str, str]] = []
        self.is_locked_in = False
        """Whether no group can be removed."""
        self._write, self._remove = _files.write, _files.remove
        self.root.mkdir()
        self.proc.mkdir()
        self._fill(self.root, OFFERED)
        (self.root / "cgroup.type").unlink()  # which the root does not have
        for name in ("make", "remove", "write"):
            monkeypatch.setattr(_files, name, getattr(self, name))

    def group(self, path: str, hands_on: str = "", processes: str = "") -> Path:
        """Make a group, and what is above it; each has what is handed on from above."""
        group = self.root / path
        if not group.exists():
            if not group.parent.exists():
                self.group(str(group.parent.relative_to(self.root)))
            self.make(str(group))
        (group / "cgroup.subtree_control").write_text(hands_on)
        (group / "cgroup.procs").write_text(processes)
        return group

    def mount(self, group: str, *, shown: str = "/", version_1: str = "") -> str:
        """Put this process into *group*; the mount shows the tree from *shown* on."""
        lines = [
            f"35 24 0:30 {shown} {self.root} rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"
        ]
        memberships = [f"0::{group}"]
        if version_1:
            lines.insert(
                0, f"36 24 0:31 / {version_1} rw - cgroup cgroup rw,{Path(version_1).name}"
            )
            memberships.insert(0, f"1:{Path(version_1).name}:/")
        (self.proc / "mountinfo").write_text(
            "\n".join(["22 1 8:1 / / rw - ext4 /dev/x rw", *lines])
        )
        (self.proc / "cgroup").write_text("\n".join(memberships) + "\n")
        return str(self.proc)

    def said(self, group: str) -> dict[str, str]:
        """What was written to the files of a group."""
        return {
            path.rpartition("/")[2]: text
            for path, text in self.orders
            if path.rpartition("/")[0] == str(self.root / group)
        }

    def make(self, directory: str) -> None:
        Path(directory).mkdir()
        above = Path(directory).parent / "cgroup.subtree_control"
        self._fill(Path(directory), above.read_text().split())

    def _fill(self, group: Path, controllers: list[str]) -> None:
        files = {
            "cgroup.controllers": " ".join(controllers),
            "cgroup.subtree_control": "",
            "cgroup.procs": "",
            "cgroup.type": "domain",
            "cgroup.kill": "",
            "cpu.stat": "usage_usec 2500000\nuser_usec 1",
        }
        for each in controllers:
            files |= _FILES[each]
        for name, text in files.items():
            (group / name).write_text(text)

    def remove(self, directory: str) -> None:
        path = Path(directory)
        if not path.is_dir():
            return
        if self.is_locked_in or any(each.is_dir() for each in path.iterdir()):
            raise OSError(errno.EBUSY, "Device or resource busy")
        for each in path.iterdir():
            each.unlink()
        path.rmdir()

    def write(self, path: str, text: str) -> None:
        group, _, file = path.rpartition("/")
        if file == "cgroup.subtree_control":
            if (Path(group) / "cgroup.type").exists() and (
                Path(group) / "cgroup.procs"
            ).read_text():
                raise OSError(errno.EBUSY, "Device or resource busy")
            text = f"{Path(path).read_text()} {text.removeprefix('+')}".strip()
        self._write(path, text)
        self.orders.append((path, text))
