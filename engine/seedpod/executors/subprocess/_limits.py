"""The limits of pods: what of them can be kept on this host, and the groups that keep them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from logging import getLogger
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import attrs

from seedpod._core.fields import containers_of
from seedpod.errors import ExecutorError, Problem
from seedpod.executors.subprocess._place import PlaceError
from seedpod.executors.subprocess._problem import unsupported
from seedpod.guard import Guard
from seedpod.spec import Container, Pod, PodSpec, Quantity

if TYPE_CHECKING:
    from seedpod.executors.subprocess._cgroups import Cgroups, ContainerGroup, NoCgroups, PodGroup

Demand: TypeAlias = Literal["require", "best-effort"]
_LOG: Final = getLogger("seedpod.executors.subprocess")
_KEPT: Final = frozenset({"cpu", "memory"})
"""The limits that a group keeps; huge pages and devices are others."""


@cache
def found_cgroups() -> Cgroups | NoCgroups:
    """What this host's cgroups can do for this process; found out once."""
    from seedpod.executors.subprocess._cgroups import Cgroups  # noqa: PLC0415 (few pods have limits)

    return Cgroups.found()


@attrs.frozen(kw_only=True)
class LimitRules:
    """What an executor was told about limits."""

    demand: Demand
    pids_limit: int | None
    """How many processes and threads each pod may have at a time."""

    def review(self, pod: Pod) -> Iterator[Problem]:
        """Every limit of *pod* that would not be kept, if they must be."""
        if self.demand == "best-effort":
            return
        spec = pod.spec
        named = [("spec.resources", spec.resources.limits)] if spec.resources is not None else []
        named += [
            (f"{path}.resources", each.resources.limits) for path, each in containers_of(spec)
        ]
        for path, limits in named:
            lacking = self.lacking(limits)
            for name in limits:
                if name in lacking:
                    wanted = (
                        f"cannot be enforced here ({lacking[name]}); run without it by"
                        ' limits="best-effort" (--limits best-effort)'
                    )
                    yield unsupported(f"{path}.limits[{name}]", str(limits[name]), wanted)

    def lacking(self, limits: Mapping[str, Quantity]) -> dict[str, str]:
        """Why each of *limits* that would not be kept would not be."""
        if not limits:
            return {}
        lacking = {**found_cgroups().lacking()}
        others = {name: "nothing counts it" for name in limits if name not in _KEPT}
        return {**{name: why for name, why in lacking.items() if name in limits}, **others}

    @asynccontextmanager
    async def group_of(self, pod: Pod, uid: str, guard: Guard) -> AsyncGenerator[Group | None]:
        """A block inside which the pod has a group, if it has a limit that can be kept.

        Cancellation: the group is removed with all that is in it.

        Raises:
            ExecutorError: It cannot be made.
        """
        if not (self.pids_limit or _has_limits(pod.spec)):
            yield None
            return
        from seedpod.executors.subprocess._cgroups import (  # noqa: PLC0415 (as above)
            CgroupError,
            GroupLimits,
            NoCgroups,
        )

        cgroups = found_cgroups()
        if isinstance(cgroups, NoCgroups):
            _say_once(cgroups.why)
            yield None
            return
        limits = GroupLimits.of_pod(pod.spec, self.pids_limit)
        each_limit = (GroupLimits.of_container(each) for _, each in containers_of(pod.spec))
        for needed in (limits, *each_limit):
            for why in cgroups.lacking(needed).values():
                _say_once(why)
        try:
            made = cgroups.open_pod(f"seedpod-{uid}", limits)
        except CgroupError as error:
            raise ExecutorError(
                "subprocess", f"the pod's cgroup cannot be made: {error}"
            ) from error
        group = Group(made, guard)
        try:
            yield group
        finally:
            await group.close()  # noqa: ASYNC102 (shields itself, within a bound)


@attrs.define(eq=False)
class Group:
    """The group of one pod, and those of its containers, as the guard knows them."""

    _group: PodGroup
    _guard: Guard
    _serial: int = 0

    def __attrs_post_init__(self) -> None:
        for path in self._group.paths:
            self._guard.add_cgroup(path)

    def open_container(self, container: Container) -> ContainerGroup:
        """The group of one attempt of *container*.

        Raises:
            PlaceError: It cannot be made.
        """
        from seedpod.executors.subprocess._cgroups import (  # noqa: PLC0415 (as above)
            CgroupError,
            GroupLimits,
        )

        self._serial += 1
        name = f"{container.name}-{self._serial}"
        try:
            group = self._group.open_container(name, GroupLimits.of_container(container))
        except CgroupError as error:
            raise PlaceError(f"its cgroup cannot be made: {error}") from error
        for path in group.paths:
            self._guard.add_cgroup(path)
        return group

    async def close_container(self, group: ContainerGroup) -> None:
        """Remove the group of an attempt, with all that is in it.

        Cancellation: has no effect until that is done, within a bound.
        """
        _log(await group.close())
        for path in group.paths:
            self._guard.forget(path)

    async def close(self) -> None:
        """Remove the group of the pod.

        Cancellation: has no effect until that is done, within a bound.
        """
        _log(await self._group.close())
        for path in self._group.paths:
            self._guard.forget(path)


def _has_limits(spec: PodSpec) -> bool:
    if spec.resources is not None and spec.resources.limits:
        return True
    return any(container.resources.limits for _, container in containers_of(spec))


@cache
def _say_once(why: str) -> None:
    _LOG.warning("limits are not enforced: %s", why)


def _log(problems: list[str]) -> None:
    for problem in problems:
        _LOG.warning("left behind: %s", problem)
