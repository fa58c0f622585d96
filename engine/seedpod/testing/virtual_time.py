"""Time that passes when nothing else happens, on both event loops.

Theory of operation: whenever every task waits, the clock jumps to the next moment anybody waits
for. On trio that is `MockClock` with autojump. On asyncio it is a selector that, instead of
sleeping until the next timer, adds the time to the loop's own clock. Only for code without threads
and processes: those live in real time and lose every race against a clock that jumps. It follows
that when every task waits and none of them for a moment in time, nothing will ever happen again:
that is an error, not a test that hangs.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from math import inf
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

import anyio

if TYPE_CHECKING:
    from trio import CancelScope

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

START_SECONDS = 1009.0
"""What the clock shows at first: odd, so that nobody mistakes it for a duration."""


STALLED = "every task waits and nothing will wake one"


def run_virtual(main: Callable[[*Ts], Awaitable[T]], *args: *Ts, backend: str = "asyncio") -> T:
    """Run *main* in virtual time, and return what it returns.

    Args:
        main: A coroutine function.
        args: What it is called with.
        backend: `asyncio` or `trio`.

    Raises:
        RuntimeError: Every task waits, and none of them for a moment in time.
    """
    if backend == "trio":
        return _run_on_trio(main, *args)
    options = {"loop_factory": _VirtualLoop}
    return anyio.run(main, *args, backend=backend, backend_options=options)


def _run_on_trio(main: Callable[[*Ts], Awaitable[T]], *args: *Ts) -> T:
    import trio  # noqa: PLC0415 (only for those who run on it)
    from trio.testing import MockClock  # noqa: PLC0415

    clock = MockClock(autojump_threshold=0)
    clock.jump(START_SECONDS)
    scope = trio.CancelScope()
    watch = _StallWatch(scope)

    async def watched() -> T:
        with scope:
            result = await main(*args)
            if not watch.has_stalled:
                return result
        raise RuntimeError(STALLED)

    options = {"clock": clock, "instruments": [watch]}
    return anyio.run(watched, backend="trio", backend_options=options)


class _StallWatch:
    """Trio's loop tells it of every pause; it cancels the run when no pause can ever end."""

    def __init__(self, scope: CancelScope) -> None:
        from trio.lowlevel import current_statistics  # noqa: PLC0415

        self._scope = scope
        self._statistics = current_statistics
        self._idle_rounds = 0
        self.has_stalled = False

    def before_io_wait(self, timeout: float) -> None:  # noqa: ARG002 (trio's protocol)
        """Count the rounds in which nothing can run and nothing is due.

        One such round may be the last before a task in `wait_all_tasks_blocked` goes on.
        """
        now = self._statistics()
        is_idle = not now.tasks_runnable and now.seconds_to_next_deadline == inf
        self._idle_rounds = self._idle_rounds + 1 if is_idle else 0
        if self._idle_rounds > _PATIENCE_ROUNDS:
            self.has_stalled = True
            self._scope.cancel()


_PATIENCE_ROUNDS = 10


class _JumpingSelector(selectors.DefaultSelector):
    """Never sleeps: tells how long it would have."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START_SECONDS

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; if nothing is, the time is *timeout* seconds later."""
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError(STALLED)
        if not ready and timeout is not None:
            self.now += timeout
        return ready


class _VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """The virtual time, in seconds."""
        return self._jumping.now
