"""One life of one pod: what its tasks share, and the one place that writes its events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Concatenate, ParamSpec, cast

import attrs
from anyio import CancelScope
from anyio import Event as Wakeup
from anyio.abc import TaskGroup

from seedpod import events
from seedpod._core.environment import PodFacts
from seedpod._core.fold import apply, conclusions
from seedpod._core.grace import effective_grace, spec_grace
from seedpod._core.kill_messages import RESTARTING_ALL
from seedpod._core.pull_backoff import FailedPull
from seedpod._core.record import PodRecord, pod_record
from seedpod._core.restart import is_sidecar
from seedpod._core.snapshot import snapshot
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.event_log import EventLog
from seedpod._runtime.output import Output
from seedpod._runtime.settings import Settings
from seedpod._runtime.stop_clock import StopClock
from seedpod._runtime.volumes.room import Room
from seedpod.abc import ContainerKind, HasAddresses, Sandbox
from seedpod.events import StopReason
from seedpod.spec import Pod
from seedpod.status import FoundPod, KubernetesEvent, Phase, PodStatus

if TYPE_CHECKING:
    from seedpod._core.kubernetes_events import KubernetesEvents

P = ParamSpec("P")


_SETTLING = frozenset(
    {
        events.SandboxOpened,
        events.SandboxLost,
        events.ContainerStarted,
        events.ContainerWaiting,
        events.ContainerStartupChanged,
        events.ContainerReadinessChanged,
        events.ContainerExited,
        events.ContainerFound,
        events.ContainerHookEnded,
        events.PodConditionSet,
        events.AllContainersRestarting,
        events.AllContainersReset,
    }
)
"""After these, the phase and the conditions may have to be concluded anew."""


_NONE_FAILED: Mapping[str, FailedPull] = MappingProxyType({})


@attrs.define(eq=False)
class PodRun:
    """A pod in the engine, from its submission to its end."""

    pod: Pod
    uid: str
    settings: Settings
    submitted_at: float
    """When, on the loop's clock."""
    facts: PodFacts
    """What is known of it beside its spec; the engine's, until it has addresses of its own."""
    record: PodRecord
    log: EventLog
    output: Output
    inits: tuple[ContainerRun, ...] = ()
    """Regular init containers and sidecars, in the order of the spec."""
    apps: tuple[ContainerRun, ...] = ()
    sandbox: Sandbox | None = None
    sandbox_attempt: int = 0
    """The number of the sandbox in the life of the pod."""
    found: FoundPod | None = None
    """What an earlier engine left, if the pod goes on in its sandbox."""
    is_lost: bool = False
    """Its sandbox has ceased to be."""
    volumes: Mapping[str, Path] = attrs.field(factory=dict[str, Path])
    room: Room | None = None
    """Where its files are kept; None until there are any."""
    group: TaskGroup | None = None
    """Where the sidecars live, and whoever stops the pod; open as long as a container may run."""
    stop_clock: StopClock | None = None
    """The grace period; None until the pod is stopping."""
    pause: CancelScope | None = None
    """What the pod as a whole is waiting in, if a stop is to end the wait."""
    milestone: int = 0
    """The event that allowed the present step."""
    failed_pulls: Mapping[str, FailedPull] = _NONE_FAILED
    """Images that could not be fetched, by name."""
    deadline: CancelScope | None = None
    """What the pod's `activeDeadlineSeconds` are waited for in."""
    watches: tuple[CancelScope, ...] = ()
    """What goes on beside the pod as long as it lives, and ends with it."""
    is_disrupted: bool = True
    """If it is evicted, that is for no fault of its own."""
    _told: KubernetesEvents | None = None
    """Kubernetes' event objects of the events so far; made when somebody first asks."""
    _pod_told_of: Pod = attrs.field(init=False)
    """As it was at the event that comes next."""
    _next_to_tell: int = 0
    _finished: Wakeup | None = None

    @classmethod
    def of(cls, pod: Pod, uid: str, settings: Settings) -> PodRun:
        """A pod that nothing has happened to yet."""
        facts = settings.facts
        record = pod_record(pod, host_ips=facts.host_ips, pod_ips=facts.pod_ips)
        log = EventLog.with_limit(settings.event_limit, lambda: snapshot(record))
        output = Output(settings.now, settings.output_limit_bytes)
        run = cls(pod, uid, settings, settings.clock(), facts, record, log, output)
        run._pod_told_of = pod
        log.dropped = run.tell
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
    def needs_directory(self) -> bool:
        """Whether files of the engine's own are shown to its containers."""
        show = self.settings.can_show
        return show is not None and any(show(each.message_path) for each in self.containers)

    def tell(self, event: events.Event) -> None:
        """Work *event* into Kubernetes' event objects, if that was not done yet."""
        if event.sequence < self._next_to_tell:
            return
        self._next_to_tell = event.sequence + 1
        if isinstance(event, events.PodUpdated):
            self._pod_told_of = event.pod
        if self._told is None:
            from seedpod._core.kubernetes_events import KubernetesEvents  # noqa: PLC0415 (rarely asked)

            self._told = KubernetesEvents()
        self._told.observe(self._pod_told_of, event)

    @property
    def kubernetes_events(self) -> tuple[KubernetesEvent, ...]:
        """What `kubectl get events` would show of the pod."""
        for event in self.log.since(self._next_to_tell):
            self.tell(event)
        return () if self._told is None else self._told.listing()

    @property
    def status(self) -> PodStatus:
        """The v1 status as of the last event."""
        return snapshot(self.record)

    @property
    def is_stopping(self) -> bool:
        """Whether nothing may be started any more."""
        return self.stop_clock is not None

    @property
    def begins_again(self) -> bool:
        """Whether its containers are being ended to be started anew."""
        return self.stop_clock is not None and not self.stop_clock.is_for_good

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

    @property
    def waits_for_last_sidecar(self) -> bool:
        """Whether no app may start (again), as the last init container is a sidecar that is down.

        Source: kubelet, computeInitContainerActions: an app that runs proves initialization.
        """
        if not self.inits or self.inits[-1].kind is not ContainerKind.SIDECAR or self.is_stopping:
            return False
        if self.inits[-1].has_given_up or any(each.is_running for each in self.apps):
            return False
        return not self.record.inits[-1].started

    def stop(
        self,
        reason: StopReason,
        grace_period_seconds: float,
        cause: int | None = None,
        message: str = "",
    ) -> bool:
        """Let nothing start from here on; a pod that is stopping already may be given less time.

        Returns:
            Whether this call began the stop: then its caller sees to it that what runs is ended.
        """
        now = self.settings.clock()
        deadline = now + grace_period_seconds
        at = self.settings.date(deadline)
        clock = self.stop_clock
        if clock is None:
            clock = self.stop_clock = StopClock(deadline)
            clock.cause = self.happened(
                events.PodStopping, cause, reason, grace_period_seconds, at, message
            )
            self._end_pauses()
            return True
        if not clock.is_for_good:  # the containers are being ended anyway, to be restarted
            clock.is_for_good = True
            self.happened(events.PodStopping, cause, reason, grace_period_seconds, at, message)
        elif deadline < clock.deadline:
            self.happened(events.PodGraceShortened, cause, grace_period_seconds, at)
        if deadline < clock.deadline:
            clock.shorten(deadline)
        return False

    def restart_all(self, trigger: ContainerRun) -> bool:
        """Have all containers end, to begin anew; False if the pod is stopping already."""
        if self.stop_clock is not None:
            return False
        cause = self.happened(events.AllContainersRestarting, trigger.cause, trigger.name)
        self.stop_clock = StopClock(
            self.settings.clock(), cause, RESTARTING_ALL, is_ordered=False, is_for_good=False
        )
        self._end_pauses()
        return True

    def sandbox_opened(self) -> None:
        """Note that its containers can be started, and where they will be reached."""
        addresses: tuple[str, ...] = ()
        if self.settings.has_pod_addresses:
            addresses = tuple(cast("HasAddresses", self.sandbox).addresses)  # as `CanAddress` says
        if addresses:
            self.facts = attrs.evolve(self.facts, pod_ip=addresses[0], pod_ips=addresses)
        self.milestone = self.happened(events.SandboxOpened, self.milestone, addresses)
        self.found = None

    def lose_sandbox(self) -> bool:
        """Let nothing start in a sandbox that is gone; False if what runs is ended already."""
        if self.is_lost:
            return False
        self.is_lost = True
        cause = self.happened(events.SandboxLost, None)
        if self.stop_clock is not None:
            return False
        deadline = self.settings.clock() + self.grace_of_spec
        self.stop_clock = StopClock(deadline, cause, is_for_good=False)
        self._end_pauses()
        return True

    def begin_again(self) -> None:
        """Nothing of the containers is left, and they may be started anew."""
        self.stop_clock = None
        for each in self.containers:
            each.part = None
            each.was_passed = False
        cause = self.happened(
            events.AllContainersReset,
            self.milestone,
            tuple(each.name for each in self.containers if each.attempt >= 0),
        )
        self.milestone = cause
        for each in self.containers:
            each.cause = cause

    def _end_pauses(self) -> None:
        for pause in (self.pause, *(each.pause for each in self.containers)):
            if pause is not None:
                pause.cancel()

    def grace(self, asked: float | None) -> float:
        """The grace period, in seconds, when somebody asks the pod to end.

        Source: kubelet, calculateEffectiveGracePeriod: never below one second.
        """
        return effective_grace(self.pod.spec, asked)

    @property
    def grace_of_spec(self) -> float:
        """The grace period, in seconds, when the pod ends for a reason of its own."""
        return spec_grace(self.pod.spec)

    def finish(self) -> None:
        """Record the last event: nothing of the pod is left."""
        for each in self.watches:
            each.cancel()
        self.happened(events.PodFinished, self.log.next_sequence - 1, self.record.phase)
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
