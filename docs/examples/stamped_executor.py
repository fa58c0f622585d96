"""An executor that tells each container how often it was started: `ATTEMPT` in its environment."""

from __future__ import annotations

from contextlib import asynccontextmanager

import attrs

import seedpod


class StampedExecutor:
    """Another executor, and one more variable in the environment of each container.

    Args:
        inner: The name of the executor that does the work.
    """

    name = "stamped"

    def __init__(self, inner="subprocess"):
        self._inner = seedpod.find_executor(inner)

    def open(self):
        return self._inner.open()

    def review(self, pod):
        return self._inner.review(pod)

    def can_show(self, mount_path):
        return self._inner.can_show(mount_path)

    @property
    def workload_powers(self):
        return self._inner.workload_powers

    @asynccontextmanager
    async def open_pod(self, pod):
        async with self._inner.open_pod(pod) as sandbox:
            yield StampedSandbox(sandbox)


@attrs.frozen
class StampedSandbox:
    """What the containers of one pod share."""

    inner: object

    def start(self, container):
        env = {**container.env, "ATTEMPT": str(container.attempt)}
        return self.inner.start(attrs.evolve(container, env=env))
