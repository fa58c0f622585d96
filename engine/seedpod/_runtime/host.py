"""What an engine takes from the machine it runs on: its facts, and room for pods' volumes."""

from __future__ import annotations

import os
import platform
import tempfile
from pathlib import Path

from seedpod._core.environment import PodFacts

LOOPBACK = "127.0.0.1"


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
