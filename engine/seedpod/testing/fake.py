"""An executor that plays scripts and remembers what it was asked, and when."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from math import inf
from types import TracebackType
from typing import Self, TypeAlias

import anyio
import attrs
from anyio import CancelScope

from seedpod.abc import ContainerKind, ContainerPlan, PodContext, Signal
from seedpod.errors import StartError
from seedpod.status import Termination
from seedpod.testing.script import Script, exits, runs

KILLED = Termination(137)
NAME = "fake"
Scripts: TypeAlias = Mapping[str, Script | Sequence[Script]]


@attrs.frozen
class Call:
    """One thing the executor was asked, or that happened in it."""

    time: float
    """In seconds since the engine opened the executor."""
    pod: str
    container: str
    """Empty for what concerns the whole pod."""
    what: str
    """`open`, `close`, `start`, `refuse`, `SIGTERM` (any signal), `exit 0` (any), `abandon`."""


class FakeExecutor:
    """Runs no container: each attempt plays a script.

    Args:
        scripts: By container name, or by `pod/container`: the script of every attempt, or one
            script for each, the last of which repeats. A container without one succeeds at once if
            it is an init container, and else runs until told otherwise.
    """

    name = NAME

    def __init__(self, scripts: Scripts | None = None) -> None:
        self.calls: list[Call] = []
        """Everything that was asked, in order."""
        self._scripts = {
            name: (script,) if isinstance(script, Script) else tuple(script)
            for name, script in (scripts or {}).items()
        }
        self._opened_at = 0.0

    def __repr__(self) -> str:
        return f"FakeExecutor({self._scripts!r})"

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Count the time of `calls` from here.

        Cancellation: nothing is undone.
        """
        self._opened_at = anyio.current_time()
        yield

    def open_pod(self, pod: PodContext) -> AbstractAsyncContextManager[_FakeSandbox]:
        """A sandbox with nothing in it."""
        return _FakeSandbox(self, pod.pod.metadata.name)

    def times(self, what: str, container: str | None = None) -> list[float]:
        """When *what* happened (to this container), in seconds since the executor was opened."""
        return [
            each.time
            for each in self.calls
            if each.what == what and (container is None or each.container == container)
        ]

    def note(self, pod: str, container: str, what: str) -> None:
        """Remember a call."""
        at = round(anyio.current_time() - self._opened_at, 6)
        self.calls.append(Call(at, pod, container, what))

    def script(self, pod: str, plan: ContainerPlan) -> Script:
        """What this attempt plays."""
        scripts = self._scripts.get(f"{pod}/{plan.name}") or self._scripts.get(plan.name)
        if scripts:
            return scripts[min(plan.attempt, len(scripts) - 1)]
        return _SUCCEEDS if plan.kind is ContainerKind.INIT else _RUNS


_SUCCEEDS = exits(0)
_RUNS = runs()


class _FakeSandbox(AbstractAsyncContextManager["_FakeSandbox"]):
    """What the containers of a pod share: nothing but a name."""

    __slots__ = ("executor", "pod")

    def __init__(self, executor: FakeExecutor, pod: str) -> None:
        self.executor = executor
        self.pod = pod

    async def __aenter__(self) -> Self:
        self.executor.note(self.pod, "", "open")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.executor.note(self.pod, "", "close")

    def start(self, container: ContainerPlan) -> AbstractAsyncContextManager[FakeWorkload]:
        """Play the script of this attempt."""
        script = self.executor.script(self.pod, container)
        return FakeWorkload(self.executor, self.pod, container, script)


class FakeWorkload(AbstractAsyncContextManager["FakeWorkload"]):
    """One attempt; how it ends is a function of the time and the signals so far."""

    __slots__ = ("_end", "_ends_at", "_executor", "_is_over", "_plan", "_pod", "_script", "_waits")

    def __init__(
        self, executor: FakeExecutor, pod: str, plan: ContainerPlan, script: Script
    ) -> None:
        self._executor = executor
        self._pod = pod
        self._plan = plan
        self._script = script
        self._end = Termination(script.exit_code, script.reason)
        self._ends_at = inf
        self._is_over = False
        self._waits: list[CancelScope] = []

    async def __aenter__(self) -> Self:
        script = self._script
        if script.start_after > 0:
            await anyio.sleep(script.start_after)
        if script.refusal is not None:
            self._note("refuse")
            raise StartError(NAME, self._plan.name, script.refusal)
        self._note("start")
        if script.after is not None:
            self._ends_at = anyio.current_time() + script.after
        for chunk in script.output:
            self._plan.write("stdout", chunk)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._is_over:
            self._note("abandon")
            self._ends(0.0, KILLED)
            self._over()

    async def wait(self) -> Termination:
        """Wait until the script is over, or a signal has ended it.

        Cancellation: stops waiting; the attempt goes on.
        """
        await anyio.lowlevel.checkpoint()
        while not self._is_over and (now := anyio.current_time()) < self._ends_at:
            with CancelScope(deadline=self._ends_at) as wait:
                self._waits.append(wait)
                try:
                    await anyio.sleep(self._ends_at - now if self._ends_at < inf else inf)
                finally:
                    self._waits.remove(wait)
        self._over()
        return self._end

    async def signal(self, signal: Signal) -> None:
        """End the script as it says it ends when told to.

        Cancellation: never waits, so there is nothing to undo.
        """
        if self._is_over:
            return
        self._note(signal)
        if signal == "SIGKILL":
            self._ends(0.0, KILLED)
        elif self._script.stop_after is not None:
            self._ends(self._script.stop_after, Termination(self._script.stop_exit_code))

    def _ends(self, after: float, end: Termination) -> None:
        at = anyio.current_time() + after
        if at < self._ends_at:
            self._ends_at, self._end = at, end
            for wait in self._waits:
                wait.deadline = at

    def _over(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._note(f"exit {self._end.exit_code}")
            for wait in self._waits:
                wait.cancel()

    def _note(self, what: str) -> None:
        self._executor.note(self._pod, self._plan.name, what)
