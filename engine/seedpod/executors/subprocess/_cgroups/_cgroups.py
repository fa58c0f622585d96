"""What a host's cgroups allow this process to do, found out once."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from seedpod._core.cgroup_values import GroupLimits
from seedpod.executors.subprocess._cgroups._groups import PodGroup, made
from seedpod.executors.subprocess._cgroups._hierarchies import hierarchies
from seedpod.executors.subprocess._cgroups._places import CONTROLLERS, Place, Survey


@attrs.frozen
class NoCgroups:
    """No limit can be enforced."""

    why: str
    """The reasons, in words."""
    _lacking: Mapping[str, str]

    def lacking(self, limits: GroupLimits | None = None) -> dict[str, str]:
        """As `Cgroups.lacking`: all that *limits* need."""
        return _needed(self._lacking, limits)


@attrs.frozen
class Cgroups:
    """Groups can be made, and some limits or all can be enforced."""

    _places: tuple[Place, ...]
    _lacking: Mapping[str, str]

    @classmethod
    def found(cls, proc: str = "/proc/self") -> Cgroups | NoCgroups:
        """What this process can do.

        In version 2 this may switch controllers on in the group below which groups will be made;
        else it changes nothing. It never raises.

        Args:
            proc: The directory in `/proc` of this process.
        """
        try:
            survey = Survey(hierarchies(proc))
        except (OSError, ValueError, IndexError) as error:
            why = f"the cgroups of this process cannot be read: {error}"
            lacking: dict[str, str] = dict.fromkeys(CONTROLLERS, why)
            return NoCgroups(why, lacking)
        if len(survey.lacking) < len(CONTROLLERS):
            return cls(tuple(survey.places), survey.lacking)
        by_reason: dict[str, list[str]] = {}
        for name, why in survey.lacking.items():
            by_reason.setdefault(why, []).append(name)
        parts = [f"{', '.join(names)}: {why}" for why, names in by_reason.items()]
        return NoCgroups("; ".join(parts), survey.lacking)

    def lacking(self, limits: GroupLimits | None = None) -> dict[str, str]:
        """The controllers that cannot be used, each with the reason in words.

        Args:
            limits: Only those that these limits need; None: all of `cpu`, `memory`, `pids`.
        """
        return _needed(self._lacking, limits)

    def open_pod(self, name: str, limits: GroupLimits) -> PodGroup:
        """Make the group of a pod, which the groups of its containers are made in.

        What lacks its controller is not limited.

        Args:
            name: Unique among the pods of this host.
            limits: Those of the pod as a whole.

        Raises:
            CgroupError: It cannot be made; then nothing is left of it.
        """
        return PodGroup(made(self._places, name, limits))


def _needed(lacking: Mapping[str, str], limits: GroupLimits | None) -> dict[str, str]:
    wanted = CONTROLLERS if limits is None else limits.controllers
    return {name: why for name, why in lacking.items() if name in wanted}
