"""What one attempt of a container has around it: what differs between the levels of isolation."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import attrs

from seedpod.abc import ContainerPlan
from seedpod.executors.subprocess._links import LinkError, PodLinks
from seedpod.executors.subprocess._spawn import Command, NotStartedError
from seedpod.status import ContainerUser

if TYPE_CHECKING:
    from seedpod.executors.subprocess._attempt import Attempt
    from seedpod.executors.subprocess._view.inner import Inner


class PlaceError(Exception):
    """A container cannot have what it needs around it; the sentence says why."""

    def __init__(self, message: str, reason: str = "CreateContainerError") -> None:
        self.reason = reason
        """What the container waits with."""
        super().__init__(message)


@attrs.define(eq=False)
class Launch:
    """A command that is ready to be spawned, with what belongs to that one spawn."""

    command: Command
    inner: Inner | None = None
    """What is told of the processes inside a view; it becomes the attempt's."""
    passing: tuple[int, ...] = ()
    """Descriptors to close once the command was spawned."""

    def give_up(self) -> None:
        """Close what it holds: it is not going to be spawned."""
        for fd in self.passing:
            os.close(fd)
        if self.inner is not None:
            self.inner.close()


class Place(Protocol):
    """The surroundings of one attempt, from before it is started until it has ended."""

    @property
    def plan(self) -> ContainerPlan:
        """Of the container."""
        ...

    @property
    def user(self) -> ContainerUser:
        """Whom its processes run as."""
        ...

    def launch(self) -> Launch:
        """The container's own command.

        Raises:
            NotStartedError: It cannot be started.
        """
        ...

    async def launch_in(self, attempt: Attempt, argv: Sequence[str]) -> Launch:
        """One more command, in the container of *attempt*.

        Cancellation: nothing is undone.

        Raises:
            NotStartedError: It cannot be started.
        """
        ...

    def close(self) -> None:
        """Remove what the attempt alone had."""
        ...


class Surroundings(Protocol):
    """What the containers of one pod have around them."""

    entrance: tuple[str, ...]
    """What to put before a command to be in the pod's own network; empty: the host's."""

    async def prepared(self, plan: ContainerPlan) -> Place:
        """The place of one attempt.

        Cancellation: nothing is left of it.

        Raises:
            PlaceError: The container cannot have what it needs.
        """
        ...


@attrs.define(eq=False)
class HostSurroundings:
    """The level `none`: the host as it is, with links to volumes."""

    env: Mapping[str, str] = attrs.field(repr=False)
    """What the image's own environment would be."""
    user: ContainerUser
    links: PodLinks
    entrance: tuple[str, ...] = ()

    async def prepared(self, plan: ContainerPlan) -> HostPlace:
        """As `Surroundings.prepared`."""
        try:
            for mount in plan.mounts:
                self.links.link(mount.mount_path, mount.source)
        except LinkError as error:
            raise PlaceError(str(error)) from error
        return HostPlace(plan, {**self.env, **plan.env}, self.user)


@attrs.frozen(eq=False)
class HostPlace:
    """A `Place` in which a command is a plain process of the host."""

    plan: ContainerPlan
    env: Mapping[str, str] = attrs.field(repr=False)
    user: ContainerUser

    def launch(self) -> Launch:
        """As `Place.launch`."""
        return self._launch((*self.plan.command, *self.plan.args))

    async def launch_in(self, attempt: Attempt, argv: Sequence[str]) -> Launch:  # noqa: ARG002
        """As `Place.launch_in`."""
        return self._launch(argv)

    def close(self) -> None:
        """As `Place.close`."""

    def _launch(self, argv: Sequence[str]) -> Launch:
        if not argv:
            raise NotStartedError("there is no command, and no image to take an entrypoint from")
        return Launch(Command(argv=argv, env=self.env, directory=self.plan.spec.working_dir))
