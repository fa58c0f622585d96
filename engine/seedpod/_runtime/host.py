"""What an engine knows of the machine it runs on, and the directory it keeps pods' volumes in."""

from __future__ import annotations

import logging
import os
import platform
import tempfile
from pathlib import Path

import attrs

from seedpod._core.environment import PodFacts
from seedpod._runtime.volumes import remove

LOOPBACK = "127.0.0.1"
_LOGGER = logging.getLogger("seedpod")


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


@attrs.define(eq=False)
class PodsDirectory:
    """Where the directories of an engine's pods are, one each, named by uid."""

    given: Path | None
    """None: a new directory of our own among the temporary ones, removed with the engine."""
    _path: Path | None = None

    def of(self, uid: str) -> Path:
        """The directory of the pod of this uid; it does not exist yet."""
        if self._path is None:
            if self.given is None:
                self._path = Path(tempfile.mkdtemp(prefix="seedpod-"))
            else:
                self.given.mkdir(parents=True, exist_ok=True)
                self._path = self.given
        return self._path / uid

    def remove(self) -> None:
        """Take our own directory away; what cannot be removed is named in the log."""
        if self._path is not None and self.given is None:
            for problem in remove(self._path):
                _LOGGER.warning("left behind: %s", problem)
        self._path = None
