"""What an engine takes from the machine it runs on: its facts, its leave, and room for volumes."""

from __future__ import annotations

import os
import platform
import re
import stat
import tempfile
from collections.abc import Callable, Sequence
from errno import ENOENT
from functools import cache
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Final

from seedpod._core.environment import PodFacts
from seedpod._runtime.volumes.tmpfs import has_programs

LOOPBACK: Final = "127.0.0.1"
_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 (what is made there has a name of its own)
_FIT_FOR_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_CAP_CHOWN: Final = 0
_CAP_SYS_ADMIN: Final = 21


def facts_of_host(addresses: Sequence[str] | None = None) -> PodFacts:
    """The machine as the downward API shows it: its containers share its resources.

    Args:
        addresses: Where containers reach it, the main one first, if pods have addresses of their
            own. None: they share its network.
    """
    shared = (LOOPBACK,)
    host = shared if addresses is None else tuple(addresses)
    pod = shared if addresses is None else ()
    return PodFacts(
        node_name=platform.node(),
        host_ip=next(iter(host), ""),
        host_ips=host,
        pod_ip=next(iter(pod), ""),
        pod_ips=pod,
        allocatable_cpu_cores=len(os.sched_getaffinity(0)),
        allocatable_memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    )


def pod_directory(given: Path | None, uid: str) -> Path:
    """Where the directory of the pod of this uid is to be.

    Args:
        given: The directory to have it in. None: among the temporary directories, under a name that
            nothing has.
        uid: The pod's.
    """
    if given is not None:
        return given / (uid if _FIT_FOR_NAME.fullmatch(uid) else sha256(uid.encode()).hexdigest())
    return Path(tempfile.gettempdir(), f"seedpod-{uid}-{token_hex(4)}")


def pod_directory_in_memory(
    uid: str, disk: Path, about_to_make: Callable[[Path], object] = Path
) -> Path:
    """The directory of the pod of this uid on a file system in memory; made if it is not there.

    Args:
        uid: The pod's.
        disk: Its other directory. Whoever takes the pod up finds both again.
        about_to_make: Called with its path before.

    Raises:
        OSError: The host has no such file system, or somebody else has taken the name.
    """
    root = tmpfs()
    if root is None:
        raise FileNotFoundError(ENOENT, "this host has no tmpfs", str(_SHARED_MEMORY))
    path = root / f"seedpod-{uid}-{sha256(os.fsencode(disk.absolute())).hexdigest()[:8]}"
    about_to_make(path)
    try:
        path.mkdir(mode=stat.S_IRWXU)
    except FileExistsError:
        found = path.lstat()  # anybody may make directories beside ours
        is_shared = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or is_shared:
            raise
    return path


@cache
def may_mount() -> bool:
    """Whether this process may mount a file system, and has the programs for it."""
    return _has_capability(_CAP_SYS_ADMIN) and has_programs()


def may_give_to(group: int) -> bool:
    """Whether this process may have files of its own belong to *group*."""
    if group in {os.getegid(), *os.getgroups()}:
        return True
    return _has_capability(_CAP_CHOWN) and any(group in known for known in _groups())


@cache
def _has_capability(number: int) -> bool:
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return os.geteuid() == 0
    effective = re.search(r"^CapEff:\s*([0-9a-f]+)$", text, re.MULTILINE)
    return effective is not None and bool(int(effective[1], 16) >> number & 1)


@cache
def _groups() -> tuple[range, ...]:
    """The groups there are in the user namespace of this process."""
    try:
        lines = Path("/proc/self/gid_map").read_text().splitlines()
    except OSError:
        return (range(2**32),)
    spans = ([int(word) for word in line.split()] for line in lines)
    return tuple(range(first, first + count) for first, _, count in spans)


@cache
def tmpfs() -> Path | None:
    """Where the host has a file system in memory that anybody may use, if it has one."""
    try:
        mounts = Path("/proc/self/mounts").read_text()
    except OSError:
        return None
    is_tmpfs = re.search(rf"^\S+ {_SHARED_MEMORY} tmpfs ", mounts, re.MULTILINE) is not None
    return _SHARED_MEMORY if is_tmpfs and os.access(_SHARED_MEMORY, os.W_OK) else None
