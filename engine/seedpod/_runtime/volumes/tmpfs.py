"""A file system in memory for one volume, with a bound of its own; and taking such mounts away.

Mounting is left to util-linux's programs: a few milliseconds, and nothing but a path and a size to
tell. They block.

Source: kubelet, pkg/volume/emptydir, `setupTmpfs`.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from shutil import which
from typing import Final

_PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"
_MOUNTS: Final = Path("/proc/self/mountinfo")
_OPTIONS: Final = "mode=0777,nodev,nosuid"
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_PATIENCE: Final = 10.0
"""Seconds one of the programs may take."""
_ESCAPE: Final = re.compile(rb"\\([0-7]{3})")


def has_programs() -> bool:
    """Whether the programs that mount and unmount are there."""
    return all(which(name, path=_PATH) is not None for name in ("mount", "umount"))


def mount_tmpfs(path: Path, size_bytes: int) -> str:
    """Mount a file system in memory on the directory *path*, open to all, unless there is one.

    Args:
        path: Absolute and without symbolic links.
        size_bytes: How much it holds, rounded down to whole pages, but at least one.

    Returns:
        Why that cannot be, in words; empty if it is done.
    """
    if os.path.ismount(path):
        return ""
    options = f"size={max(size_bytes // _PAGE, 1) * _PAGE},{_OPTIONS}"
    # A swapped secret is on the disk. Kernels before 6.4 do not know the option.
    problem = _run("mount", "-t", "tmpfs", "-o", f"{options},noswap", "tmpfs", str(path))
    return problem and _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path))


def unmount_below(directory: Path) -> tuple[str, ...]:
    """Unmount all that is mounted on *directory* or below it.

    What somebody still uses is only taken out of sight: the kernel drops it after its last user.

    Returns:
        What stays mounted and why, one sentence for each; empty if nothing does.
    """
    points = reversed(mounts_below(directory))
    problems = ((point, _unmount(str(point))) for point in points)
    return tuple([f"{point}: {problem}" for point, problem in problems if problem])


def mounts_below(directory: Path) -> list[Path]:
    """Where something is mounted on *directory* or below it, in the order it was mounted."""
    try:
        lines = _MOUNTS.read_bytes().splitlines()
    except OSError:
        return []
    root = os.fsencode(os.path.realpath(directory))
    points = [_ESCAPE.sub(_unescaped, line.split(b" ", 5)[4]) for line in lines]
    return [
        Path(os.fsdecode(point))
        for point in points
        if point == root or point.startswith(root + b"/")
    ]


def _unmount(point: str) -> str:
    return _run("umount", point) and _run("umount", "-l", point)


def _unescaped(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 8)])


def _run(name: str, *arguments: str) -> str:
    """Run one of the programs; in words why it failed, or empty."""
    program = which(name, path=_PATH)
    if program is None:
        return f"this host has no {name}"
    try:
        done = subprocess.run(  # noqa: S603 (a program of the system, no shell)
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            env={"LC_ALL": "C", "PATH": _PATH},
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{name}: {type(error).__name__}"
    if done.returncode == 0:
        return ""
    words = done.stderr.decode(errors="replace").strip().splitlines()
    return words[0] if words else f"{name} exited with {done.returncode}"
