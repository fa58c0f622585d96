"""How far the fetching of a container's image has come, told now and then."""

from __future__ import annotations

from math import inf
from typing import Final

import attrs

from seedpod import events
from seedpod._runtime.container_run import ContainerRun
from seedpod.abc import PullProgress

_SECONDS: Final = 1.0
"""How long nothing is told after something was."""


@attrs.define(eq=False)
class ProgressReport:
    """Makes events of what an executor tells as often as it likes."""

    _container: ContainerRun
    _newest: PullProgress | None = None
    _told: PullProgress | None = None
    _told_at: float = -inf

    def take(self, progress: PullProgress) -> None:
        """Take note of *progress*, and tell it unless something was told just now."""
        self._newest = progress
        if self._container.pod.settings.clock() - self._told_at >= _SECONDS:
            self.tell_newest()

    def tell_newest(self) -> None:
        """Tell what is not told yet, if there is anything."""
        container, progress = self._container, self._newest
        if progress is None or progress == self._told or container.is_stopping:
            return
        self._told, self._told_at = progress, container.pod.settings.clock()
        container.pod.happened(
            events.ContainerImagePullProgressed,
            container.cause,
            container.name,
            container.spec.image,
            progress.received_bytes,
            progress.total_bytes,
        )
