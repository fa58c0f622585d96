"""The protocols a plugin implements, and the values it is handed.

An executor runs containers. The engine enters three blocks, one inside the other: `open_pod` for
what the containers of a pod share, `start` for one attempt of one container, and between entering
and leaving the latter it waits and signals. Leaving a block means that what it owned is gone.

Small on purpose: further powers are further protocols (`CanOpen`, `CanReview`, ...), and what an
executor lacks is refused by name when a pod is submitted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import attrs

from seedpod.errors import Problem
from seedpod.events import Event
from seedpod.spec import Container, Pod
from seedpod.status import Termination

Stream: TypeAlias = Literal["stdout", "stderr"]
Signal: TypeAlias = str
"""A signal by its name: `SIGTERM`, `SIGRTMIN+3`. `SIGKILL` ends all the container started."""
OutputSink: TypeAlias = Callable[[Stream, bytes], None]
"""Takes what a container wrote, in order per stream; never blocks and never raises."""


class ContainerKind(StrEnum):
    """Which part a container plays in its pod."""

    INIT = "init"
    SIDECAR = "sidecar"
    APP = "app"


@attrs.frozen(kw_only=True)
class PodContext:
    """What an executor is told about a pod when its sandbox is opened."""

    pod: Pod
    """Validated, with every default filled in; `metadata.uid` is set."""
    uid: str
    volumes: Mapping[str, Path]
    """Where on the host each volume of the pod was prepared, by volume name; absolute paths."""
    directory: Path | None
    """The pod's own directory, removed after the sandbox is closed; None if the pod needed none."""


@attrs.frozen(kw_only=True)
class Mount:
    """One volume (or a part of it) at one place in a container's file system."""

    source: Path
    """On the host, absolute."""
    mount_path: str
    """In the container, absolute."""
    volume: str
    is_read_only: bool = False


@attrs.frozen(kw_only=True)
class ContainerPlan:
    """Everything an executor needs to know to start one attempt of one container."""

    name: str
    kind: ContainerKind
    spec: Container
    """As the user wrote it, with defaults; the fields below are what the engine made of it."""
    attempt: int
    """0 for the first."""
    container_id: str
    """Unique per attempt, chosen by the engine."""
    command: tuple[str, ...]
    """`$(VAR)` expanded; empty: the image's own entrypoint."""
    args: tuple[str, ...]
    env: Mapping[str, str]
    mounts: tuple[Mount, ...]
    write: OutputSink
    """Where the executor puts the container's output as it reads it."""


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


class Sandbox(Protocol):
    """What the containers of one pod share: network, volumes, resource accounting."""

    def start(self, container: ContainerPlan) -> AbstractAsyncContextManager[Workload]:
        """A block inside which one attempt of a container runs.

        Entering returns when the container runs. Leaving it early, by cancellation too, kills what
        still runs and waits for it, shielded and within a bound.

        Raises:
            StartError: On entering, if the container cannot be started.
        """
        ...


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


@runtime_checkable
class CanOpen(Protocol):
    """An executor with something all pods of an engine share: a connection, a dispatcher."""

    def open(self) -> AbstractAsyncContextManager[None]:
        """A block the engine enters before its first pod and leaves after its last."""
        ...


@runtime_checkable
class CanReview(Protocol):
    """An executor that can tell from a manifest alone what it cannot honour."""

    def review(self, pod: Pod) -> Sequence[Problem]:
        """Every field of *pod* this executor would have to ignore; empty if there is none.

        The engine refuses a pod with problems when it is submitted. Must not change anything.
        """
        ...


class Observer(Protocol):
    """Sees every event of every pod of an engine, in order, as it is recorded."""

    def __call__(self, pod: Pod, event: Event, /) -> None:
        """Take note of *event*; must be quick, must not block, must not raise."""
        ...
