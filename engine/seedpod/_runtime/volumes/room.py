"""Where the files of a pod are kept on the host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs


@attrs.frozen
class Room:
    """The pod's own directories; nobody else's files are in them, and they go with the pod."""

    disk: Path
    memory: Path | None = None
    """On a tmpfs, for what is to be kept in memory; None if the pod keeps nothing there."""
    may_mount: bool = False
    """Whether a volume in memory that has a bound gets a file system of its own."""

    def of(self, volume: Path) -> Path:
        """Which of the directories *volume* is in: what has to be on its file system goes there."""
        memory = self.memory
        return self.disk if memory is None or not volume.is_relative_to(memory) else memory

    def __iter__(self) -> Iterator[Path]:
        yield self.disk
        if self.memory is not None:
            yield self.memory
