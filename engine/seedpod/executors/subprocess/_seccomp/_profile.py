"""A seccomp profile as it is written, whoever wrote it: us, or a file in Docker's format."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from errno import EPERM
from types import MappingProxyType
from typing import Final

import attrs


class Action(StrEnum):
    """What the kernel does about a call."""

    ALLOW = "SCMP_ACT_ALLOW"
    ERRNO = "SCMP_ACT_ERRNO"
    KILL = "SCMP_ACT_KILL"
    KILL_THREAD = "SCMP_ACT_KILL_THREAD"
    KILL_PROCESS = "SCMP_ACT_KILL_PROCESS"
    TRAP = "SCMP_ACT_TRAP"
    LOG = "SCMP_ACT_LOG"


class Comparison(IntEnum):
    """How an argument is compared; the numbers are libseccomp's."""

    SCMP_CMP_NE = 1
    SCMP_CMP_LT = 2
    SCMP_CMP_LE = 3
    SCMP_CMP_EQ = 4
    SCMP_CMP_GE = 5
    SCMP_CMP_GT = 6
    SCMP_CMP_MASKED_EQ = 7
    """`argument & value == value_two`."""


@attrs.frozen
class Condition:
    """What one argument must be like."""

    index: int
    op: Comparison
    value: int
    value_two: int = 0


@attrs.frozen(kw_only=True)
class Machine:
    """What a rule's choice may depend on."""

    architecture: str
    """By Docker's name: `amd64`."""
    kernel: tuple[int, int]
    capabilities: frozenset[str]
    """Of the container: `CAP_SYS_ADMIN`."""


@attrs.frozen(kw_only=True)
class Choice:
    """Where a rule is meant to hold; what is empty says nothing."""

    capabilities: frozenset[str] = frozenset()
    architectures: frozenset[str] = frozenset()
    min_kernel: tuple[int, int] | None = None

    def has_all(self, machine: Machine) -> bool:
        """Whether *machine* is all this says."""
        return (
            self.capabilities <= machine.capabilities
            and (not self.architectures or machine.architecture in self.architectures)
            and (self.min_kernel is None or machine.kernel >= self.min_kernel)
        )

    def has_any(self, machine: Machine) -> bool:
        """Whether *machine* is any of what this says."""
        return (
            not self.capabilities.isdisjoint(machine.capabilities)
            or machine.architecture in self.architectures
            or (self.min_kernel is not None and machine.kernel >= self.min_kernel)
        )


_ANYWHERE: Final = Choice()


@attrs.frozen(kw_only=True)
class Rule:
    """The answer to some calls."""

    names: tuple[str, ...]
    action: Action = Action.ALLOW
    errno: int = EPERM
    """For `Action.ERRNO`."""
    conditions: tuple[Condition, ...] = ()
    """All must hold; but if two are about one argument, any, as runc has it."""
    includes: Choice = _ANYWHERE
    excludes: Choice = _ANYWHERE

    def holds_on(self, machine: Machine) -> bool:
        """Whether it is a rule for *machine* at all."""
        return self.includes.has_all(machine) and not self.excludes.has_any(machine)


_NO_MAP: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Profile:
    """A whole profile."""

    default_action: Action
    default_errno: int = EPERM
    rules: tuple[Rule, ...] = ()
    architectures: tuple[str, ...] = ()
    """Whose programs may run besides this machine's own: `X86`."""
    arch_map: Mapping[str, tuple[str, ...]] = _NO_MAP
    """The same by the machine's own architecture, instead."""

    def architectures_on(self, native: str) -> frozenset[str]:
        """Whose programs may run on a machine of *native* besides its own."""
        return frozenset(self.architectures) | frozenset(self.arch_map.get(native, ()))
