"""One attempt of a container: a process that leads its own session and process group."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs
from anyio import Event, sleep

from seedpod.abc import OutputSink, Signal, Stream, WorkloadDescription
from seedpod.errors import ExecutorError
from seedpod.executors.subprocess._group import kill_group
from seedpod.executors.subprocess._signals import signal_number
from seedpod.status import Termination, Usage

if TYPE_CHECKING:
    from seedpod.executors.subprocess._cgroups import ContainerGroup
    from seedpod.executors.subprocess._place import Place
    from seedpod.executors.subprocess._view.inner import Inner

Execute: TypeAlias = Callable[["Attempt", Sequence[str], OutputSink], Awaitable[int]]
CHUNK: Final = 64 * 1024
"""Bytes taken from a pipe at a time: what a pipe holds, unless somebody made it larger."""
KILLED: Final = 128 + signal.SIGKILL
_LAST_WAIT: Final = 1000
"""Milliseconds that a killed process may take to die when all else is lost: it blocks the loop."""
_MOMENT: Final = 0.001
"""Seconds between two looks for a command that is about to start."""
_LAST_ERROR: Final = 512
"""Bytes."""
_UNKNOWN: Final = -1
"""The exit code of a process somebody else has reaped."""


@attrs.define(eq=False)
class Attempt:
    """A `Workload`; the dispatcher finds out how it ends and says so by `finish`."""

    place: Place
    execute: Execute
    """Runs one more command in it."""
    pid: int
    """Of the leader, the container's main process; also the number of its group and session."""
    pidfd: int
    pipes: dict[Stream, int]
    """The reading end of each stream that is still open."""
    identity: int
    """The inode of its stdout pipe: what the guard knows it by."""
    write: OutputSink
    inner: Inner | None = None
    """What is inside the leader, if that only keeps others."""
    group: ContainerGroup | None = None
    """What keeps its limits, if it has any."""
    exit_code: int | None = None
    """How the leader ended; None until it was reaped."""
    termination: Termination | None = None
    failure: BaseException | None = None
    """Why nobody knows how the attempt ended, if that is so."""
    executions: set[Attempt] = attrs.field(factory=set["Attempt"], init=False)
    """Further commands that run in it; they are killed when its main process is gone."""
    last_error: bytes = attrs.field(default=b"", init=False, repr=False)
    """The end of what came from standard error, if it may be about a start that failed."""
    _ended: Event = attrs.field(factory=Event, init=False)

    def __repr__(self) -> str:
        how = "runs" if self.termination is None else f"exit code {self.termination.exit_code}"
        return f"<Attempt of {self.container}: process {self.pid}, {how}>"

    @property
    def container(self) -> str:
        """The name of its container."""
        return self.place.plan.name

    @property
    def is_dying(self) -> bool:
        """Whether its main process is gone, so that nothing more can run in it."""
        return self.exit_code is not None or self.has_ended

    @property
    def description(self) -> WorkloadDescription:
        """Whom it runs as."""
        return WorkloadDescription(user=self.place.user)

    async def usage(self) -> Usage | None:
        """What it uses, if it has a group of its own: one that has limits does.

        Cancellation: never waits, so there is nothing to undo.
        """
        return None if self.group is None or self.has_ended else self.group.usage()

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

        Cancellation: it has not been sent.

        Raises:
            ExecutorError: There is no such signal, or the process may not be signalled.
        """
        try:
            number = signal_number(signal)
            while not self.send(number):  # noqa: ASYNC110 (nobody tells when the command is there)
                await sleep(_MOMENT)
        except (ValueError, PermissionError) as error:
            message = f"container {self.container}: signal {error}"
            raise ExecutorError("subprocess", message) from error

    def send(self, number: int) -> bool:
        """Send the signal of this *number*; nothing happens if the leader was reaped.

        Returns:
            False if there is nobody yet whom it could be sent to.
        """
        if self.exit_code is not None or self.has_ended:
            return True
        if number == signal.SIGKILL:
            kill_group(self.pid, self.pidfd)
            return True
        if self.inner is not None:
            return self.inner.send(number)
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)
        return True

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
            if self.inner is not None and stream == "stderr":
                self.last_error = (self.last_error + data)[-_LAST_ERROR:]
            self.write(stream, data)
            if len(data) < CHUNK:
                return True  # very likely empty; if not, it will be said again
            at_most -= len(data)
        return True

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left inside; to be asked once the leader is dead."""
        return self.inner is None or self.inner.is_over

    @property
    def last(self) -> int:
        """A pidfd of who is the last of it to die, after the leader; negative if none is known."""
        return -1 if self.inner is None else self.inner.last

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
        if self.exit_code is None or self.was_reaped_by_another:
            self.termination = Termination(137, "ContainerStatusUnknown", message)
        elif self.inner is not None and self.exit_code < KILLED and not self.inner.has_run:
            # The words are those of bubblewrap, or of what it was to start.
            words = self.last_error.decode(errors="replace").strip().rpartition("\n")[2]
            self.termination = Termination(128, "StartError", message or words)
        else:
            is_starved = self.group is not None and self.exit_code and self.group.oom_kills()
            reason = "OOMKilled" if is_starved else ""
            self.termination = Termination(self.exit_code, reason, message)
        self.close()
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
        if self.inner is not None:
            self.inner.close()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1
