"""What runs containers: the three protocols that every executor needs, one inside the other."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias

from seedpod.abc._plan import ContainerPlan, PodContext
from seedpod.status import Termination


class Executor(Protocol):
    """Runs containers; found by name through the entry point group `seedpod.executors`."""

    @property
    def name(self) -> str:
        """The name it is chosen by: `subprocess`."""
        ...

    def open_pod(self, pod: PodContext) -> AbstractAsyncContextManager[Sandbox]:
        """A block inside which the pod's sandbox exists.

        Raises:
            ExecutorError: On entering, if the sandbox cannot be made.
        """
        ...


class Sandbox(Protocol):
    """What the containers of one pod share: network, volumes, resource accounting."""

    def start(self, container: ContainerPlan) -> AbstractAsyncContextManager[Workload]:
        """A block inside which one attempt of a container runs.

        Entering returns when the container runs. Leaving it early, by cancellation too, kills what
        still runs and waits for it, shielded and within a bound.

        Raises:
            CreateError: On entering, if the container cannot even be made.
            StartError: On entering, if it was made and cannot be started.
        """
        ...


Signal: TypeAlias = str
"""A signal by its name: `SIGTERM`, `SIGRTMIN+3`. `SIGKILL` ends all the container started."""


class Workload(Protocol):
    """One running attempt: inside the block it runs, after the block it is gone."""

    async def wait(self) -> Termination:
        """Wait until the attempt has ended and nothing of it runs any more.

        May be called any number of times, also at once from several tasks, also after the end.

        Cancellation: stops waiting and changes nothing.
        """
        ...

    async def signal(self, signal: Signal) -> None:
        """Send a signal to the container's main process; nothing happens if it has ended.

        `SIGKILL` is meant for everything the container started, not for its main process alone.

        Cancellation: the signal may or may not have been sent.
        """
        ...
