"""Where this process stands in each tree of cgroups that the host has mounted.

Version 1 has a tree for each controller, or for a few; version 2 has one tree for all that no
version 1 tree has taken. A host can have both at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import attrs

from seedpod.executors.subprocess._cgroups import _files

_OCTAL: Final = re.compile(r"\\([0-7]{3})")


@attrs.frozen
class Hierarchy:
    """One tree."""

    controllers: frozenset[str]
    """Those it has for good; empty in version 2, where each group says what it offers."""
    group: str
    """The group this process is in, as the kernel names it."""
    directory: str
    """Where that group is mounted; empty: nowhere that this process can see."""

    @property
    def is_unified(self) -> bool:
        """Whether it is the one of version 2."""
        return not self.controllers


@attrs.frozen
class _Mount:
    root: str
    """The group that is mounted, as the kernel names it."""
    point: str
    options: frozenset[str]
    is_unified: bool

    def directory(self, group: str) -> str:
        """Where *group* is below this mount; empty if it is not."""
        root = self.root.rstrip("/")
        if ".." in group.split("/") or not f"{group}/".startswith(f"{root}/"):
            return ""
        return (self.point + group[len(root) :]).rstrip("/")


def hierarchies(proc: str) -> list[Hierarchy]:
    """Every tree this process is in.

    Args:
        proc: The directory in `/proc` of this process.

    Raises:
        OSError: That cannot be read.
    """
    mounts = list(_mounts(_files.read(f"{proc}/mountinfo")))
    found: list[Hierarchy] = []
    for line in _files.read(f"{proc}/cgroup").splitlines():
        _, names, group = line.split(":", 2)
        controllers = frozenset(names.split(",")) if names else frozenset[str]()
        places = [each.directory(group) for each in mounts if _shows(each, controllers)]
        found.append(Hierarchy(controllers, group, next(filter(None, places), "")))
    return found


def _shows(mount: _Mount, controllers: frozenset[str]) -> bool:
    """Whether *mount* is of the tree that has these controllers, or of the unified one for none."""
    return controllers <= mount.options if controllers else mount.is_unified


def _mounts(mountinfo: str) -> Iterator[_Mount]:
    for line in mountinfo.splitlines():
        head, _, tail = line.partition(" - ")
        fields, kind, options = head.split(), tail.split()[0], tail.split()[-1]
        if kind in {"cgroup", "cgroup2"}:
            root, point = (_OCTAL.sub(_character, each) for each in fields[3:5])
            is_unified = kind == "cgroup2"
            shown = frozenset[str]() if is_unified else frozenset(options.split(","))
            yield _Mount(root, point, shown, is_unified)


def _character(escape: re.Match[str]) -> str:
    """A blank or the like, which mountinfo writes as its octal number."""
    return chr(int(escape[1], 8))
