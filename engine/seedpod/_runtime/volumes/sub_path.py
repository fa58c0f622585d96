"""A part of a volume, by a path that cannot lead out of it.

Theory of operation: containers write in volumes, so any component may be a symbolic link, and may
become one at any moment. First the path is resolved with every link it has, and what ends up
outside of the volume is refused; links that stay inside are fine (all files of a configMap volume
are links). Then the resolved path, which has no links, is walked from the volume's root, each
component opened relative to the one before and without following links: one that was swapped for a
link in between stops the walk. Directories that do not exist are made on this walk, so they are
made inside.

What is returned is a path, and a path can be swapped after it was looked at. Whoever mounts it
should open it without following links and mount what was opened.

Source: kubelet, pkg/volume/util/subpath.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

_STEP: Final = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LARGEST_TEXT: Final = 64 * 1024
"""Bytes; Kubernetes' bound for environment files."""


class SubPathError(Exception):
    """This part of the volume cannot be used: the container's configuration is wrong."""


def resolve_sub_path(volume_root: Path, sub_path: str) -> Path:
    """Where *sub_path* is; a directory is made of it, with the root's mode, if nothing is there.

    Args:
        volume_root: Where the volume was prepared; absolute.
        sub_path: Relative, without `..`; may name a file.

    Returns:
        An absolute path without symbolic links, below (or equal to) the root's own.

    Raises:
        SubPathError: It leads out of the volume, or cannot be made.
    """
    try:
        root, names = _inside(volume_root, sub_path)
        _walk_or_make(root, names)
    except OSError as error:
        raise SubPathError(f"{_quoted(sub_path)} cannot be prepared: {error.strerror}") from error
    return root.joinpath(*names)


def read_text(volume_root: Path, path: str) -> str | None:
    """The text of the file *path* of a volume; None unless it is a regular file inside, of UTF-8.

    At most 64 KiB: a container wrote it, and the engine holds it in memory.
    """
    try:
        root, names = _inside(volume_root, path)
        data = _contents(root, names)
        return data.decode() if data is not None and len(data) <= _LARGEST_TEXT else None
    except (SubPathError, OSError, UnicodeDecodeError):
        return None


def _inside(volume_root: Path, sub_path: str) -> tuple[Path, list[str]]:
    """The real root, and the components below it that *sub_path* comes to."""
    if sub_path.startswith("/"):
        raise SubPathError(f"error {_quoted(sub_path)} must not be an absolute path")
    if ".." in sub_path.split("/"):
        raise SubPathError(f"unable to provision {_quoted(sub_path)}: must not contain '..'")
    if "\0" in sub_path:
        raise SubPathError(f"unable to provision {_quoted(sub_path)}: must not contain a null byte")
    root = Path(os.path.realpath(volume_root, strict=True))
    target = Path(os.path.realpath(root / sub_path))
    if not target.is_relative_to(root):
        raise SubPathError(f"unable to provision {_quoted(sub_path)}: it leads out of its volume")
    return root, list(target.relative_to(root).parts)


def _quoted(sub_path: str) -> str:
    """The path as Kubernetes' messages have it."""
    return f"SubPath `{sub_path}`"


def _walk_or_make(root: Path, names: list[str]) -> None:
    handle = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    mode = stat.S_IMODE(os.fstat(handle).st_mode)
    try:
        for position, name in enumerate(names, start=1):
            is_last = position == len(names)
            following = _step(handle, name, mode, is_last=is_last)
            os.close(handle)
            handle = following
    finally:
        os.close(handle)


def _step(handle: int, name: str, mode: int, *, is_last: bool) -> int:
    """The entry *name* of the open directory, opened; a directory made if there is none."""
    flags = _STEP & ~os.O_DIRECTORY if is_last else _STEP
    try:
        opened = os.open(name, flags, dir_fd=handle)
    except FileNotFoundError:
        os.mkdir(name, stat.S_IRWXU, dir_fd=handle)
        made = os.open(name, _READ | os.O_DIRECTORY, dir_fd=handle)
        os.fchmod(made, mode)  # whatever the umask
        return made
    if stat.S_ISLNK(os.fstat(opened).st_mode):
        os.close(opened)
        raise SubPathError("a component of the subPath is a symbolic link")
    return opened


def _contents(root: Path, names: list[str]) -> bytes | None:
    """The content of a regular file, one byte more than is allowed at most; None for all else."""
    handle = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for position, name in enumerate(names, start=1):
            # Not blocking: a pipe without a writer must not stop the engine.
            flags = _READ if position == len(names) else _STEP
            following = os.open(name, flags, dir_fd=handle)
            os.close(handle)
            handle = following
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        with os.fdopen(os.dup(handle), "rb") as file:
            return file.read(_LARGEST_TEXT + 1)
    finally:
        os.close(handle)
