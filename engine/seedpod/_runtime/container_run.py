"""What the engine keeps in hand of one container of one pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from anyio import CancelScope
from anyio import Event as Wakeup

from seedpod._core.backoff import BackoffState
from seedpod._runtime.output import AttemptOutput
from seedpod.abc import ContainerKind, Workload
from seedpod.spec import Container
from seedpod.status import Termination

if TYPE_CHECKING:
    from seedpod._runtime.pod_run import PodRun


@attrs.define(eq=False)
class ContainerRun:
    """One container, through all its attempts."""

    pod: PodRun
    spec: Container
    kind: ContainerKind
    attempt: int = -1
    """The number of the newest attempt; -1 before the first."""
    workload: Workload | None = None
    """What runs, while it runs."""
    output: AttemptOutput | None = None
    """Where the newest attempt's output goes."""
    end: Termination | None = None
    """How the newest attempt ended; None before that."""
    ended_at: float = 0.0
    """When, on the loop's clock."""
    backoff: BackoffState | None = None
    pause: CancelScope | None = None
    """What the container waits in between two attempts; a stop of the pod ends the wait."""
    cause: int = 0
    """The event that brings about the next one."""
    asked_to_end_by: int | None = None
    """The event by which the running attempt was asked to end, or killed."""
    asked_at: float = 0.0
    """When, on the loop's clock."""
    is_open: bool = False
    """Whether the newest attempt has begun and is not over: it starts, or runs."""
    _ended: Wakeup | None = None

    @property
    def name(self) -> str:
        """The container's name in the spec."""
        return self.spec.name

    @property
    def is_running(self) -> bool:
        """Whether an attempt runs now."""
        return self.workload is not None

    @property
    def is_stopping(self) -> bool:
        """Whether it may not be started any more."""
        return self.pod.is_stopping

    def begins(self, attempt: int) -> None:
        """Note that an attempt begins."""
        self.attempt = attempt
        self.end = None
        self.asked_to_end_by = None
        self.is_open = True

    def output_closed(self) -> None:
        """Note that the newest attempt writes no more."""
        if self.output is not None:
            self.output.close()
            self.output = None

    def is_over(self, end: Termination | None, at: float) -> None:
        """Note how and when the newest attempt ended, and wake whoever waited for it.

        Without an *end*, it was given up before it ran.
        """
        self.workload = None
        self.is_open = False
        self.end = end
        self.ended_at = at
        ended, self._ended = self._ended, None
        if ended is not None:
            ended.set()

    async def ended(self) -> None:
        """Wait until the attempt that starts or runs now has ended, and its end is recorded.

        Cancellation: stops waiting and changes nothing.
        """
        if not self.is_open:
            return
        if self._ended is None:
            self._ended = Wakeup()
        await self._ended.wait()
