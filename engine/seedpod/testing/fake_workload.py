"""One attempt of a fake container: it plays its script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from math import inf
from types import TracebackType
from typing import Final, Self

import anyio
from anyio import CancelScope

from seedpod.abc import Action, ContainerPlan, Signal, WorkloadDescription
from seedpod.errors import StartError
from seedpod.spec import SleepAction
from seedpod.status import Outcome, Result, Termination, Usage
from seedpod.testing.script import Replies, Reply, Script

KILLED: Final = Termination(137)
NAME: Final = "fake"
_NOTHING_TO_ADD: Final = WorkloadDescription()
_DONE: Final = Outcome(Result.SUCCESS)
_PARTS: Final = {"postStart": "post_start", "preStop": "pre_stop"}


class FakeWorkload(AbstractAsyncContextManager["FakeWorkload"]):
    """How it ends is a function of the time and the signals so far."""

    __slots__ = (
        "_asked",
        "_end",
        "_ends_at",
        "_is_adopted",
        "_is_over",
        "_is_started",
        "_note_call",
        "_plan",
        "_pod",
        "_script",
        "_started_at",
        "_waits",
    )

    def __init__(
        self,
        note: Callable[[str, str, str], None],
        pod: str,
        plan: ContainerPlan,
        script: Script,
        *,
        is_adopted: bool = False,
    ) -> None:
        self._note_call = note
        self._pod = pod
        self._plan = plan
        self._script = script
        self._is_adopted = is_adopted
        self._end = Termination(script.exit_code, script.reason, script.message)
        self._started_at = 0.0
        self._ends_at = inf
        self._is_over = False
        self._is_started = False
        self._waits: list[CancelScope] = []
        self._asked: Counter[str] | None = None

    async def __aenter__(self) -> Self:
        script = self._script
        if not self._is_adopted and script.start_after > 0:
            await anyio.sleep(script.start_after)
        if not self._is_adopted and script.refusal is not None:
            self._note("refuse")
            raise StartError(NAME, self._plan.name, script.refusal)
        self._note("adopt" if self._is_adopted else "start")
        self._is_started = True
        self._started_at = anyio.current_time()
        if script.after is not None:
            self._ends_at = self._started_at + script.after
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

    @property
    def name(self) -> str:
        """The container's."""
        return self._plan.name

    @property
    def is_running(self) -> bool:
        """Whether it has started, and not ended."""
        return self._is_started and not self._is_over

    def end_now(self, end: Termination) -> None:
        """End at once, whatever the script says."""
        if self.is_running:
            self._ends(0.0, end)

    @property
    def description(self) -> WorkloadDescription:
        """What the script says of its image."""
        asked = self._script.stop_signal
        return WorkloadDescription(stop_signal=asked) if asked else _NOTHING_TO_ADD

    async def usage(self) -> Usage | None:
        """What the script says.

        Cancellation: never waits, so there is nothing to undo.
        """
        return self._script.usage if self.is_running else None

    async def perform(self, action: Action) -> Outcome:
        """What the script says comes of a probe or a hook; a pause lasts as long as it says.

        Cancellation: given up; nothing is undone.
        """
        purpose = str(action.purpose)
        self._note(purpose)
        reply = self._reply(purpose)
        if reply is not None:
            await anyio.sleep(reply.after)
            return reply.outcome
        if isinstance(action.handler, SleepAction):
            await anyio.sleep(action.handler.seconds)
        return _DONE

    def _reply(self, purpose: str) -> Reply | None:
        replies: Replies | None = getattr(self._script, _PARTS.get(purpose, purpose))
        if replies is None or isinstance(replies, Reply):
            return replies
        if isinstance(replies, Mapping):
            since_start = anyio.current_time() - self._started_at
            begun = [moment for moment in replies if moment <= since_start + 1e-6]
            return replies[max(begun)] if begun else None
        if self._asked is None:
            self._asked = Counter()
        number = self._asked[purpose]
        self._asked[purpose] += 1
        return replies[min(number, len(replies) - 1)]

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
        self._note_call(self._pod, self._plan.name, what)
