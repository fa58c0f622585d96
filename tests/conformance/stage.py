"""Where one run of a scenario takes place: directories of its own, and nothing left in them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs

_LOG_VOLUME: Final = "lifecycle"
"""The emptyDir that every scenario keeps its lifecycle log in."""
_LOG_FILE: Final = "lifecycle.log"


@attrs.define(eq=False)
class Stage:
    """The directories of one run."""

    directory: Path
    _log_volume: Path | None = None

    @classmethod
    @contextmanager
    def set_up(cls) -> Generator[Stage]:
        """A block inside which the directories exist."""
        directory = Path(tempfile.mkdtemp(prefix="podscn-"))
        try:
            stage = cls(directory)
            stage.mount_root.mkdir()
            stage.volumes.mkdir()
            yield stage
        finally:
            shutil.rmtree(directory)

    @property
    def mount_root(self) -> Path:
        """Where an executor that cannot mount lets volumes appear."""
        return self.directory / "root"

    @property
    def volumes(self) -> Path:
        """Where the engine keeps the volumes of the pod."""
        return self.directory / "pods"

    def lifecycle_log(self) -> str:
        """What is in the lifecycle log; empty before the first line, and after the pod's end."""
        if self._log_volume is None:
            # `rglob` would fail where a directory goes while it looks.
            walk = os.walk(self.volumes)
            found = [Path(at, _LOG_VOLUME) for at, below, _ in walk if _LOG_VOLUME in below]
            self._log_volume = min(found, key=lambda each: len(each.parts), default=None)
        if self._log_volume is None:
            return ""
        try:
            return (self._log_volume / _LOG_FILE).read_text(errors="replace")
        except OSError:
            return ""

    def left(self) -> list[str]:
        """What is left of the pod, which has ended: files, links, processes."""
        files = [*self.mount_root.iterdir(), *self.volumes.iterdir()]
        return [
            *(f"left behind: {each.relative_to(self.directory)}" for each in files),
            *(f"left running: {command}" for command in self._processes()),
        ]

    def _processes(self) -> Iterator[str]:
        """The processes that know this directory: every container has a volume in it.

        A plain process has it in its environment; what has a view of its own, among its mounts.
        """
        mark = f"/{self.directory.name}/".encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes() or mark in _mounted_in(process):
                    yield (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # it has ended, or is somebody else's
                continue


def _mounted_in(process: Path) -> bytes:
    """The directories that are mounted somewhere in a process's view, a line for each.

    Where they are mounted is of no interest: each view has everything that is mounted on the host.
    """
    lines = (process / "mountinfo").read_bytes().splitlines()
    return b"\n".join(line.split()[3] for line in lines)
