"""One task that learns of every exit and passes on all output of an executor's containers.

Theory of operation. Each attempt brings three descriptors: a pidfd, which is readable once the
leader is dead, and two pipes. They are all in one epoll, whose own descriptor is the only one the
event loop ever sees; so a thousand containers cost the loop one waiting task and no thread.

The end of an attempt goes through these steps, and usually through all of them in one call:

1. The leader is dead and not reaped. Its group's number is still its own: kill who is left of the
group. 2. Reap the leader. 3. The group is empty, or it is looked at again after a short while,
until it is or the patience is over. 4. Pass on what waits in the pipes. Not until their end:
whoever has left the group may hold one open. 5. Close everything and say that the attempt has
ended.

In a view the leader only keeps the processes, which have a process 1 of their own: the kernel kills
them with it, and it is dead once they are. There is always something left for a moment, so nobody
looks: the pidfd of that process 1 takes the place of the leader's, and says when step 3 is done.

Descriptors leave the epoll before they are closed, never by being closed: between fork and exec a
child has a copy of all of them, and an epoll goes on reporting what is open anywhere.
"""

from __future__ import annotations

import fcntl
import math
import os
import select
from collections.abc import Callable
from logging import getLogger
from signal import SIGKILL
from typing import Final

import anyio
import attrs
from anyio.abc import TaskStatus

from seedpod.abc import Stream
from seedpod.executors.subprocess._attempt import CHUNK, Attempt
from seedpod.executors.subprocess._group import (
    Process,
    is_group_empty,
    kill_group,
    kill_members,
    living_members,
)

_LOG: Final = getLogger("seedpod.executors.subprocess")
_READ_AT_MOST: Final = 4 * CHUNK
"""Bytes per pipe and turn, so that one loud container cannot keep the others waiting."""
_EVENTS_AT_MOST: Final = 8
_POLLS_AT_MOST: Final = 4
"""Per turn; together they bound how long many loud containers can keep the event loop waiting."""
_PATIENCE: Final = 10.0
"""Seconds that a killed group may take to be gone."""
_SHORTEST_LOOK: Final = 0.001
_LONGEST_LOOK: Final = 0.05
_SHARE_OF_LOOKING: Final = 4.0
"""How many times the length of a look is the shortest pause after it."""


@attrs.define(eq=False)
class _Lingering:
    """An attempt whose leader is dead while others of its group, all killed, may not be yet."""

    attempt: Attempt
    deadline: float


class Dispatcher:
    """Follows attempts from `watch` to their end while `run` runs."""

    def __init__(self, ended: Callable[[Attempt], None]) -> None:
        self._epoll = select.epoll()
        self._watched: dict[int, tuple[Attempt, Stream | None]] = {}
        self._attempts: set[Attempt] = set()
        self._closing: dict[Attempt, float] = {}
        """The views whose process 1 is about to die, and when that is overdue; in that order."""
        self._lingering: list[_Lingering] = []
        self._pause = _SHORTEST_LOOK
        self._next_look = 0.0
        self._scope = anyio.CancelScope(shield=True)
        self._ended = ended

    def __repr__(self) -> str:
        lingering = len(self._lingering) + len(self._closing)
        return f"<Dispatcher: {len(self._attempts)} running, {lingering} lingering>"

    @property
    def is_closed(self) -> bool:
        """Whether `run` has ended, so that nothing can be followed any more."""
        return self._epoll.closed

    def watch(self, attempt: Attempt) -> None:
        """Follow *attempt* from now on.

        Raises:
            OSError: The kernel has no room for it; then nothing has changed.
        """
        try:
            self._register(attempt.pidfd, attempt, None)
            for stream, fd in attempt.pipes.items():
                self._register(fd, attempt, stream)
        except BaseException:
            for fd in (attempt.pidfd, *attempt.pipes.values()):
                if fd in self._watched:
                    self._unregister(fd)
            raise
        self._attempts.add(attempt)

    async def run(self, *, task_status: TaskStatus[None]) -> None:
        """Follow attempts until `stop`, whatever is cancelled around it.

        Cancellation: has no effect; those who are cancelled wait, shielded, for their containers
        to end, and this is what tells them.
        """
        failure: BaseException | None = None
        try:
            with self._scope:
                task_status.started()
                while True:
                    await self._something_to_do()
                    self._handle_what_there_is()
                    self._look_at_the_overdue()
                    if self._lingering and anyio.current_time() >= self._next_look:
                        self._look_again()
        except BaseException as error:
            failure = error
            raise
        finally:
            self._close(failure)

    def stop(self) -> None:
        """End `run`; attempts that still run are killed, and nobody will know how they ended."""
        self._scope.cancel()

    async def _something_to_do(self) -> None:
        if not (self._lingering or self._closing):
            await anyio.wait_readable(self._epoll)
            return
        moment = next(iter(self._closing.values()), math.inf)
        if self._lingering:
            moment = min(moment, self._next_look)
        with anyio.move_on_after(max(0, moment - anyio.current_time())):
            await anyio.wait_readable(self._epoll)

    def _handle_what_there_is(self) -> None:
        """Handle events, also those that come meanwhile: a process closes its pipes as it dies."""
        for _ in range(_POLLS_AT_MOST):
            events = self._epoll.poll(0, _EVENTS_AT_MOST)
            for fd, _mask in events:
                self._handle(fd)
            if not events:
                return

    def _handle(self, fd: int) -> None:
        attempt, stream = self._watched.get(fd, (None, None))
        if attempt is None:
            return  # ended a moment ago, in this very turn
        if stream is None and attempt in self._closing:
            self._stop_closing(attempt)
            self._end(attempt)
        elif stream is None:
            self._leader_died(attempt)
        elif not attempt.read(stream, _READ_AT_MOST):
            self._close_pipe(attempt, stream)

    def _leader_died(self, attempt: Attempt) -> None:
        kill_group(attempt.pid, attempt.pidfd)
        for execution in attempt.executions:
            execution.send(SIGKILL)
        self._unregister(attempt.pidfd)
        is_reaped = attempt.reap()
        if is_reaped and attempt.last >= 0:
            self._register(attempt.last, attempt, None)
            self._closing[attempt] = anyio.current_time() + _PATIENCE
            return
        if is_reaped and is_group_empty(attempt.pid) and attempt.is_empty:
            self._end(attempt)
            return
        if not self._lingering:
            self._pause = _SHORTEST_LOOK
            self._next_look = anyio.current_time() + self._pause
        self._lingering.append(_Lingering(attempt, anyio.current_time() + _PATIENCE))

    def _stop_closing(self, attempt: Attempt) -> None:
        self._unregister(attempt.last)
        del self._closing[attempt]

    def _look_at_the_overdue(self) -> None:
        """Have those looked at, and named, who are still there although they should be dead."""
        while self._closing:
            attempt, deadline = next(iter(self._closing.items()))
            if anyio.current_time() < deadline:
                return
            self._stop_closing(attempt)
            self._lingering.append(_Lingering(attempt, deadline))

    def _look_again(self) -> None:
        """One look at `/proc` for all who linger; the looks become rarer while nothing changes."""
        began = anyio.current_time()
        waiting, self._lingering = self._lingering, []
        reaped = {each.attempt.pid for each in waiting if each.attempt.reap()}
        living = living_members(reaped)
        for each in waiting:
            leader = each.attempt.pid
            if each.attempt.was_reaped_by_another:
                # The group could not be killed as one: its number was not safely its own.
                kill_members(living.get(leader, ()))
            if leader in reaped and leader not in living and each.attempt.is_empty:
                self._end(each.attempt)
            elif began >= each.deadline:
                self._end(each.attempt, _remains(leader, living.get(leader, ())))
            else:
                self._lingering.append(each)
        has_progress = len(self._lingering) < len(waiting)
        self._pause = _SHORTEST_LOOK if has_progress else min(2 * self._pause, _LONGEST_LOOK)
        now = anyio.current_time()
        self._next_look = now + max(self._pause, _SHARE_OF_LOOKING * (now - began))

    def _end(self, attempt: Attempt, message: str = "") -> None:
        if message:
            _LOG.error("container %s: %s", attempt.container, message)
        for stream, fd in list(attempt.pipes.items()):
            attempt.read(stream, fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ))
            self._close_pipe(attempt, stream)
        self._attempts.discard(attempt)
        attempt.finish(message)
        self._ended(attempt)

    def _register(self, fd: int, attempt: Attempt, stream: Stream | None) -> None:
        self._epoll.register(fd, select.EPOLLIN)
        self._watched[fd] = (attempt, stream)

    def _unregister(self, fd: int) -> None:
        self._epoll.unregister(fd)
        del self._watched[fd]

    def _close_pipe(self, attempt: Attempt, stream: Stream) -> None:
        fd = attempt.pipes.pop(stream)
        self._unregister(fd)
        os.close(fd)

    def _close(self, failure: BaseException | None) -> None:
        for attempt in self._attempts:
            attempt.lose(failure)
            self._ended(attempt)
        self._attempts.clear()
        self._closing.clear()
        self._lingering.clear()
        self._watched.clear()
        self._epoll.close()


def _remains(leader: int, living: tuple[Process, ...]) -> str:
    """What to say of a group that was killed and is not gone."""
    if not living:
        return f"process {leader} is dead, but could not be reaped: a debugger may hold it"
    return f"still there after it was killed: {', '.join(map(str, living))}"
