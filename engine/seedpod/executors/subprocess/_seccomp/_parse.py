"""Profiles in the format of Docker and OCI, from JSON.

A field that is not known is refused, as is one that cannot be followed: to pass it over could only
mean that more is open than its author wrote.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast

import attrs

from seedpod.errors import ABSENT, Problem, ProblemKind
from seedpod.executors.subprocess._seccomp._architectures import PREFIX, TOKENS
from seedpod.executors.subprocess._seccomp._errors import ProfileError
from seedpod.executors.subprocess._seccomp._profile import (
    Action,
    Choice,
    Comparison,
    Condition,
    Profile,
    Rule,
)

_NUMBERS: Final = MappingProxyType({name: number for number, name in errno.errorcode.items()})
_HIGHEST_ERRNO: Final = 4095
"""The kernel's MAX_ERRNO."""
_ARCHITECTURES: Final = tuple(f"{PREFIX}{name}" for name in TOKENS)
_FLAGS: Final = ("SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_SPEC_ALLOW")
"""Those that are no loss: a program has one thread when it starts, and mitigations may stay."""
_REFUSED: Final = MappingProxyType(
    {
        "SCMP_ACT_NOTIFY": "there is nobody here to be notified",
        "SCMP_ACT_TRACE": "there is nobody here who traces",
    }
)


def parsed(file: Path, content: bytes) -> Profile:
    """The profile that *content* of *file* describes.

    Raises:
        ProfileError: It describes none, or one that cannot be followed here.
    """
    try:
        document = cast("object", json.loads(content))
    except (ValueError, RecursionError) as error:
        problem = Problem("", ProblemKind.INVALID, ABSENT, f"must be JSON: {error}")
        raise ProfileError(file, problem) from error
    root = _Node(file, "", document)
    fields = root.fields(
        "defaultAction defaultErrnoRet defaultErrno architectures archMap flags syscalls"
    )
    if "defaultAction" not in fields:
        raise root.at("defaultAction", ABSENT).wrong("must be there")
    for flag in root.items("flags"):
        flag.choice(_FLAGS)
    action = _action(fields["defaultAction"])
    architectures = tuple(_architecture(each) for each in root.items("architectures"))
    arch_map = dict(map(_mapped, root.items("archMap")))
    if architectures and arch_map:
        raise fields["archMap"].wrong("must not be there if architectures is", shown=False)
    return Profile(
        default_action=action,
        default_errno=_errno(fields, "defaultErrno", action),
        rules=tuple(_rule(each) for each in root.items("syscalls")),
        architectures=architectures,
        arch_map=arch_map,
    )


@attrs.frozen
class _Node:
    """A value, and where in which document it stands."""

    file: Path
    path: str
    value: object

    def wrong(self, wanted: str, *, shown: bool = True) -> ProfileError:
        found = self.value if shown else ABSENT
        return ProfileError(self.file, Problem(self.path, ProblemKind.INVALID, found, wanted))

    def at(self, field: str, value: object) -> _Node:
        return _Node(self.file, f"{self.path}.{field}".lstrip("."), value)

    def fields(self, known: str) -> dict[str, _Node]:
        """What is set, all of it of *known* names; a null is not set, as Go has it."""
        fields = {name: self.at(name, value) for name, value in self._object().items()}
        allowed = [*known.split(), "comment"]
        for name, field in fields.items():
            if name not in allowed:
                raise field.wrong(
                    f"no such field here; there are {', '.join(allowed)}", shown=False
                )
        return {name: field for name, field in fields.items() if field.value is not None}

    def items(self, field: str) -> Iterator[_Node]:
        """The items of the list in *field*; none if there is no such field."""
        value = self._object().get(field)
        if value is None:
            return
        node = self.at(field, value)
        if not isinstance(value, list):
            raise node.wrong("must be a list")
        for index, item in enumerate(cast("list[object]", value)):
            yield _Node(self.file, f"{node.path}[{index}]", item)

    def choice(self, choices: Collection[str]) -> str:
        if not isinstance(self.value, str) or self.value not in choices:
            raise self.wrong(f"must be one of {', '.join(choices)}")
        return self.value

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value:
            raise self.wrong("must be a string that is not empty")
        return self.value

    def integer(self, highest: int) -> int:
        if type(self.value) is not int or not 0 <= self.value <= highest:  # a bool is none
            raise self.wrong(f"must be a whole number from 0 to {highest}")
        return self.value

    def _object(self) -> Mapping[str, object]:
        if not isinstance(self.value, dict):
            raise self.wrong("must be an object")
        return cast("dict[str, object]", self.value)


def _rule(node: _Node) -> Rule:
    fields = node.fields("name names action errnoRet errno args includes excludes")
    names = [each.text() for each in node.items("names")]
    if "name" in fields:  # of Docker's first format
        names.append(fields["name"].text())
    if not names:
        raise node.at("names", ABSENT).wrong("must name a system call")
    if "action" not in fields:
        raise node.at("action", ABSENT).wrong("must be there")
    action = _action(fields["action"])
    return Rule(
        names=tuple(names),
        action=action,
        errno=_errno(fields, "errno", action),
        conditions=tuple(_condition(each) for each in node.items("args")),
        includes=_choice(fields.get("includes")),
        excludes=_choice(fields.get("excludes")),
    )


def _action(node: _Node) -> Action:
    if why := _REFUSED.get(node.text()):
        raise node.wrong(f"cannot be followed: {why}")
    return Action(node.choice([action.value for action in Action]))


def _errno(fields: Mapping[str, _Node], field: str, action: Action) -> int:
    """The error to answer with: a number by OCI's field, or a name by that of containers/common."""
    number, name = fields.get(f"{field}Ret"), fields.get(field)
    for given in (number, name):
        if given is not None and action is not Action.ERRNO:
            raise given.wrong(f"must not be there for {action}, but for {Action.ERRNO}")
    if number is not None:
        return number.integer(_HIGHEST_ERRNO)
    if name is None:
        return errno.EPERM
    if name.text() not in _NUMBERS:
        raise name.wrong("must be the name of an error, like EPERM")
    return _NUMBERS[name.text()]


def _condition(node: _Node) -> Condition:
    fields = node.fields("index value valueTwo op")
    for field in ("index", "op"):
        if field not in fields:
            raise node.at(field, ABSENT).wrong("must be there")
    op = Comparison[fields["op"].choice(Comparison.__members__)]

    def number(field: str, highest: int) -> int:
        return fields[field].integer(highest) if field in fields else 0

    largest = 2**64 - 1
    return Condition(number("index", 5), op, number("value", largest), number("valueTwo", largest))


def _choice(node: _Node | None) -> Choice:
    if node is None:
        return Choice()
    fields = node.fields("caps arches minKernel")
    kernel = fields.get("minKernel")
    return Choice(
        capabilities=frozenset(each.text() for each in node.items("caps")),
        architectures=frozenset(each.text() for each in node.items("arches")),
        min_kernel=None if kernel is None else _version(kernel),
    )


def _version(node: _Node) -> tuple[int, int]:
    major, dot, minor = node.text().partition(".")
    if not (dot and major.isdecimal() and minor.isdecimal()):
        raise node.wrong("must be a version of two numbers, like 4.8")
    return int(major), int(minor)


def _architecture(node: _Node) -> str:
    return node.choice(_ARCHITECTURES).removeprefix(PREFIX)


def _mapped(node: _Node) -> tuple[str, tuple[str, ...]]:
    fields = node.fields("architecture subArchitectures")
    if "architecture" not in fields:
        raise node.at("architecture", ABSENT).wrong("must be there")
    below = tuple(_architecture(each) for each in node.items("subArchitectures"))
    return _architecture(fields["architecture"]), below
