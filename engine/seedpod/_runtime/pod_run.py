"""One life of one pod: what its tasks share, and the one place that writes its events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Concatenate, ParamSpec

import attrs
from anyio import CancelScope
from anyio import Event as Wakeup
from anyio.abc import TaskGroup

from seedpod import events
from seedpod._core.fold import PodRecord, apply, conclusions, final_phase, pod_record, snapshot
from seedpod._core.grace import container_grace, effective_grace
from seedpod._core.restart import is_sidecar
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.event_log import EventLog
from seedpod._runtime.output import Output
from seedpod._runtime.settings import Settings
from seedpod._runtime.stop_clock import StopClock
from seedpod.abc import ContainerKind, Sandbox
from seedpod.events import StopReason
from seedpod.spec import Pod
from seedpod.status import Phase, PodStatus

P = ParamSpec("P")

_SETTLING = frozenset(
    {
        events.SandboxOpened,
        events.ContainerStarted,
        events.ContainerWaiting,
        events.ContainerStartupChanged,
        events.ContainerReadinessChanged,
        events.ContainerExited,
    }
)
"""After these, the phase and the conditions may have to be concluded anew."""


@attrs.define(eq=False)
class PodRun:
    """A pod in the engine, from its submission to its end."""

    pod: Pod
    uid: str
    settings: Settings
    record: PodRecord
    log: EventLog
    output: Output
    inits: tuple[ContainerRun, ...] = ()
    """Regular init containers and sidecars, in the order of the spec."""
    apps: tuple[ContainerRun, ...] = ()
    sandbox: Sandbox | None = None
    volumes: Mapping[str, Path] = attrs.field(factory=dict[str, Path])
    directory: Path | None = None
    group: TaskGroup | None = None
    """Where the sidecars live, and whoever stops the pod; open as long as a container may run."""
    stop_clock: StopClock | None = None
    """The grace period; None until the pod is stopping."""
    pause: CancelScope | None = None
    """What the pod as a whole is waiting in, if a stop is to end the wait."""
    milestone: int = 0
    """The event that allowed the present step."""
    _finished: Wakeup | None = None

    @classmethod
    def of(cls, pod: Pod, uid: str, settings: Settings) -> PodRun:
        """A pod that nothing has happened to yet."""
        facts = settings.facts
        record = pod_record(pod, host_ip=facts.host_ip, pod_ip=facts.pod_ip)
        log = EventLog.with_limit(settings.event_limit, lambda: snapshot(record))
        output = Output(settings.now, settings.output_limit_bytes)
        run = cls(pod, uid, settings, record, log, output)
        run.inits = tuple(
            ContainerRun(
                run, each, ContainerKind.SIDECAR if is_sidecar(each) else ContainerKind.INIT
            )
            for each in pod.spec.init_containers
        )
        run.apps = tuple(ContainerRun(run, each, ContainerKind.APP) for each in pod.spec.containers)
        return run

    @property
    def name(self) -> str:
        """Namespace and name, as people write them."""
        return f"{self.pod.metadata.namespace}/{self.pod.metadata.name}"

    @property
    def full_name(self) -> str:
        """The name as the kubelet writes it in messages: `name_namespace(uid)`."""
        metadata = self.pod.metadata
        return f"{metadata.name}_{metadata.namespace}({self.uid})"

    @property
    def status(self) -> PodStatus:
        """The v1 status as of the last event."""
        return snapshot(self.record)

    @property
    def is_stopping(self) -> bool:
        """Whether nothing may be started any more."""
        return self.stop_clock is not None

    @property
    def is_deleting(self) -> bool:
        """Whether somebody asked for the pod's end (and it did not just come to it)."""
        stopping = self.record.stopping
        return stopping is not None and stopping.reason is StopReason.DELETED

    @property
    def is_finished(self) -> bool:
        """Whether the pod's last event has been recorded."""
        return self.log.is_closed

    @property
    def containers(self) -> Iterator[ContainerRun]:
        """All containers, in the order of the spec."""
        yield from self.inits
        yield from self.apps

    def happened(
        self,
        kind: Callable[Concatenate[int, float, int | None, P], events.Event],
        cause: int | None,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> int:
        """Record an event: nothing else writes a pod's stream, so its order is its truth.

        Returns:
            The event's number, for events that it causes.
        """
        log = self.log
        event = kind(log.next_sequence, self.settings.now(), cause, *args, **kwargs)
        apply(self.record, event)
        log.append(event)
        for observe in self.settings.observers:
            observe(self.pod, event)
        if kind in _SETTLING:
            for each in conclusions(self.record):
                if isinstance(each, Phase):
                    self.happened(events.PodPhaseChanged, event.sequence, each)
                else:
                    self.happened(events.PodConditionChanged, event.sequence, *each)
        return event.sequence

    def stop(
        self, reason: StopReason, grace_period_seconds: float, cause: int | None = None
    ) -> bool:
        """Let nothing start from here on; a pod that is stopping already may be given less time.

        Returns:
            Whether this call began the stop: then its caller sees to it that what runs is ended.
        """
        now = self.settings.clock()
        deadline = now + grace_period_seconds
        if self.stop_clock is not None:
            if deadline < self.stop_clock.deadline:
                self.stop_clock.shorten(deadline)
                at = self.settings.date(deadline)
                self.happened(events.PodGraceShortened, cause, grace_period_seconds, at)
            return False
        self.stop_clock = StopClock(deadline)
        at = self.settings.date(deadline)
        self.stop_clock.cause = self.happened(
            events.PodStopping, cause, reason, grace_period_seconds, at
        )
        for pause in (self.pause, *(each.pause for each in self.containers)):
            if pause is not None:
                pause.cancel()
        return True

    def grace(self, asked: float | None) -> float:
        """The grace period, in seconds, when somebody asks the pod to end.

        Source: kubelet, calculateEffectiveGracePeriod: never below one second.
        """
        return effective_grace(self.pod.spec, asked)

    @property
    def grace_of_spec(self) -> float:
        """The grace period, in seconds, when the pod ends for a reason of its own."""
        return container_grace(self.pod.spec)

    def finish(self) -> None:
        """Record the end: nothing of the pod runs any more."""
        record = self.record
        stopping = record.stopping
        cause = None if stopping is None else stopping.sequence
        if record.has_sandbox:
            cause = self.happened(events.SandboxClosed, cause)
        phase = final_phase(record)
        reason, message = "", ""
        if stopping is not None and stopping.reason is StopReason.DEADLINE_EXCEEDED:
            reason, message = DEADLINE_REASON, DEADLINE_MESSAGE
        self.happened(events.PodPhaseChanged, cause, phase, reason, message)
        self._conclude_end(phase)
        self.happened(events.PodFinished, cause, phase)
        self.log.close()
        self.output.close()
        if self._finished is not None:
            self._finished.set()

    async def finished(self) -> None:
        """Wait until the pod has ended.

        Cancellation: stops waiting and changes nothing.
        """
        if self.is_finished:
            return
        if self._finished is None:
            self._finished = Wakeup()
        await self._finished.wait()

    def _conclude_end(self, phase: Phase) -> None:
        """In a terminal phase a pod is not ready, and one that succeeded had been initialized."""
        cause = self.log.next_sequence - 1
        final = {"PodReadyToStartContainers": False, "ContainersReady": False, "Ready": False}
        if phase is Phase.SUCCEEDED:
            final["Initialized"] = True
        for type_, is_true in final.items():
            if self.record.is_true.get(type_) is not is_true:
                self.happened(events.PodConditionChanged, cause, type_, is_true)


DEADLINE_REASON = "DeadlineExceeded"
DEADLINE_MESSAGE = "Pod was active on the node longer than the specified deadline"
