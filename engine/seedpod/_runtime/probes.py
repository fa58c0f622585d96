"""Asking the probes of one running attempt, each at its own pace, and acting on what they find.

Theory of operation: questions are asked at ticks a period apart. For startup and liveness the first
tick is a period after the start of the attempt; for readiness, which is not asked before the
attempt has *started*, it is a second after that: a kubelet, which looks at its containers once a
second, asks then. A tick before `initialDelaySeconds` are over, counted from the start of the
attempt, passes. A question that takes longer than a period swallows the ticks it covers, but for
one.

Nobody has to wait for the first tick if all is well: as soon as it may be asked, startup and
readiness are looked at once for free. Yes counts; no, if it comes before the first tick, counts for
nothing, and nobody hears of it.

Liveness and startup are over when the container is to end, or its pod; readiness goes on as long as
the container runs.

Source: kubelet, pkg/kubelet/prober/worker.go.
"""

from __future__ import annotations

from math import ceil

import attrs
from anyio import create_task_group, sleep_until

from seedpod import events
from seedpod._core.grace import container_grace
from seedpod._core.kill_messages import APP, INIT, failed, restarted
from seedpod._core.probes import probes
from seedpod._core.probing import ProbeWorker, Seen, Step, Verdict
from seedpod._core.restart import NEVER, effective_policy
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.performing import Performer
from seedpod._runtime.stopping import end_alone
from seedpod.abc import ContainerKind
from seedpod.spec.words import ProbeKind
from seedpod.status import Outcome, Result

_LOOK_SECONDS = 1.0
"""Source: kubelet, the period of its looks at the runtime (PLEG)."""
_A_MOMENT = 1e-6
"""Seconds by which a clock of floating point may be off."""


async def started(container: ContainerRun, performer: Performer) -> bool:
    """Wait until the attempt has *started*; False if its startup probe failed, and it was ended.

    Cancellation: stops asking.
    """
    asking = _Asking.of(container, performer, ProbeKind.STARTUP)
    if asking is None:
        return True
    if not await asking.until_decided():
        return False
    if asking.worker.verdict is Verdict.SUCCESS:
        container.cause = container.pod.happened(
            events.ContainerStartupChanged, container.cause, container.name, True
        )
        return True
    await asking.end_container()
    return False


async def keep_probing(container: ContainerRun, performer: Performer) -> None:
    """Ask readiness and liveness for as long as that makes sense.

    Cancellation: stops asking.
    """
    readiness = _Asking.of(container, performer, ProbeKind.READINESS)
    liveness = _Asking.of(container, performer, ProbeKind.LIVENESS)
    if readiness is not None and liveness is not None:
        async with create_task_group() as group:
            group.start_soon(_watch_readiness, readiness)
            group.start_soon(_watch_liveness, liveness)
    elif readiness is not None:
        await _watch_readiness(readiness)
    elif liveness is not None:
        await _watch_liveness(liveness)


async def _watch_readiness(asking: _Asking) -> None:
    container = asking.container
    while await asking.until_decided():
        is_ready = asking.worker.verdict is Verdict.SUCCESS
        container.pod.happened(
            events.ContainerReadinessChanged, asking.cause, container.name, is_ready
        )


async def _watch_liveness(asking: _Asking) -> None:
    while await asking.until_decided():
        if asking.worker.verdict is Verdict.FAILURE:
            await asking.end_container()
            return


@attrs.define(eq=False)
class _Asking:
    """One probe of one attempt, being asked."""

    container: ContainerRun
    performer: Performer
    worker: ProbeWorker
    tick: float
    """When it is to be asked next, on the loop's clock."""
    look: float | None = None
    """When it is looked at for free, if that is still to come."""
    cause: int | None = None
    """The newest answer that was no, or not quite yes."""

    @classmethod
    def of(cls, container: ContainerRun, performer: Performer, kind: ProbeKind) -> _Asking | None:
        """The container's probe of this kind, not asked yet; None if it has none."""
        probe = dict(probes(container.spec)).get(kind)
        if probe is None:
            return None
        worker = ProbeWorker(kind, probe, container.kind is ContainerKind.SIDECAR)
        settings = container.pod.settings
        now, period = settings.clock(), probe.period_seconds
        if container.is_adopted:
            # Many may have been found at once; they are not to be asked in step for ever.
            return cls(container, performer, worker, now + settings.random.random() * period)
        begin = max(now, container.started_at + probe.initial_delay_seconds)
        is_readiness = kind is ProbeKind.READINESS
        tick = now + _LOOK_SECONDS if is_readiness else container.started_at + period
        if tick < begin - _A_MOMENT:
            tick += ceil((begin - tick - _A_MOMENT) / period) * period
        has_look = kind is not ProbeKind.LIVENESS and begin < tick - _A_MOMENT
        return cls(container, performer, worker, tick, begin if has_look else None)

    async def until_decided(self) -> bool:
        """Ask until the verdict changes; False if there is nothing to ask any more.

        Cancellation: stops asking.
        """
        while True:
            await sleep_until(self.tick if self.look is None else self.look)
            step = self.worker.sees(self._seen())
            if step is Step.OVER:
                return False
            has_changed = step is Step.ASK and await self._ask()
            self._set_next(has_asked=step is Step.ASK)
            if self.container.ending is not None and self.worker.kind is not ProbeKind.READINESS:
                return False  # it was asked while the container began to end: nobody acts on it
            if has_changed:
                return True

    async def end_container(self) -> None:
        """End the attempt, with the probe's own grace period if it has one.

        Cancellation: as `end_alone`.
        """
        container, probe = self.container, self.worker.probe
        spec = container.pod.pod.spec
        policy = effective_policy(spec.restart_policy, container.spec)
        container.was_replaced = policy != NEVER
        kind = APP if container.kind is ContainerKind.APP else INIT
        message = failed(kind, container.name, self.worker.kind)
        if kind == APP and container.was_replaced:
            message = restarted(message)
        await end_alone(container, message, container_grace(spec, probe), self.cause)

    async def _ask(self) -> bool:
        """Ask, and record what is worth it; whether that changed the verdict."""
        outcome = await self.performer.probe(self.worker.kind)
        is_yes = outcome.result in {Result.SUCCESS, Result.WARNING}
        if self.look is not None:
            now = self.container.pod.settings.clock()
            if is_yes:
                self.tick = now  # the next question is a period away
            elif now < self.tick:
                return False
        self._record(outcome)
        return self.worker.answered(outcome.result)

    def _record(self, outcome: Outcome) -> None:
        kind, name = self.worker.kind, self.container.name
        happened = self.container.pod.happened
        self.cause = None
        if outcome.result is Result.WARNING:
            self.cause = happened(events.ContainerProbeWarned, None, name, kind, outcome.message)
        elif outcome.result is not Result.SUCCESS:
            is_error = outcome.result is Result.UNKNOWN
            self.cause = happened(
                events.ContainerProbeFailed, None, name, kind, outcome.message, is_error
            )

    def _set_next(self, *, has_asked: bool) -> None:
        """After a look that came to nothing there is the first tick; else the one after this."""
        now = self.container.pod.settings.clock()
        was_look, self.look = self.look is not None, None
        if was_look and (not has_asked or now < self.tick):
            return
        self.tick = _next_tick(self.tick, self.worker.probe.period_seconds, now)

    def _seen(self) -> Seen:
        container = self.container
        record = container.record
        now = container.pod.settings.clock()
        return Seen(
            phase=container.pod.record.phase,
            state=record.state,
            container_id=record.container_id,
            is_started=record.started,
            seconds_since_started=now - container.started_at + _A_MOMENT,
            is_deleting=container.is_stopping,
        )


def _next_tick(due: float, period: float, now: float) -> float:
    """The tick after the one at *due*; of several that have passed, the last: it is due at once."""
    missed = max(0, int((now - due) / period) - 1) if now > due else 0
    return due + (missed + 1) * period
