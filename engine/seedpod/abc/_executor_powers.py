"""What an executor may be able to do besides, on its own and through its sandboxes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol, runtime_checkable

import attrs

from seedpod.abc._executor import Workload
from seedpod.abc._plan import ContainerPlan
from seedpod.abc._workload_powers import CanExec, CanPerform
from seedpod.errors import Problem
from seedpod.spec import Pod
from seedpod.status import FoundContainer, FoundPod


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
class CanPromise(Protocol):
    """An executor that promises, when a pod is submitted, what its workloads will be able to do.

    What is not promised is refused by name: a probe or a hook that runs a command in the container.
    """

    @property
    def workload_powers(self) -> Collection[type[CanExec | CanPerform]]:
        """The protocols, of these two, that every workload follows."""
        ...


@runtime_checkable
class CanShowFile(Protocol):
    """An executor that can show single files of the host: a container's termination message."""

    def can_show(self, mount_path: str) -> bool:
        """Whether a file can be shown at this path in a container."""
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
class CanOutlive(Protocol):
    """An executor with somebody who outlives the host process, and removes what that has left."""

    def remove_if_orphaned(self, directory: Path) -> None:
        """*directory* is about to be made; to be removed, with all in it, if the host dies."""
        ...

    def keep(self, directory: Path) -> None:
        """*directory* is gone, or somebody else's now."""
        ...


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


@attrs.frozen(kw_only=True)
class Leftover:
    """Something of a pod whose engine is no more."""

    name: str
    """What it is, for a person: `container web of pod default/shop`."""
    owner: str
    """Whose it was: `process 4711, which has ended`."""
    pod_uid: str = ""
    """Of its pod."""
    is_kept: bool = False
    """It was left on purpose, for the next engine to go on with."""
