"""The end of groups: what is left in them is killed, then their directories are removed."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import anyio

from seedpod.executors.subprocess._cgroups import _files

_PATIENCE: Final = 5.0
"""Seconds that the killed may take to be gone."""
_SHORTEST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.05
_NOT_EMPTY: Final = frozenset({errno.EBUSY, errno.ENOTEMPTY})


async def removed(paths: Sequence[str]) -> list[str]:
    """Remove the groups at *paths* with all groups below them, and kill what is left in them.

    Cancellation: has no effect until that is done, or the patience is over.

    Returns:
        What could not be removed, and why, in words.
    """
    problems, left = _remove_all(paths)
    if left:
        with anyio.move_on_after(_PATIENCE, shield=True):
            pause = _SHORTEST_PAUSE
            while True:
                for path in left:
                    kill_all(path)
                await anyio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                more, left = _remove_all(left)
                problems += more
                if not left:
                    break
    return problems + [_why_left(path) for path in left]


def kill_all(path: str) -> None:
    """Send SIGKILL to every process in the group at *path*, and in the groups below it."""
    with suppress(OSError):
        _files.write(f"{path}/cgroup.kill", "1")
        return
    for directory, _, _ in os.walk(path):
        for pid in members(directory):
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def members(directory: str) -> list[int]:
    """The processes in one group, without those that have no number here (of a namespace above)."""
    numbers = (int(word) for word in _files.words(f"{directory}/cgroup.procs") if word.isdigit())
    return sorted(pid for pid in numbers if pid)


def _remove_all(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """What can never be removed, in words, and the paths of what is not empty yet."""
    problems: list[str] = []
    left: list[str] = []
    for path in paths:
        try:
            _remove(path)
        except OSError as error:
            if error.errno in _NOT_EMPTY:
                left.append(path)
            else:
                problems.append(f"{path}: {error.strerror}")
    return problems, left


def _remove(path: str) -> None:
    try:
        _files.remove(path)
    except OSError as error:
        if error.errno not in _NOT_EMPTY:
            raise
        for directory, _, _ in os.walk(path, topdown=False):
            _files.remove(directory)


def _why_left(path: str) -> str:
    found = [pid for directory, _, _ in os.walk(path) for pid in members(directory)]
    if not found:
        return f"{path}: the kernel does not let go of it"
    return f"{path}: still there after a kill: process {', '.join(map(str, found))}"
