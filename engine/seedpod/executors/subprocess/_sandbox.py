"""What the containers of one pod share on the host: an environment, links to volumes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from logging import getLogger
from signal import SIGKILL
from typing import Final

import anyio
import anyio.lowlevel
import attrs

from seedpod.abc import ContainerPlan, OutputSink
from seedpod.errors import CreateError, ExecutorError, StartError
from seedpod.executors.subprocess._attempt import KILLED, Attempt
from seedpod.executors.subprocess._dispatcher import Dispatcher
from seedpod.executors.subprocess._guard import Guard
from seedpod.executors.subprocess._links import LinkError, PodLinks
from seedpod.executors.subprocess._pipes import Pipes, close_all
from seedpod.executors.subprocess._spawn import Command, NotStartedError, spawn
from seedpod.status import ContainerUser

_LOG: Final = getLogger("seedpod.executors.subprocess")
_BOUND: Final = 15.0
"""Seconds that leaving a container's block early may take: the dispatcher's patience, and some."""


@attrs.define(eq=False)
class ProcessSandbox:
    """A `Sandbox` in which each container is a process."""

    pod: str
    env: Mapping[str, str]
    """What the image's own environment would be."""
    user: ContainerUser
    """Whom its containers run as."""
    stdin: int
    dispatcher: Dispatcher
    guard: Guard
    links: PodLinks

    def __repr__(self) -> str:
        return f"<ProcessSandbox of {self.pod}>"

    @asynccontextmanager
    async def start(self, container: ContainerPlan) -> AsyncGenerator[Attempt]:
        """A block inside which one attempt of *container* runs.

        Cancellation: nothing is started once it was cancelled; inside the block it means a kill,
        and the block is left when the whole group is gone, or after 15 s, which is logged as an
        error.

        Raises:
            CreateError: A volume cannot be shown where the container mounts it.
            StartError: It cannot be started.
            ExecutorError: The executor has been closed, or has broken down.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()
        try:
            for mount in container.mounts:
                self.links.link(mount.mount_path, mount.source)
        except LinkError as error:
            raise CreateError("subprocess", container.name, str(error)) from error
        attempt = self._started(container, (*container.command, *container.args), container.write)
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
        execution = self._started(attempt.plan, tuple(argv), write)
        attempt.executions.add(execution)
        try:
            return (await execution.wait()).exit_code
        finally:
            await _end(execution)  # noqa: ASYNC102 (shields itself, within a bound)
            attempt.executions.discard(execution)

    def _started(self, plan: ContainerPlan, argv: tuple[str, ...], write: OutputSink) -> Attempt:
        """*argv*, running and followed, with what the container of *plan* has around it."""
        if self.dispatcher.is_closed:
            raise ExecutorError("subprocess", "is not open any more")
        try:
            attempt = self._spawn(plan, argv, write)
            self._follow(attempt)
        except NotStartedError as error:
            raise StartError("subprocess", plan.name, str(error)) from error
        except OSError as error:
            message = f"the host cannot start a process: {error.strerror}"
            raise StartError("subprocess", plan.name, message) from error
        return attempt

    def _spawn(self, plan: ContainerPlan, argv: tuple[str, ...], write: OutputSink) -> Attempt:
        if not argv:
            raise NotStartedError("there is no command, and no image to take an entrypoint from")
        env = {**self.env, **plan.env}
        command = Command(argv=argv, env=env, directory=plan.spec.working_dir)
        pipes = Pipes()
        identity = pipes.identity
        try:
            self.guard.expect(identity)
            pid, pidfd = spawn(command, stdin=self.stdin, **pipes.writing)
        except BaseException:
            self.guard.drop(identity)
            close_all(pipes.reading.values())
            raise
        finally:
            close_all(pipes.writing.values())
        return Attempt(plan, self.execute, self.user, pid, pidfd, pipes.reading, identity, write)

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


async def _end(attempt: Attempt) -> None:
    """See that nothing of *attempt* runs any more."""
    if attempt.has_ended:
        return
    with anyio.move_on_after(_BOUND, shield=True):
        attempt.send(SIGKILL)
        await attempt.end()
    if not attempt.has_ended:
        _LOG.error("%r was killed and has not ended", attempt)
