"""Time that passes when nothing else happens, on both event loops.

Theory of operation: whenever every task waits, the clock jumps to the next moment anybody waits
for. On trio that is `MockClock` with autojump. On asyncio it is a selector that, instead of
sleeping until the next timer, adds the time to the loop's own clock. Only for code without threads
and processes: those live in real time and lose every race against a clock that jumps.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, TypeVarTuple, Unpack

import anyio

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

START_SECONDS = 1009.0
"""What the clock shows at first: odd, so that nobody mistakes it for a duration."""


def run_virtual(
    main: Callable[[Unpack[Ts]], Awaitable[T]], *args: Unpack[Ts], backend: str = "asyncio"
) -> T:
    """Run *main* in virtual time, and return what it returns.

    Args:
        main: A coroutine function.
        args: What it is called with.
        backend: `asyncio` or `trio`.
    """
    options = {"asyncio": _asyncio_options, "trio": _trio_options}[backend]()
    return anyio.run(main, *args, backend=backend, backend_options=dict(options))


def _trio_options() -> Mapping[str, Any]:
    from trio.testing import MockClock  # noqa: PLC0415 (only for those who run on it)

    clock = MockClock(autojump_threshold=0)
    clock.jump(START_SECONDS)
    return {"clock": clock}


def _asyncio_options() -> Mapping[str, Any]:
    return {"loop_factory": _VirtualLoop}


class _JumpingSelector(selectors.DefaultSelector):
    """Never sleeps: tells how long it would have."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START_SECONDS

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; if nothing is, the time is *timeout* seconds later."""
        ready = super().select(0 if timeout is not None else None)
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
