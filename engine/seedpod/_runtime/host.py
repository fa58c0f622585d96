"""What an engine takes from the machine it runs on: its facts, and room for pods' volumes."""

from __future__ import annotations

import os
import platform
import re
import tempfile
from errno import ENOENT
from functools import cache
from pathlib import Path
from typing import Final

from seedpod._core.environment import PodFacts

LOOPBACK: Final = "127.0.0.1"
_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 (what is made there has a name of its own)


def facts_of_host() -> PodFacts:
    """The machine as the downward API shows it: its containers share its network and resources."""
    return PodFacts(
        node_name=platform.node(),
        host_ip=LOOPBACK,
        host_ips=(LOOPBACK,),
        pod_ip=LOOPBACK,
        pod_ips=(LOOPBACK,),
        allocatable_cpu_cores=len(os.sched_getaffinity(0)),
        allocatable_memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    )


def pod_directory(given: Path | None, uid: str) -> Path:
    """The directory of the pod of this uid.

    Args:
        given: Where it is to be; it does not exist there yet. None: a new one of its own among the
            temporary directories, so that nothing is left when the pod's is removed.
        uid: The pod's.
    """
    return Path(tempfile.mkdtemp(prefix=f"seedpod-{uid}-")) if given is None else given / uid


def pod_directory_in_memory(uid: str) -> Path:
    """A new directory for the pod of this uid on a file system in memory.

    Raises:
        OSError: The host has none.
    """
    root = tmpfs()
    if root is None:
        raise FileNotFoundError(ENOENT, "this host has no tmpfs", str(_SHARED_MEMORY))
    return Path(tempfile.mkdtemp(prefix=f"seedpod-{uid}-", dir=root))


@cache
def tmpfs() -> Path | None:
    """Where the host has a file system in memory that anybody may use, if it has one."""
    try:
        mounts = Path("/proc/self/mounts").read_text()
    except OSError:
        return None
    is_tmpfs = re.search(rf"^\S+ {_SHARED_MEMORY} tmpfs ", mounts, re.MULTILINE) is not None
    return _SHARED_MEMORY if is_tmpfs and os.access(_SHARED_MEMORY, os.W_OK) else None
