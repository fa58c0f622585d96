"""Starting the processes of one pod's containers, and seeing to it that they end."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from logging import getLogger
from pathlib import Path
from signal import SIGKILL
from typing import TYPE_CHECKING, Final

import anyio
import anyio.lowlevel
import attrs

from seedpod.abc import ContainerPlan, OutputSink
from seedpod.errors import CreateError, ExecutorError, StartError
from seedpod.executors.subprocess._attempt import KILLED, Attempt
from seedpod.executors.subprocess._dispatcher import Dispatcher
from seedpod.executors.subprocess._pipes import Pipes, close_all
from seedpod.executors.subprocess._place import Launch, Place, PlaceError, Surroundings
from seedpod.executors.subprocess._spawn import Command, NotStartedError, spawn
from seedpod.executors.subprocess._view.lookup import Sources, why_not_run
from seedpod.guard import Guard

if TYPE_CHECKING:
    from seedpod.executors.subprocess._cgroups import ContainerGroup
    from seedpod.executors.subprocess._limits import Group

_LOG: Final = getLogger("seedpod.executors.subprocess")
_BOUND: Final = 15.0
"""Seconds that leaving a container's block early may take: the dispatcher's patience, and some."""


@attrs.define(eq=False)
class ProcessSandbox:
    """A `Sandbox` in which each container is a process."""

    pod: str
    surroundings: Surroundings
    stdin: int
    dispatcher: Dispatcher
    guard: Guard
    group: Group | None = None
    """What keeps the pod's limits, if it has any."""

    def __repr__(self) -> str:
        return f"<ProcessSandbox of {self.pod}>"

    @asynccontextmanager
    async def start(self, container: ContainerPlan) -> AsyncGenerator[Attempt]:
        """A block inside which one attempt of *container* runs.

        Cancellation: nothing is started once it was cancelled; inside the block it means a kill,
        and the block is left when the whole group is gone, or after 15 s, which is logged as an
        error.

        Raises:
            CreateError: It cannot have what it needs around it: a volume at its place, an image.
            StartError: It cannot be started.
            ExecutorError: The executor has been closed, or has broken down.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()
        try:
            place = await self.surroundings.prepared(container)
            try:
                group = None if self.group is None else self.group.open_container(container.spec)
            except BaseException:
                place.close()
                raise
        except PlaceError as error:
            raise CreateError("subprocess", container.name, str(error), error.reason) from error
        try:
            async with self.running(place, group) as attempt:
                yield attempt
        finally:
            place.close()
            if group is not None and self.group is not None:
                await self.group.close_container(group)  # noqa: ASYNC102 (shields itself)

    @asynccontextmanager
    async def running(
        self, place: Place, group: ContainerGroup | None = None
    ) -> AsyncGenerator[Attempt]:
        """A block inside which the command of *place* runs.

        Cancellation: as in `start`.

        Raises:
            StartError: It cannot be started.
            ExecutorError: The executor has been closed, or has broken down.
        """
        with _explained(place):
            attempt = self._started(place, place.launch(), place.plan.write, group)
        try:
            yield attempt
        finally:
            await _end(attempt)  # noqa: ASYNC102 (shields itself, within a bound)

    async def execute(self, attempt: Attempt, argv: Sequence[str], write: OutputSink) -> int:
        """Run one more command in the container of *attempt*, to its end.

        Cancellation: kills it and all that is left of its group before it is left.

        Raises:
            StartError: It cannot be started.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()
        if attempt.is_dying:
            return KILLED
        with _explained(attempt.place):
            launch = await attempt.place.launch_in(attempt, argv)
            execution = self._started(attempt.place, launch, write, attempt.group)
        attempt.executions.add(execution)
        try:
            return (await execution.wait()).exit_code
        finally:
            await _end(execution)  # noqa: ASYNC102 (shields itself, within a bound)
            attempt.executions.discard(execution)

    def _started(
        self, place: Place, launch: Launch, write: OutputSink, group: ContainerGroup | None
    ) -> Attempt:
        """What is to be launched, running and followed."""
        if self.dispatcher.is_closed:
            launch.give_up()
            raise ExecutorError("subprocess", "is not open any more")
        attempt = self._spawn(place, launch, write, group)
        self._follow(attempt)
        return attempt

    def _spawn(
        self, place: Place, launch: Launch, write: OutputSink, group: ContainerGroup | None
    ) -> Attempt:
        try:
            command = launch.command if group is None else _joining(group, launch.command)
            pipes = Pipes()
        except BaseException:
            launch.give_up()
            raise
        identity = pipes.identity
        try:
            self.guard.expect(identity)
            pid, pidfd = spawn(command, stdin=self.stdin, **pipes.writing)
        except BaseException:
            self.guard.drop(identity)
            close_all(pipes.reading.values())
            launch.give_up()
            raise
        finally:
            close_all(pipes.writing.values())
        close_all(launch.passing)
        return Attempt(
            place,
            self.execute,
            pid,
            pidfd,
            pipes.reading,
            identity,
            write,
            inner=launch.inner,
            group=group,
        )

    def _follow(self, attempt: Attempt) -> None:
        try:
            self.dispatcher.watch(attempt)
        except BaseException as error:
            attempt.lose(error)
            self.guard.drop(attempt.identity)
            raise
        try:
            self.guard.add(attempt.identity, attempt.pid)
        except BaseException:
            attempt.send(SIGKILL)  # nobody would end it if the host died
            raise


@contextmanager
def _explained(place: Place) -> Generator[None]:
    """A block in which what keeps a command of *place* from starting becomes a StartError."""
    try:
        yield
    except NotStartedError as error:
        raise StartError("subprocess", place.plan.name, str(error)) from error
    except OSError as error:
        message = f"the host cannot start a process: {error.strerror}"
        raise StartError("subprocess", place.plan.name, message) from error


def _joining(group: ContainerGroup, command: Command) -> Command:
    """*command*, in the group before it does anything else; looked for first, as a shell starts it.

    Raises:
        NotStartedError: There is no such command.
    """
    if not command.is_found:
        directory = command.directory or os.getcwd()
        reason = why_not_run(command.argv, command.env, directory, Sources(Path("/"), {}))
        if reason:
            raise NotStartedError(reason)
    return attrs.evolve(command, argv=(*group.joining(command.env), *command.argv))


async def _end(attempt: Attempt) -> None:
    """See that nothing of *attempt* runs any more."""
    if attempt.has_ended:
        return
    with anyio.move_on_after(_BOUND, shield=True):
        attempt.send(SIGKILL)
        await attempt.end()
    if not attempt.has_ended:
        _LOG.error("%r was killed and has not ended", attempt)
