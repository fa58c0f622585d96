"""The groups below which this process may make its own, and why it may not elsewhere.

Theory of operation. In version 1 that is the very group this process is in: a tree's controllers
are there in each of its groups. In version 2 a group must hand its controllers on to the groups
below it, and the kernel allows that only to a group that has no processes itself (the root
excepted). The group this process is in has at least one. To move the host process would be to
meddle with what its service manager has set up. So the place is the group above it, if that was
delegated to us: a service manager marks such a group, and makes it ours. What has not to be handed
on (there is always `cgroup.kill`, and the count of CPU time) is available wherever a group can be
made.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from seedpod.executors.subprocess._cgroups import _files
from seedpod.executors.subprocess._cgroups._hierarchies import Hierarchy

CONTROLLERS: Final[tuple[str, ...]] = ("cpu", "memory", "pids")
"""Those that keep limits."""
ACCOUNTING: Final = "cpuacct"
"""Counts CPU time in version 1."""
_MARKS: Final = ("user.delegate", "trusted.delegate")
_ADVICE: Final = (
    "start the host in a group of its own below a delegated one, as"
    " `systemd-run --user --pipe -p Delegate=yes -p DelegateSubgroup=host COMMAND` does"
)


@attrs.frozen
class Place:
    """A group in one tree, below which groups are made."""

    directory: str
    controllers: frozenset[str]
    """Those of ours that the groups below it have."""
    is_unified: bool

    def below(self, name: str) -> Place:
        """The group *name* in it, as the place of further groups."""
        return attrs.evolve(self, directory=f"{self.directory}/{name}")


class Survey:
    """What was found where groups could be made."""

    def __init__(self, found: Iterable[Hierarchy]) -> None:
        self.places: list[Place] = []
        nothing = "this kernel has no such controller, or hides it"
        self.lacking: dict[str, str] = dict.fromkeys(CONTROLLERS, nothing)
        """Why a controller cannot be used, for each that cannot."""
        trees = list(found)
        taken = {name for each in trees for name in each.controllers}
        for each in trees:
            if each.is_unified:
                self._look_at_unified(each, frozenset(CONTROLLERS) - taken)
            else:
                self._look_at(each)
        for place in self.places:
            for name in place.controllers & self.lacking.keys():
                del self.lacking[name]
        if self._is_counted_twice():
            self.places = [
                each for each in self.places if each.controllers != frozenset({ACCOUNTING})
            ]
        # First the one by which all of a group can be killed at once.
        self.places.sort(key=lambda each: not each.is_unified)

    def _look_at(self, tree: Hierarchy) -> None:
        ours = tree.controllers & {*CONTROLLERS, ACCOUNTING}
        why = why_not_below(tree)
        if why:
            self._lack(ours, why)
        elif ours:
            self.places.append(Place(tree.directory, ours, is_unified=False))

    def _look_at_unified(self, tree: Hierarchy, wanted: frozenset[str]) -> None:
        best: Place | None = None
        for directory in (tree.directory, *_delegated_above(tree)):
            why = why_not_below(attrs.evolve(tree, directory=directory))
            self._lack(wanted, why)
            if why:
                continue
            offered = wanted & _files.words(f"{directory}/cgroup.controllers")
            self._lack(wanted - offered, f"{directory} is not given it from above: {_ADVICE}")
            handed_on, why = hand_on(directory, offered)
            self._lack(offered - handed_on, why)
            if best is None or handed_on:
                best = Place(directory, handed_on, is_unified=True)
            if handed_on or not wanted:
                break
        if best is not None:
            self.places.append(best)

    def _lack(self, controllers: Iterable[str], why: str) -> None:
        if why:
            self.lacking.update((name, why) for name in controllers if name in self.lacking)

    def _is_counted_twice(self) -> bool:
        """Whether version 2 counts CPU time as well, which saves a tree of version 1."""
        return any(each.is_unified for each in self.places)


def why_not_below(tree: Hierarchy) -> str:
    """Why no group can be made where this process stands in *tree*; empty if one can."""
    if not tree.directory:
        return f"group {tree.group}, which this process is in, is not mounted where it can be seen"
    if not os.access(tree.directory, os.W_OK | os.X_OK, effective_ids=True):
        is_read_only = bool(os.statvfs(tree.directory).f_flag & os.ST_RDONLY)
        what = "is mounted read-only" if is_read_only else "may not be written by this user"
        return f"{tree.directory} {what}" + (f": {_ADVICE}" if tree.is_unified else "")
    # Who moves a process needs this right on the group that is above both ends of the way.
    procs = f"{tree.directory}/cgroup.procs"
    if tree.is_unified and not os.access(procs, os.W_OK, effective_ids=True):
        return f"{procs} may not be written by this user: {_ADVICE}"
    return ""


def hand_on(directory: str, controllers: frozenset[str]) -> tuple[frozenset[str], str]:
    """Let the groups below *directory* have *controllers*, in version 2.

    Returns:
        Those they have, and why they do not have the others.
    """
    switch = f"{directory}/cgroup.subtree_control"
    missing = sorted(controllers - _files.words(switch))
    why = ""
    if missing and _has_to_be_empty(directory):
        why = f"{directory} has processes, so it cannot hand controllers on: {_ADVICE}"
        return controllers - {*missing}, why
    for name in missing:
        try:
            _files.write(switch, f"+{name}")
        except OSError as error:
            controllers -= {name}
            why = f"{directory} cannot hand on {name}: {error.strerror}"
    return controllers, why


def _has_to_be_empty(directory: str) -> bool:
    """Whether the group has processes; the root, which has no type, may have some."""
    is_root = not os.path.exists(f"{directory}/cgroup.type")
    return not is_root and bool(_files.words(f"{directory}/cgroup.procs"))


def _delegated_above(tree: Hierarchy) -> Iterator[str]:
    """The groups above the one this process is in that were delegated, the nearest first."""
    directory = tree.directory
    for _ in tree.group.strip("/").split("/"):
        directory = os.path.dirname(directory)
        if _is_delegated(directory):
            yield directory


def _is_delegated(directory: str) -> bool:
    for mark in _MARKS:
        try:
            if os.getxattr(directory, mark) == b"1":
                return True
        except OSError:
            continue
    return False
