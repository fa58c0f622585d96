"""The protocols a plugin implements, and the values it is handed.

An executor runs containers. The engine enters three blocks, one inside the other: `open_pod` for
what the containers of a pod share, `start` for one attempt of one container, and between entering
and leaving the latter it waits and signals. Leaving a block means that what it owned is gone.

Small on purpose: further powers are further protocols (`CanOpen`, `CanExec`, ...), of an executor,
a sandbox or a workload, and what an executor lacks is refused by name when a pod is submitted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import attrs

from seedpod.errors import Problem
from seedpod.events import Event
from seedpod.spec import (
    Container,
    ExecAction,
    GRPCAction,
    HTTPGetAction,
    Pod,
    SleepAction,
    TCPSocketAction,
)
from seedpod.spec.words import HookKind, ProbeKind
from seedpod.status import (
    ContainerUser,
    FoundContainer,
    FoundPod,
    Outcome,
    Termination,
    Usage,
)

Stream: TypeAlias = Literal["stdout", "stderr"]
Signal: TypeAlias = str
"""A signal by its name: `SIGTERM`, `SIGRTMIN+3`. `SIGKILL` ends all the container started."""
OutputSink: TypeAlias = Callable[[Stream, bytes], None]
"""Takes what a command wrote, in order per stream; never blocks and never raises."""


class LogSink(Protocol):
    """Takes what a container wrote, in order per stream; never blocks and never raises."""

    def __call__(self, stream: Stream, data: bytes, time: float | None = None, /) -> None:
        """Take *data*.

        Args:
            stream: Where it was written.
            data: What was written: lines, parts of lines, whatever was read.
            time: When it was written, in seconds since 1970, if somebody else took note of that;
                None: just now.
        """
        ...


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
    directories: tuple[Path, ...]
    """The pod's own directories, removed after the sandbox is closed; often none or one."""
    found: FoundPod | None = None
    """What `CanAdopt.find` found of the pod, if its sandbox is to be used again; else None."""
    sandbox_attempt: int = 0
    """The number of this sandbox in the life of the pod."""


@attrs.frozen(kw_only=True)
class Mount:
    """One volume (or a part of it, or a single file) at one place in a container's file system."""

    source: Path
    """On the host, absolute."""
    mount_path: str
    """In the container, absolute."""
    volume: str
    """Its name; empty for a file of the engine's own."""
    is_read_only: bool = False


def _names_only(env: Mapping[str, str]) -> str:
    """The names of variables, without their values."""
    return "{" + ", ".join(f"{name!r}: ..." for name in env) + "}"


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
    command: tuple[str, ...] = attrs.field(repr=False)
    """`$(VAR)` expanded; empty: the image's own entrypoint. Not in the repr: may hold secrets."""
    args: tuple[str, ...] = attrs.field(repr=False)
    """Likewise."""
    env: Mapping[str, str] = attrs.field(repr=_names_only)
    """Values are not in the repr: they may be secrets."""
    mounts: tuple[Mount, ...]
    """Its volumes, and the file its last words are read from."""
    write: LogSink
    """Where the executor puts the container's output as it reads it."""


ActionHandler: TypeAlias = ExecAction | HTTPGetAction | TCPSocketAction | GRPCAction | SleepAction


@attrs.frozen(kw_only=True)
class Action:
    """One thing a probe or a hook asks for."""

    purpose: ProbeKind | HookKind
    handler: ActionHandler
    """As the manifest has it; of a probe, `$(VAR)` in its command is expanded."""


@attrs.frozen(kw_only=True)
class WorkloadDescription:
    """What an executor knows of an attempt."""

    container_id: str = ""
    """With the scheme of the runtime: `docker://8f2e...`; empty: the engine's own id."""
    image_id: str = ""
    user: ContainerUser | None = None
    stop_signal: str = ""
    """What the image wants to be asked to end with; empty: it does not say."""


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
            CreateError: On entering, if the container cannot even be made.
            StartError: On entering, if it was made and cannot be started.
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


@runtime_checkable
class CanOutlive(Protocol):
    """An executor with somebody who outlives the host process, and removes what that has left."""

    def remove_if_orphaned(self, directory: Path) -> None:
        """*directory* is about to be made; to be removed, with all in it, if the host dies."""
        ...

    def keep(self, directory: Path) -> None:
        """*directory* is gone, or somebody else's now."""
        ...


@runtime_checkable
class CanPromise(Protocol):
    """An executor that promises, when a pod is submitted, what its workloads will be able to do.

    What is not promised is refused by name: a probe or a hook that runs a command in the container.
    """

    @property
    def workload_powers(self) -> Collection[type[CanExec | CanPerform]]:
        """The protocols, of these two, that every workload follows."""
        ...


@attrs.frozen(kw_only=True)
class RegistryCredentials:
    """What a registry is shown by somebody who may fetch an image."""

    registry: str
    """Whose they are, as their owner wrote it: `registry.example:5000/team`."""
    username: str = ""
    password: str = attrs.field(default="", repr=False)
    identity_token: str = attrs.field(default="", repr=False)
    """Instead of a password: what a registry's own login has given out."""
    registry_token: str = attrs.field(default="", repr=False)
    """Instead of both: a bearer token for the registry."""


@attrs.frozen
class PullProgress:
    """How far the fetching of an image has come."""

    received_bytes: int
    total_bytes: int | None = None
    """None until it is known how much there is."""


@attrs.frozen(kw_only=True)
class ImagePull:
    """One image to fetch."""

    image: str
    """Its name, with the tag or the digest."""
    credentials: tuple[RegistryCredentials, ...] = ()
    """Of the pod's `imagePullSecrets`, those that fit the image, in the order to try them; whatever
    the executor has of its own comes after them."""
    tell: Callable[[PullProgress], None] = attrs.field(
        default=lambda progress: None,  # noqa: ARG005 (nobody listens)
        repr=False,
    )
    """Is told how far it has come, as often as there is news; never blocks and never raises."""


@runtime_checkable
class CanPull(Protocol):
    """An executor that has images. Without this power `image` is not looked at."""

    async def has_image(self, image: str) -> bool:
        """Whether the image is there already.

        Cancellation: nothing is undone.

        Raises:
            PullError: That cannot be found out.
        """
        ...

    async def pull_image(self, pull: ImagePull) -> int:
        """Fetch an image, and return its size in bytes.

        The engine asks for an image once at a time, however many containers want it.

        Cancellation: the image may or may not be there.

        Raises:
            PullError: It cannot be fetched.
        """
        ...


@runtime_checkable
class CanAdopt(Protocol):
    """An executor that finds what an earlier engine left; its sandboxes are `CanAdoptContainer`."""

    async def find(self, pod: Pod) -> FoundPod | None:
        """What there is of this life of *pod* (of this uid); None if there is nothing.

        Cancellation: nothing is undone.
        """
        ...

    async def discard(self, pod: Pod) -> None:
        """End and remove, by force, all there is of this life of *pod*.

        Cancellation: something may be left.
        """
        ...


@runtime_checkable
class CanAdoptContainer(Protocol):
    """A sandbox, of an executor that `CanAdopt`, which hands out what was found."""

    def adopt(
        self, container: ContainerPlan, found: FoundContainer
    ) -> AbstractAsyncContextManager[Workload]:
        """As `Sandbox.start`, for an attempt that ran when it was found.

        Of the plan only the name, the kind, the number and the sink for its output count. If the
        attempt has ended meanwhile, the workload tells how.
        """
        ...


@runtime_checkable
class CanAddress(Protocol):
    """An executor whose pods have addresses of their own; its sandboxes are `HasAddresses`.

    Without this power a pod has the loopback address of the host.
    """

    @property
    def host_addresses(self) -> tuple[str, ...]:
        """Where containers reach the host, the main one first; known once the executor is open."""
        ...


@runtime_checkable
class HasAddresses(Protocol):
    """A sandbox, of an executor that `CanAddress`, with addresses of its own."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The pod's, the main one first; does not change. The engine reaches containers there."""
        ...


@attrs.frozen(kw_only=True)
class Leftover:
    """Something of a pod whose engine is no more."""

    name: str
    """What it is, for a person: `container web of pod default/shop`."""
    owner: str
    """Whose it was: `process 4711, which has ended`."""
    is_kept: bool = False
    """It was left on purpose, for the next engine to go on with."""


@runtime_checkable
class CanSweep(Protocol):
    """An executor that finds, and removes, what was left by host processes that are no more."""

    async def sweep(self, *, kept: bool = False, dry_run: bool = False) -> Sequence[Leftover]:
        """Remove what no living process owns, and return what that was.

        The executor need not be open.

        Args:
            kept: What was left on purpose as well.
            dry_run: Only find it.

        Raises:
            ExecutorError: Nobody can be asked, or something could not be removed.

        Cancellation: something may be left.
        """
        ...


@runtime_checkable
class CanBeLost(Protocol):
    """A sandbox that may cease to be while its pod runs."""

    @property
    def is_lost(self) -> bool:
        """Whether nothing can be started in it any more; true before the ends of what ran show."""
        ...

    async def lost(self) -> None:
        """Wait until it is lost; what ran in it has ended by then, or can still be ended.

        Cancellation: stops waiting and changes nothing.
        """
        ...


@runtime_checkable
class CanShowFile(Protocol):
    """An executor that can show single files of the host: a container's termination message."""

    def can_show(self, mount_path: str) -> bool:
        """Whether a file can be shown at this path in a container."""
        ...


@runtime_checkable
class CanExec(Protocol):
    """A workload in which further commands can be run: exec probes and hooks."""

    async def exec(self, command: Sequence[str], write: OutputSink) -> int:
        """Run *command* in the container, as it is, and return its exit code.

        It has the container's environment and working directory, and ends with the container at
        the latest (137). When the coroutine returns, nothing of the command runs any more.

        Cancellation: kills the command, and all it started, before it is left.

        Raises:
            StartError: The command cannot be started.
        """
        ...


@runtime_checkable
class CanPerform(Protocol):
    """A workload that performs the actions of probes and hooks itself, whatever they are."""

    async def perform(self, action: Action) -> Outcome:
        """Perform *action*, without a limit in time.

        Cancellation: the action is given up, and leaves nothing behind.
        """
        ...


@runtime_checkable
class CanDescribe(Protocol):
    """A workload that knows more of itself than the engine does."""

    @property
    def description(self) -> WorkloadDescription:
        """What the status shows of this attempt; does not change while it runs."""
        ...


@runtime_checkable
class CanMeasure(Protocol):
    """A workload that can tell what it uses."""

    async def usage(self) -> Usage | None:
        """What it uses now, and has used; None if nobody counts, or it has ended.

        Cancellation: nothing is undone.
        """
        ...


class Observer(Protocol):
    """Sees every event of every pod of an engine, in order, as it is recorded."""

    def __call__(self, pod: Pod, event: Event, /) -> None:
        """Take note of *event*; must be quick, must not block, must not raise."""
        ...
