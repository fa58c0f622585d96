"""What the containers of one pod share on the host: an environment, links to volumes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from logging import getLogger
from signal import SIGKILL
from typing import Final

import anyio
import anyio.lowlevel
import attrs

from seedpod.abc import ContainerPlan
from seedpod.errors import ExecutorError, StartError
from seedpod.executors.subprocess._attempt import Attempt
from seedpod.executors.subprocess._dispatcher import Dispatcher
from seedpod.executors.subprocess._guard import Guard
from seedpod.executors.subprocess._links import LinkError, PodLinks
from seedpod.executors.subprocess._pipes import Pipes, close_all
from seedpod.executors.subprocess._spawn import Command, NotStartedError, spawn

_LOG: Final = getLogger("seedpod.executors.subprocess")
_BOUND: Final = 15.0
"""Seconds that leaving a container's block early may take: the dispatcher's patience, and some."""


@attrs.define(eq=False)
class ProcessSandbox:
    """A `Sandbox` in which each container is a process."""

    pod: str
    env: Mapping[str, str]
    """What the image's own environment would be."""
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
            StartError: It cannot be started.
            ExecutorError: The executor has been closed, or has broken down.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()
        attempt = self._start(container)
        try:
            yield attempt
        finally:
            if not attempt.has_ended:
                with anyio.move_on_after(_BOUND, shield=True):
                    attempt.send(SIGKILL)
                    await attempt.end()
                if not attempt.has_ended:
                    _LOG.error("%r was killed and has not ended", attempt)

    def _start(self, plan: ContainerPlan) -> Attempt:
        if self.dispatcher.is_closed:
            raise ExecutorError("subprocess", "is not open any more")
        try:
            for mount in plan.mounts:
                self.links.link(mount.mount_path, mount.source)
            attempt = self._spawn(plan)
            self._follow(attempt)
        except (LinkError, NotStartedError) as error:
            raise StartError("subprocess", plan.name, str(error)) from error
        except OSError as error:
            message = f"the host cannot start a process: {error.strerror}"
            raise StartError("subprocess", plan.name, message) from error
        return attempt

    def _spawn(self, plan: ContainerPlan) -> Attempt:
        if not plan.command:
            raise NotStartedError("there is no command, and no image to take an entrypoint from")
        command = Command(
            argv=(*plan.command, *plan.args),
            env={**self.env, **plan.env},
            directory=plan.spec.working_dir,
        )
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
        return Attempt(plan.name, pid, pidfd, pipes.reading, identity, plan.write)

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
