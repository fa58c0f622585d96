"""One attempt of a container: it is started, read, asked how it ended, and removed."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import attrs
from anyio import TASK_STATUS_IGNORED, CancelScope, Event, create_task_group, move_on_after, sleep
from anyio.abc import TaskStatus

from seedpod.abc import ContainerPlan, OutputSink, Signal, WorkloadDescription
from seedpod.errors import ExecutorError
from seedpod.status import Termination, Usage
from seedpod_docker._api import ApiError, EngineError, Raw, UnreachableError
from seedpod_docker._connection import AWAY, LOG, NAME, Connection
from seedpod_docker._frames import Frames
from seedpod_docker._log import Log
from seedpod_docker._lookup import inspected
from seedpod_docker._statistics import usage_of
from seedpod_docker._watch import Watch

KILLED: Final = 137
"""128 + SIGKILL."""
_GONE: Final = frozenset({404, 409})
"""HTTP statuses of requests that come after the end: there is no such container, or it is over."""
_OVER: Final = re.compile("running|already finished|no such process")
"""How it is said by others that it is over."""
_LAST_WORDS: Final = 5.0
"""Seconds the rest of the output may take after the end."""
_SOON: Final = 0.2
"""Seconds an engine takes to tell the end of a container whose output has ended."""
_SOON_OF_PODMAN: Final = 0.01
"""Podman tells its events late: it is asked instead."""
_LATEST: Final = 5.0
"""Seconds between two looks at a container that has closed its output, and runs on."""
_LOST: Final = Termination(KILLED, "ContainerStatusUnknown", "The engine did not tell how it ended")
_REMOVED: Final = Termination(KILLED, "ContainerStatusUnknown", "The container was removed")


@attrs.define(eq=False)
class DockerContainer:
    """A `Workload`."""

    connection: Connection
    watch: Watch
    id: str
    plan: ContainerPlan
    description: WorkloadDescription
    look_at_sandbox: Callable[[], Awaitable[object]]
    """Finds out whether the sandbox is still there, so that its loss is known before the end."""
    has_begun: bool = False
    """Whether it was started, as far as is known."""
    termination: Termination | None = None
    killer: str = ""
    """An image whose program kills the processes whose numbers it is given; empty: none is."""
    init_id: str = ""
    """The container whose first process is process 1 here: itself, or the sandbox's."""
    _init_pid: int | None = None
    _life: CancelScope = attrs.field(factory=CancelScope)
    """In it somebody reads it and waits for its end."""
    _owed: Signal = ""
    """What could not be sent."""
    _may_have_ended: bool = False
    _silence: Event = attrs.field(factory=Event)
    """Nothing more will be read from it."""
    _news: Event = attrs.field(factory=Event)
    _ended: Event = attrs.field(factory=Event)

    def __repr__(self) -> str:
        how = "runs" if self.termination is None else f"exit code {self.termination.exit_code}"
        return f"<DockerContainer {self.plan.name}: {self.id[:12]}, {how}>"

    @property
    def path(self) -> str:
        """Where the engine is asked about it."""
        return f"/containers/{self.id}"

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it runs any more."""
        return self._ended.is_set()

    async def wait(self) -> Termination:
        """Wait until the container has ended, and say how.

        Cancellation: stops waiting and changes nothing.
        """
        await self._ended.wait()
        return self.termination or _REMOVED

    async def signal(self, signal: Signal) -> None:
        """Have the engine send a signal.

        If the engine is away, that is done when it is back; nobody waits longer than 5 s for it.

        Cancellation: the signal may or may not have been sent.

        Raises:
            ExecutorError: There is no such signal.
        """
        if self.has_ended:
            return
        query = {"signal": signal}
        ask = self.connection.api.call
        try:
            with move_on_after(AWAY) as scope:
                await self.connection.insist(lambda: ask("POST", f"{self.path}/kill", query))
            self._owed = signal if scope.cancelled_caught else ""
        except ApiError as error:
            if error.status not in _GONE and not _OVER.search(error.message):
                message = f"container {self.plan.name}: signal {signal}: {error.message}"
                raise ExecutorError(NAME, message) from error

    async def exec(self, command: Sequence[str], write: OutputSink) -> int:
        """Run one more command in the container, to its end, and return its exit code.

        Cancellation: kills it, and what it has started, before it is left, if the engine runs on
            this machine.

        Raises:
            StartError: It cannot be started.
        """
        from seedpod_docker._exec import execute  # noqa: PLC0415 (many containers never need it)

        return await execute(self, command, write)

    async def init(self) -> int:
        """The number, on the engine's machine, of process 1 in its pid namespace; 0 if it has none.

        Cancellation: nothing is undone.
        """
        if self._init_pid is None:
            try:
                known = await inspected(self.connection.api, self.init_id)
            except ApiError:
                known = None
            if known is None:
                return 0
            self._init_pid = int(known["State"]["Pid"])
        return self._init_pid

    async def usage(self) -> Usage | None:
        """What it uses, as the engine counts it.

        Cancellation: nothing is undone.
        """
        query = {"stream": "false", "one-shot": "true"}
        try:
            told = await self.connection.api.call("GET", f"{self.path}/stats", query)
        except EngineError:
            return None
        return usage_of(told)

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Start it, and go with it to its end; it has started when the task has.

        Cancellation: before it has started, nobody knows whether it will; then there is none: it
            is the end of the container that ends this.

        Raises:
            ApiError: It cannot be started.
            UnreachableError: The engine does not answer.
        """
        self.watch.listen(self.id, self._look)
        try:
            with self._life:
                async with self._attached() as output:
                    await self.connection.api.call("POST", f"{self.path}/start")
                    self.has_begun = self._life.shield = True
                    task_status.started()
                    await self._live(output)
        finally:
            self.watch.forget(self.id)

    async def go_on(self) -> None:
        """Go on with one that was started by somebody else, from what it has written so far.

        Cancellation: there is none, as with `run`.
        """
        self.has_begun = True
        self.watch.listen(self.id, self._look)
        try:
            with self._life:
                self._life.shield = True
                self._look()
                await self._live(None)
        finally:
            self.watch.forget(self.id)

    def give_up(self) -> None:
        """Wait no longer for its end: nobody will know."""
        self.termination = _LOST
        self._ended.set()
        self._life.cancel()

    def _look(self) -> None:
        self._may_have_ended = True
        self._news.set()

    def _attached(self) -> AbstractAsyncContextManager[Raw]:
        query = {"stream": "1", "stdout": "1", "stderr": "1"}
        return self.connection.api.raw("POST", f"{self.path}/attach", query)

    async def _live(self, output: Raw | None) -> None:
        breaks = self.watch.breaks
        state: Mapping[str, Any] | None = None
        async with create_task_group() as group:
            group.start_soon(self._read, output)
            state = await self._state_at_end()
            with move_on_after(_LAST_WORDS):
                await self._silence.wait()
            group.cancel_scope.cancel()
        self.termination = _REMOVED if state is None else termination_of(state)
        if self.watch.breaks != breaks:  # it may have ended with the engine, and not alone
            await self.look_at_sandbox()
        self._ended.set()

    async def _read(self, output: Raw | None) -> None:
        """Pass on what it writes.

        The end of the output may be the end of the engine: it does not differ. So when the engine
        was away, what was written meanwhile is looked for.
        """
        log = Log(self.connection, self.path, self.plan)
        if output is None:
            await log.follow()
        else:
            await self._pass_on(output)
        while True:
            log.begin_now()
            self._silence.set()
            self._news.set()
            await self.watch.broken()
            self._silence = Event()
            await log.follow()

    async def _pass_on(self, output: Raw) -> None:
        frames = Frames(is_raw=self.plan.spec.tty)
        try:
            while data := await output.read():
                for stream, piece in frames.feed(data):
                    self.plan.write(stream, piece)
        except UnreachableError:
            return

    async def _state_at_end(self) -> Mapping[str, Any] | None:
        """Wait until it has ended, and return its last state; None if it was removed."""
        connection = self.connection
        pause = _SOON_OF_PODMAN if connection.facts.is_podman else _SOON
        while True:
            if not self._may_have_ended:
                self._news = Event()
                if not self._silence.is_set():
                    await self._news.wait()
                    continue
                with move_on_after(pause):
                    await self._news.wait()
                pause = min(2 * pause, _LATEST)
            self._may_have_ended = False
            try:
                known = await connection.insist(lambda: inspected(connection.api, self.id))
            except ApiError as error:
                LOG.warning("container %s: %s", self.plan.name, error)
                self._may_have_ended = True
                await sleep(pause)
                continue
            if known is None:
                return None
            state: Mapping[str, Any] = known["State"]
            if not state["Running"]:
                return state
            if self._owed:
                await self.signal(self._owed)


def termination_of(state: Mapping[str, Any]) -> Termination:
    """How a container ended, from its `State`."""
    code = int(state.get("ExitCode") or 0) & 0xFF
    if state.get("OOMKilled"):
        return Termination(code, "OOMKilled")
    return Termination(code, "", str(state.get("Error") or ""))
