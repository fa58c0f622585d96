"""The group of a pod, and in it the groups of its containers.

A group is a directory of the same name in each tree of cgroups that is used. Processes are in the
containers' groups only: in version 2 a group that hands controllers on may not have any.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import attrs

from seedpod._core.cgroup_values import GroupLimits
from seedpod.executors.subprocess._cgroups import _files
from seedpod.executors.subprocess._cgroups._joining import joining
from seedpod.executors.subprocess._cgroups._places import Place, hand_on
from seedpod.executors.subprocess._cgroups._readings import oom_kills, usage
from seedpod.executors.subprocess._cgroups._removal import removed
from seedpod.executors.subprocess._cgroups._settings import Setting, settings
from seedpod.status import Usage


class CgroupError(Exception):
    """A group cannot be made as it has to be; the sentence says why."""


@attrs.define(eq=False)
class PodGroup:
    """The group of a pod."""

    _places: tuple[Place, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """All its directories, those of its containers not included."""
        return _paths(self._places)

    def open_container(self, name: str, limits: GroupLimits) -> ContainerGroup:
        """Make the group of one attempt of a container, which nothing is in yet.

        Args:
            name: Unique in the pod.
            limits: Those of the container.

        Raises:
            CgroupError: It cannot be made; then nothing is left of it.
        """
        return ContainerGroup(made(self._places, name, limits, is_container=True))

    async def close(self) -> list[str]:
        """Kill what is left in it, and remove it with all groups in it.

        Cancellation: has no effect until that is done, or a bound of 5 s is over.

        Returns:
            What could not be removed, and why, in words.
        """
        return await removed(self.paths)


@attrs.define(eq=False)
class ContainerGroup:
    """The group of one attempt of a container."""

    _places: tuple[Place, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """All its directories."""
        return _paths(self._places)

    @property
    def procs(self) -> tuple[str, ...]:
        """The files that name its processes: who writes `0` to each of them joins the group."""
        return tuple(f"{path}/cgroup.procs" for path in self.paths)

    def joining(self, env: Mapping[str, str]) -> tuple[str, ...]:
        """What to put before a command so that it joins the group before it does anything else.

        It exits with 125 if it cannot join, with 127 if there is no such command, and with 126 if
        the command cannot be run; each time it says why on its standard error.

        Args:
            env: The environment the command will be started with.
        """
        return joining(self.procs, env)

    def oom_kills(self) -> int:
        """How many processes in it the kernel has killed because memory ran out.

        Whose limit was reached (its own, the pod's, or a larger group's) makes no difference: the
        kernel counts a killed process where it was. To be asked before the group is closed.
        """
        return oom_kills(self._places)

    def usage(self) -> Usage:
        """What it uses now, and has used; to be asked before the group is closed."""
        return usage(self._places)

    async def close(self) -> list[str]:
        """Kill what is left in it, and remove it.

        Cancellation: has no effect until that is done, or a bound of 5 s is over.

        Returns:
            What could not be removed, and why, in words.
        """
        return await removed(self.paths)


def made(
    places: Sequence[Place], name: str, limits: GroupLimits, *, is_container: bool = False
) -> tuple[Place, ...]:
    """Make the group *name* at each of *places*, with its limits.

    Raises:
        CgroupError: It cannot be made; then nothing is left of it.
    """
    if name in {"", ".", ".."} or "/" in name or "\0" in name:
        raise CgroupError(f"{name!r}: not a name for a group")
    done: list[Place] = []
    try:
        for place in places:
            group = place.below(name)
            _make(group.directory)
            done.append(group)
            for setting in settings(group, limits, is_container=is_container):
                _set(f"{group.directory}/{setting.file}", setting)
            if group.is_unified and not is_container:
                _hand_on(group)
    except CgroupError:
        for group in done:
            with suppress(OSError):
                _files.remove(group.directory)
        raise
    return tuple(done)


def _make(directory: str) -> None:
    try:
        _files.make(directory)
    except OSError as error:
        raise CgroupError(f"{directory}: {error.strerror}") from error


def _set(path: str, setting: Setting) -> None:
    try:
        _files.write(path, setting.value)
    except FileNotFoundError:
        if setting.is_required:
            raise CgroupError(f"{path}: this kernel has no such limit") from None
    except OSError as error:
        # A group above has a tighter limit; without one of its own this one has that.
        if error.errno != errno.EINVAL or not setting.may_be_tighter_above:
            raise CgroupError(f"{path}: {setting.value}: {error.strerror}") from error


def _hand_on(group: Place) -> None:
    handed_on, why = hand_on(group.directory, group.controllers)
    if handed_on != group.controllers:
        raise CgroupError(why)


def _paths(places: Iterable[Place]) -> tuple[str, ...]:
    return tuple(each.directory for each in places)
