"""From a profile to the program the kernel runs at each call."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from seedpod.executors.subprocess._seccomp._architectures import (
    TOKENS,
    architecture,
    of_docker,
    others,
    tokens,
)
from seedpod.executors.subprocess._seccomp._errors import SeccompError
from seedpod.executors.subprocess._seccomp._library import Filter, Library, library
from seedpod.executors.subprocess._seccomp._newer import newer_do_not_exist
from seedpod.executors.subprocess._seccomp._profile import (
    Action,
    Condition,
    Machine,
    Profile,
    Rule,
)

_RETURNS: Final = MappingProxyType(
    {
        Action.ALLOW: 0x7FFF_0000,
        Action.ERRNO: 0x0005_0000,
        Action.KILL: 0x0000_0000,  # the thread: the kernel's and runc's reading of the bare word
        Action.KILL_THREAD: 0x0000_0000,
        Action.KILL_PROCESS: 0x8000_0000,
        Action.TRAP: 0x0003_0000,
        Action.LOG: 0x7FFC_0000,
    }
)
"""The kernel's SECCOMP_RET_*."""
_PERMISSIVE: Final = frozenset({Action.ALLOW, Action.LOG})
_LONGEST: Final = 4096
"""Instructions a program may have: BPF_MAXINSNS."""
_VERSION: Final = re.compile(r"(\d+)\.(\d+)")


def compiled(profile: Profile, capabilities: frozenset[str]) -> bytes:
    """The program of *profile* for a container that has *capabilities* (`CAP_SYS_ADMIN`).

    Names of calls that this machine's architectures or its libseccomp do not know are passed over.

    Raises:
        SeccompError: It cannot be compiled here.
    """
    api = library()
    native = architecture(api.system_arch())
    machine = Machine(architecture=of_docker(native), kernel=_kernel(), capabilities=capabilities)
    foreign = sorted(profile.architectures_on(native) & others(native))
    program = _exported(api, profile, machine, foreign)
    if profile.default_action not in _PERMISSIVE:
        program = newer_do_not_exist(_highest(api, profile, (native, *foreign))) + program
    if len(program) > _LONGEST * 8:
        raise SeccompError(
            f"compiled, the profile has {len(program) // 8} instructions, and {_LONGEST} are"
            " the most the kernel takes"
        )
    return program


def _exported(api: Library, profile: Profile, machine: Machine, foreign: Iterable[str]) -> bytes:
    default = _RETURNS[profile.default_action]
    if profile.default_action is Action.ERRNO:
        default |= profile.default_errno
    try:
        made = api.SyscallFilter(default)
        for token in tokens(foreign):
            made.add_arch(token)
        for rule in profile.rules:
            answer = _answer(rule)
            # libseccomp refuses a rule that says what would be so anyway.
            if answer != default and rule.holds_on(machine):
                _add(api, made, rule, answer)
        with os.fdopen(os.memfd_create("seccomp", os.MFD_CLOEXEC), "w+b") as file:
            made.export_bpf(file)
            file.seek(0)
            return file.read()
    except OSError as error:
        raise SeccompError(f"libseccomp cannot compile the profile: {error.strerror}") from error


def _answer(rule: Rule) -> int:
    return _RETURNS[rule.action] | (rule.errno if rule.action is Action.ERRNO else 0)


def _add(api: Library, made: Filter, rule: Rule, answer: int) -> None:
    alternatives = [
        [api.Arg(each.index, each.op, each.value, each.value_two) for each in conditions]
        for conditions in _alternatives(rule.conditions)
    ]
    for number in _numbers(api, api.system_arch(), rule.names):
        for arguments in alternatives:
            made.add_rule(answer, number, *arguments)


def _alternatives(conditions: tuple[Condition, ...]) -> list[tuple[Condition, ...]]:
    """Sets of *conditions* of which one must hold: libseccomp takes an argument once in a rule."""
    counts = Counter(each.index for each in conditions)
    if any(count > 1 for count in counts.values()):
        return [(each,) for each in conditions]
    return [conditions]


def _numbers(api: Library, token: int, names: Iterable[str]) -> Iterator[int]:
    """Of those of *names* that are known; below zero for what only others' programs call."""
    return (number for name in names if (number := api.resolve_syscall(token, name)) != -1)


def _highest(api: Library, profile: Profile, names: Iterable[str]) -> Mapping[int, int]:
    """The highest number *profile* names on each architecture.

    Rules that do not hold here count: their authors knew the call. x32 has the numbers of x86-64.
    """
    known = {name for rule in profile.rules for name in rule.names}
    highest = {
        token: max(_numbers(api, token, known), default=-1)
        for name, token in ((name, TOKENS[name]) for name in names if name in TOKENS)
        if name != "X32"
    }
    return {token: number for token, number in highest.items() if number >= 0}


def _kernel() -> tuple[int, int]:
    found = _VERSION.match(os.uname().release)
    return (int(found[1]), int(found[2])) if found else (0, 0)
