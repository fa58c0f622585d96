"""What an engine may leave when it dies: processes, mounts, a bridge, control groups, a directory.

All of it carries the name of the engine's directory, which is like no other on the machine.
"""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "sp-"
_KILL_ROUNDS = 50
_KILL_SECONDS = 5


@contextmanager
def private_directory() -> Generator[Path]:
    """A directory with a short path, because those of sockets are; removed with all that is its.

    So are those whose owner was killed before it could.
    """
    for other in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if (other / "lock").exists() and not _is_locked(other):
            remove(other)
    directory = Path(tempfile.mkdtemp(prefix=_PREFIX))
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield directory
        finally:
            remove(directory)


def remove(directory: Path) -> None:
    """Kill, unmount and delete what carries the name of this directory, and the directory."""
    for _ in range(_KILL_ROUNDS):
        processes = processes_of(directory)
        for pid in processes:
            _kill(pid)
        if not processes:
            break
    for mount in reversed(mounts_below(directory)):
        subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)
    if Path("/sys/class/net", bridge_of(directory)).exists():
        subprocess.run(["ip", "link", "delete", bridge_of(directory)], check=True)
    for cgroup in cgroups_of(directory):
        with suppress(FileNotFoundError):  # one hierarchy may have two names
            cgroup.rmdir()
    shutil.rmtree(directory)


def processes_of(directory: Path) -> list[int]:
    """The engine's own, by their command lines; its containers', by what their root is."""
    name, own = directory.name.encode(), str(os.getpid())
    found: list[int] = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and process.name != own:
            try:
                told = (process / "cmdline").read_bytes() + _root_of(process)
            except OSError:  # it has ended meanwhile
                continue
            if name in told:
                found.append(int(process.name))
    return found


def mounts_below(directory: Path) -> list[str]:
    """The mount points in a directory, in the order they were mounted."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = [line.split()[4] for line in lines]
    return [point for point in points if point.startswith(f"{directory}/")]


def bridge_of(directory: Path) -> str:
    """The name of the engine's network interface: 15 bytes at most."""
    return directory.name


def cgroups_of(directory: Path) -> list[Path]:
    """The engine's control groups, in every hierarchy, the innermost first."""
    root = Path("/sys/fs/cgroup")
    tops = [*root.glob(directory.name), *root.glob(f"*/{directory.name}")]
    return [Path(path) for top in tops for path, _, _ in os.walk(top, topdown=False)]


def _root_of(process: Path) -> bytes:
    # The root alone: what else is mounted is also in namespaces that are no container's.
    lines = (process / "mountinfo").read_bytes().splitlines()
    return b"".join(line for line in lines if line.split()[4] == b"/")


def _is_locked(directory: Path) -> bool:
    with (directory / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _kill(pid: int) -> None:
    """Kill a process, and return when it has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        select.select([descriptor], [], [], _KILL_SECONDS)
    except ProcessLookupError:
        pass
    finally:
        os.close(descriptor)
