"""Files inside a root directory that nobody vouches for, found and read without leaving it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

_MOST_LINKS: Final = 40
"""How many links one path may lead through; Linux' own number (MAXSYMLINKS)."""
MOST_BYTES: Final = 16 << 20
"""How long a file may be that is read at once; the longest of use here have a few thousand."""
_DIRECTORY: Final = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW


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
    start = str(root).rstrip("/")
    ahead = _names(path)
    links = 0
    while ahead:
        name = ahead.pop()
        if name == "..":
            del found[-1:]
            continue
        target = _link("/".join((start, *found, name)))
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


def shown_at(root: Path, place: Path) -> str:
    """The path by which a process whose root directory is *root* sees *place*, which is in it."""
    return str(place).removeprefix(str(root).rstrip("/")) or "/"


def read_inside(root: Path, path: str) -> bytes | None:
    """What is in the file that *path* is for a process whose root directory is *root*.

    No link is followed by the system, so this stays inside even if *root* is changed meanwhile.

    Returns:
        None if there is no such file.

    Raises:
        OSError: It cannot be read, is not a regular file, is too long, or `inside` raises it.
        ValueError: As `inside`.
    """
    *directories, name = inside(root, path).relative_to(root).parts or (".",)
    try:
        here = os.open(root, os.O_PATH | os.O_DIRECTORY)
        try:
            for each in directories:
                below = os.open(each, _DIRECTORY, dir_fd=here)
                os.close(here)
                here = below
            # Not to wait, should it be a pipe that nobody writes to.
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
        finally:
            os.close(here)
    except FileNotFoundError:
        return None
    try:
        file = open(fd, "rb")  # noqa: SIM115 (closed below)
    except OSError:  # a directory; then the descriptor is still ours
        os.close(fd)
        raise
    with file:
        return content(file, path)


def content(file: BinaryIO, name: str) -> bytes:
    """What is in *file*, from a file system nobody vouches for.

    Raises:
        OSError: It cannot be read, is not a regular file, or is too long.
    """
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise OSError(errno.EINVAL, "not a regular file", name)
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), name)
    return data


def _names(path: str) -> list[str]:
    """The names in *path*, the first one last."""
    return [name for name in reversed(path.split("/")) if name not in {"", "."}]


def _link(place: str) -> str | None:
    """What the link at *place* says; None if there is no link."""
    try:
        return os.readlink(place)
    except OSError as error:
        if error.errno in {errno.EINVAL, errno.ENOENT}:  # something else; nothing
            return None
        raise
