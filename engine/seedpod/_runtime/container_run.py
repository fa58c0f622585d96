"""What the engine keeps in hand of one container of one pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from anyio import CancelScope
from anyio import Event as Wakeup

from seedpod._core.adoption.part import Part
from seedpod._core.backoff import BackoffState
from seedpod._core.record import ContainerRecord
from seedpod._runtime.output import AttemptOutput
from seedpod.abc import ContainerKind, Workload
from seedpod.spec import Container
from seedpod.status import FoundContainer, Termination

if TYPE_CHECKING:
    from seedpod._core.adoption.kills import ContainerToKill
    from seedpod._runtime.pod_run import PodRun
    from seedpod._runtime.stop_clock import StopClock


@attrs.define(eq=False)
class ContainerRun:
    """One container, through all its attempts."""

    pod: PodRun
    spec: Container
    kind: ContainerKind
    attempt: int = -1
    """The number of the newest attempt; -1 before the first."""
    part: Part | None = None
    """What the pod does with it when its turn comes, if the pod was not begun here, or is begun
    anew in another sandbox; None: what is always done."""
    found: FoundContainer | None = None
    """What an earlier engine left running of it, until that has been taken up."""
    was_passed: bool = False
    """It had its turn before the pod was taken up: nothing that comes after it waits for it."""
    verdict: ContainerToKill | None = None
    """Why what was found running is killed once it is taken up; None: it may go on."""
    is_held_until_started: bool = False
    """It is not killed before it has *started*."""
    workload: Workload | None = None
    """What runs, while it runs."""
    output: AttemptOutput | None = None
    """Where the newest attempt's output goes."""
    started_at: float = 0.0
    """When the newest attempt started, on the loop's clock."""
    end: Termination | None = None
    """How the newest attempt ended; None before that."""
    ended_at: float | None = None
    """When the newest attempt that ended did, on the loop's clock; None before the first."""
    ended_before: float | None = None
    """When the attempt before the newest ended; None if there was none."""
    backoff: BackoffState | None = None
    restarts: tuple[float, ...] = ()
    """When it was started again, as far back as its limit looks."""
    has_given_up: bool = False
    """It has restarted as often as its limit allows."""
    pause: CancelScope | None = None
    """What the container waits in between two attempts; a stop of the pod ends the wait."""
    cause: int = 0
    """The event that brings about the next one."""
    ending: StopClock | None = None
    """The grace period of the running attempt, once it is to end."""
    signalled_at: float | None = None
    """When the running attempt was sent its stop signal, on the loop's clock."""
    end_cause: int | None = None
    """The event that brings about the end of the running attempt, if there is one."""
    is_adopted: bool = False
    """The running attempt was found running, not started."""
    start_failure: tuple[str, str] | None = None
    """Why the newest attempt did not come to run properly: reason and message of the wait."""
    was_replaced: bool = False
    """The running attempt was ended to be started again, however it ends: by a probe, an update."""
    is_open: bool = False
    """Whether the newest attempt has begun and is not over: it starts, or runs."""
    _ended: Wakeup | None = None

    @property
    def name(self) -> str:
        """The container's name in the spec."""
        return self.spec.name

    @property
    def record(self) -> ContainerRecord:
        """What its events amount to."""
        return self.pod.record.by_name[self.name]

    @property
    def message_path(self) -> str:
        """Where in the container its last words are read from, absolute."""
        return f"/{self.spec.termination_message_path.lstrip('/')}"

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
        self.ending = None
        self.signalled_at = None
        self.end_cause = None
        self.start_failure = None
        self.was_replaced = False
        self.is_open = True

    def runs(self, workload: Workload, since: float) -> None:
        """Note that the attempt runs, since a moment of the loop's clock."""
        self.workload = workload
        self.started_at = since

    def output_closed(self) -> None:
        """Note that the newest attempt writes no more."""
        if self.output is not None:
            self.output.close()
            self.output = None

    def is_over(self, end: Termination | None, at: float) -> None:
        """Note how and when the newest attempt ended, and wake whoever waited for it.

        Without an *end*, it was given up before it ran, and another may take its number.
        """
        self.workload = None
        self.is_open = False
        self.end = end
        if end is None:
            self.attempt -= 1
        else:
            self.ended_before, self.ended_at = self.ended_at, at
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
