"""Paths inside a root directory that nobody vouches for, found without leaving it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

_MOST_LINKS: Final = 40
"""How many links one path may lead through; Linux' own number (MAXSYMLINKS)."""


def inside(root: Path, path: str) -> Path:
    """Where *path* leads for a process whose root directory is *root*.

    Every link is read and followed here, none by the system: one with an absolute target starts
    again at *root*, and `..` stops there. So the answer is below *root* whatever is in it, as long
    as nobody changes what is in it between this answer and its use.

    Args:
        root: An absolute path; it is taken as it stands.
        path: Absolute, or relative to *root*. Neither its last names nor the directories before
            them need exist: what does not exist is no link.

    Returns:
        An absolute path of the host, without links or `..` below *root*; *root* itself for `/`.

    Raises:
        OSError: It leads through too many links (ELOOP), through a file (ENOTDIR), through a
            directory that may not be searched (EACCES), or has a name that is too long.
        ValueError: It contains a NUL.
    """
    found: list[str] = []
    ahead = _names(path)
    links = 0
    while ahead:
        name = ahead.pop()
        if name == "..":
            del found[-1:]
            continue
        target = _link(root.joinpath(*found, name))
        if target is None:
            found.append(name)
            continue
        links += 1
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        if target.startswith("/"):
            found.clear()
        ahead += _names(target)
    return root.joinpath(*found)


def _names(path: str) -> list[str]:
    """The names in *path*, the first one last."""
    return [name for name in reversed(path.split("/")) if name not in {"", "."}]


def _link(place: Path) -> str | None:
    """What the link at *place* says; None if there is no link."""
    try:
        return os.readlink(place)
    except OSError as error:
        if error.errno in {errno.EINVAL, errno.ENOENT}:  # something else; nothing
            return None
        raise
