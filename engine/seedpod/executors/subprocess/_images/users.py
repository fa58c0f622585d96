"""Whom an image runs as: its user's name, looked up in the image's own files.

Source: containerd, WithUser and WithAdditionalGIDs; moby/sys/user.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from seedpod.executors.subprocess._images.problem import ImageError
from seedpod.executors.subprocess._in_root import read_inside

_HIGHEST: Final = (1 << 31) - 1
"""A larger number is taken for a name."""


@attrs.frozen
class _User:
    """A line of `/etc/passwd`."""

    name: str
    uid: int
    gid: int
    home: str


@attrs.frozen
class _Group:
    """A line of `/etc/group`."""

    name: str
    gid: int
    members: tuple[str, ...]


def user_of(user: str, root: Path) -> tuple[int, int, tuple[int, ...]]:
    """Whom *user* (`name`, `uid`, `name:group`, `uid:gid`; empty: 0) means in the image at *root*.

    A uid without a group has the group its `/etc/passwd` entry names, or 0 if it has none.

    Returns:
        The uid, the gid, and all groups: the gid first, then those of which `/etc/group` says that
        the user is a member.

    Raises:
        ImageError: The image knows no such name, or its files cannot be read.
    """
    who, _, group = user.partition(":")
    number = _number(who or "0")
    found = _found_user(who, number, root)
    if found is None and number is None:
        raise ImageError(f"its user {who!r} is not in its /etc/passwd")
    groups = list(_groups(root))
    uid = found.uid if number is None and found is not None else number or 0
    gid = _gid(group, groups) if group else (0 if found is None else found.gid)
    further = () if found is None else (g.gid for g in groups if found.name in g.members)
    return uid, gid, tuple(dict.fromkeys((gid, *further)))


def home_of(uid: int, root: Path) -> str | None:
    """The home directory of *uid* in the image at *root*; None if the image names none.

    Raises:
        ImageError: Its `/etc/passwd` cannot be read.
    """
    return next((each.home for each in _users(root) if each.uid == uid), None) or None


def _found_user(name: str, uid: int | None, root: Path) -> _User | None:
    return next(
        (each for each in _users(root) if (each.name == name if uid is None else each.uid == uid)),
        None,
    )


def _gid(group: str, groups: list[_Group]) -> int:
    number = _number(group)
    if number is not None:
        return number
    found = next((each.gid for each in groups if each.name == group), None)
    if found is None:
        raise ImageError(f"its group {group!r} is not in its /etc/group")
    return found


def _users(root: Path) -> Iterator[_User]:
    for fields in _lines(root, "/etc/passwd"):
        name, _, uid, gid, _, home, *_ = *fields, *[""] * 6
        numbers = _number(uid), _number(gid)
        if name and numbers[0] is not None and numbers[1] is not None:
            yield _User(name, numbers[0], numbers[1], home)


def _groups(root: Path) -> Iterator[_Group]:
    for fields in _lines(root, "/etc/group"):
        name, _, gid, members, *_ = *fields, *[""] * 4
        number = _number(gid)
        if name and number is not None:
            yield _Group(name, number, tuple(members.split(",")))


def _lines(root: Path, path: str) -> Iterator[list[str]]:
    """The fields of every line of a file that an image may lack."""
    try:
        data = read_inside(root, path) or b""
    except OSError as error:
        raise ImageError(f"its {path} cannot be read: {error.strerror}") from error
    for line in data.decode(errors="surrogateescape").split("\n"):
        yield line.strip().split(":")


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        return None
    number = int(text)
    return number if number <= _HIGHEST else None
