"""One attempt of a container: a process that leads its own session and process group."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

import attrs
from anyio import Event

from seedpod.abc import ContainerPlan, OutputSink, Signal, Stream, WorkloadDescription
from seedpod.errors import ExecutorError
from seedpod.executors.subprocess._group import kill_group
from seedpod.executors.subprocess._signals import signal_number
from seedpod.status import ContainerUser, Termination

Execute: TypeAlias = Callable[["Attempt", Sequence[str], OutputSink], Awaitable[int]]
CHUNK: Final = 64 * 1024
"""Bytes taken from a pipe at a time: what a pipe holds, unless somebody made it larger."""
KILLED: Final = 128 + signal.SIGKILL
_LAST_WAIT: Final = 1000
"""Milliseconds that a killed process may take to die when all else is lost: it blocks the loop."""
_UNKNOWN: Final = -1
"""The exit code of a process somebody else has reaped."""


@attrs.define(eq=False)
class Attempt:
    """A `Workload`; the dispatcher finds out how it ends and says so by `finish`."""

    plan: ContainerPlan
    execute: Execute
    """Runs one more command in it."""
    user: ContainerUser
    """Whom it runs as."""
    pid: int
    """Of the leader, the container's main process; also the number of its group and session."""
    pidfd: int
    pipes: dict[Stream, int]
    """The reading end of each stream that is still open."""
    identity: int
    """The inode of its stdout pipe: what the guard knows it by."""
    write: OutputSink
    exit_code: int | None = None
    """How the leader ended; None until it was reaped."""
    termination: Termination | None = None
    failure: BaseException | None = None
    """Why nobody knows how the attempt ended, if that is so."""
    executions: set[Attempt] = attrs.field(factory=set["Attempt"], init=False)
    """Further commands that run in it; they are killed when its main process is gone."""
    _ended: Event = attrs.field(factory=Event, init=False)

    def __repr__(self) -> str:
        how = "runs" if self.termination is None else f"exit code {self.termination.exit_code}"
        return f"<Attempt of {self.container}: process {self.pid}, {how}>"

    @property
    def container(self) -> str:
        """The name of its container."""
        return self.plan.name

    @property
    def is_dying(self) -> bool:
        """Whether its main process is gone, so that nothing more can run in it."""
        return self.exit_code is not None or self.has_ended

    @property
    def description(self) -> WorkloadDescription:
        """Whom it runs as."""
        return WorkloadDescription(user=self.user)

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it runs any more."""
        return self._ended.is_set()

    @property
    def was_reaped_by_another(self) -> bool:
        """Whether somebody else has learned the leader's exit code instead of us."""
        return self.exit_code == _UNKNOWN

    async def end(self) -> None:
        """Wait until the attempt has ended, however it did.

        Cancellation: stops waiting and changes nothing.
        """
        await self._ended.wait()

    async def wait(self) -> Termination:
        """Wait until the process has ended and its group is empty, and say how it ended.

        Cancellation: stops waiting and changes nothing.

        Raises:
            ExecutorError: The executor itself broke down.
        """
        await self._ended.wait()
        if self.termination is None:
            message = f"container {self.container}: lost sight of process {self.pid}"
            raise ExecutorError("subprocess", message) from self.failure
        return self.termination

    async def exec(self, command: Sequence[str], write: OutputSink) -> int:
        """Run one more command in the container, to its end, and return its exit code.

        Cancellation: kills it and all that is left of its group before it is left.

        Raises:
            StartError: It cannot be started.
        """
        return await self.execute(self, command, write)

    async def signal(self, signal: Signal) -> None:
        """Send a signal to the container's main process; SIGKILL goes to its whole group.

        Cancellation: there is no point at which it could be cancelled.

        Raises:
            ExecutorError: There is no such signal, or the process may not be signalled.
        """
        try:
            self.send(signal_number(signal))
        except (ValueError, PermissionError) as error:
            message = f"container {self.container}: signal {error}"
            raise ExecutorError("subprocess", message) from error

    def send(self, number: int) -> None:
        """Send the signal of this *number*; nothing happens if the leader was reaped."""
        if self.exit_code is not None or self.has_ended:
            return
        if number == signal.SIGKILL:
            kill_group(self.pid, self.pidfd)
            return
        try:
            signal.pidfd_send_signal(self.pidfd, number)
        except ProcessLookupError:
            return

    def read(self, stream: Stream, at_most: int) -> bool:
        """Pass on what waits in the pipe of *stream*, up to about *at_most* bytes.

        Returns:
            Whether more can come; False once nobody has the pipe open for writing.
        """
        while at_most > 0:
            try:
                data = os.read(self.pipes[stream], CHUNK)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.write(stream, data)
            if len(data) < CHUNK:
                return True  # very likely empty; if not, it will be said again
            at_most -= len(data)
        return True

    def reap(self) -> bool:
        """Ask how the leader ended, once it has.

        Returns:
            Whether that is known now. A dead process can be held back by a debugger.
        """
        if self.exit_code is not None:
            return True
        try:
            result = os.waitid(os.P_PIDFD, self.pidfd, os.WEXITED | os.WNOHANG)
        except ChildProcessError:
            # Somebody in this program waits for all children, or has SIGCHLD ignored.
            self.exit_code = _UNKNOWN
            return True
        if result is None:
            return False
        has_exited = result.si_code == os.CLD_EXITED
        self.exit_code = result.si_status if has_exited else 128 + result.si_status
        return True

    def finish(self, message: str = "") -> None:
        """Say that nothing of the attempt runs any more, or that no more can be done about it."""
        self.close()
        if self.exit_code is None or self.was_reaped_by_another:
            self.termination = Termination(137, "ContainerStatusUnknown", message)
        else:
            self.termination = Termination(self.exit_code, "", message)
        self._ended.set()

    def lose(self, failure: BaseException | None) -> None:
        """Give up on it: whoever waits for its end is told that it will never be known."""
        if self.has_ended:
            return
        self.send(signal.SIGKILL)
        if self.exit_code is None:
            death = select.poll()
            death.register(self.pidfd, select.POLLIN)
            if death.poll(_LAST_WAIT):
                self.reap()
        self.close()
        self.failure = failure
        self._ended.set()

    def close(self) -> None:
        """Close what is open of its descriptors."""
        for fd in self.pipes.values():
            os.close(fd)
        self.pipes.clear()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1
