"""The handle of a pod in an engine: look at it, wait for it, watch it, stop it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from seedpod._core.conditions import OWN
from seedpod._core.printer import PodRow, row
from seedpod._core.snapshot import utc
from seedpod._core.why import Why, why
from seedpod._runtime.event_log import Watch
from seedpod._runtime.measuring import usage_of
from seedpod._runtime.output import LogReader
from seedpod._runtime.pod_run import PodRun
from seedpod._runtime.stopping import stop_soon
from seedpod.events import PodConditionSet, StopReason
from seedpod.spec import Pod
from seedpod.status import KubernetesEvent, Phase, PodStatus, Usage


class RunningPod:
    """One pod, from its submission on; stays readable after its end."""

    def __init__(self, run: PodRun) -> None:
        self._run = run

    def __repr__(self) -> str:
        return f"<RunningPod {self.name} {self._run.record.phase}>"

    @property
    def pod(self) -> Pod:
        """What was submitted, or put in its place, with every default filled in, and its uid."""
        return self._run.pod

    @property
    def name(self) -> str:
        """Namespace and name: `default/web`."""
        return self._run.name

    @property
    def uid(self) -> str:
        """The uid of this life of the pod."""
        return self._run.uid

    @property
    def status(self) -> PodStatus:
        """The v1 status as of now: a snapshot, which does not change."""
        return self._run.status

    @property
    def kubernetes_events(self) -> tuple[KubernetesEvent, ...]:
        """What `kubectl get events` would show of the pod: in order, with counts."""
        return self._run.kubernetes_events

    @property
    def is_finished(self) -> bool:
        """Whether the phase is terminal and nothing of the pod is left."""
        return self._run.is_finished

    def row(self) -> PodRow:
        """The pod as a line of `kubectl get pods`; ages count to now, or to the pod's end."""
        run = self._run
        return row(
            run.pod,
            run.status,
            now=utc(self._now()),
            is_deleting=run.is_deleting,
        )

    async def usage(self) -> Mapping[str, Usage]:
        """What each container that runs uses, by its name, as far as the executor can tell.

        The subprocess executor can tell of pods that have limits.

        Cancellation: nothing is undone.
        """
        return await usage_of(self._run)

    def why(self) -> Why:
        """What the pod is waiting for, as a chain of causes; empty if it waits for nothing."""
        return why(self._run.record, self._now())

    def _now(self) -> float:
        """The time; of a pod that has ended the time of its end, so that no loop is needed."""
        ended_at = self._run.record.finished_at
        return self._run.settings.now() if ended_at is None else ended_at

    @asynccontextmanager
    async def watch(self) -> AsyncGenerator[Watch]:
        """Every event of the pod, from its first on, as it happens; ends after its last.

        A reader slower than the pod is given a `Snapshot` in place of what it missed, never a gap.

        Cancellation: ends the watch; the pod goes on.
        """
        yield Watch(self._run.log)

    @asynccontextmanager
    async def logs(
        self, container: str | None = None, *, follow: bool = True
    ) -> AsyncGenerator[LogReader]:
        """What the containers write, line by line, from the oldest line kept.

        Args:
            container: Only this one; None: all of the pod's, in the order they were read.
            follow: Wait for further lines until the pod has ended.

        Cancellation: ends the reading; the pod goes on.

        Raises:
            LookupError: The pod has no such container.
        """
        if container is not None and container not in self._run.record.by_name:
            known = ", ".join(self._run.record.by_name)
            raise LookupError(f"pod {self.name} has no container {container!r}; it has {known}")
        yield LogReader(self._run.output, container, follow)

    async def wait(self) -> PodStatus:
        """Wait until the pod has ended, and return its last status.

        Cancellation: stops waiting; the pod goes on.
        """
        await self._run.finished()
        return self._run.status

    async def wait_ready(self) -> bool:
        """Wait until the pod is Ready, or has ended.

        Returns:
            Whether it is Ready or has succeeded; False if it failed.

        Cancellation: stops waiting; the pod goes on.
        """
        record = self._run.record
        while not (record.is_true.get("Ready") or self._run.is_finished):
            await self._run.log.changed()
        return not self._run.is_finished or record.phase is Phase.SUCCEEDED

    def update(self, pod: Pod) -> None:
        """Put *pod* in the place of what was submitted, and have what runs follow.

        What may change is what may in Kubernetes: labels, annotations, images, and
        `activeDeadlineSeconds`, which can be set or lowered. A container with another image is
        ended and started again; an init container is not. A pod that has ended stays as it is.

        Args:
            pod: The whole description: `attrs.evolve(running.pod, ...)`.

        Raises:
            SpecError: It changes what may not change; then nothing has changed. Lists everything.
        """
        from seedpod._runtime.updates import update  # noqa: PLC0415 (slow to import, rarely asked)

        update(self._run, pod)

    def set_condition(
        self, type_: str, status: str, *, reason: str = "", message: str = ""
    ) -> None:
        """Set a condition of the pod that others decide: one that a readiness gate may ask for.

        Args:
            type_: Its type: `example.com/registered`.
            status: `True`, `False` or `Unknown`: the words of the API, not Python's values.
            reason: One word for programs.
            message: A sentence for people.

        Raises:
            ValueError: The type is one that the engine decides, or the status is no such word.
        """
        if type_ in OWN:
            raise ValueError(f"type_: {type_!r}: is decided by the engine")
        if status not in {"True", "False", "Unknown"}:
            raise ValueError(f"status: {status!r}: must be 'True', 'False' or 'Unknown'")
        if not self._run.is_finished:
            self._run.happened(PodConditionSet, None, type_, status, reason, message)

    def stop_soon(self, grace_period_seconds: float | None = None) -> None:
        """Ask the pod to end, and return at once; a later call may allow less time, never more.

        Args:
            grace_period_seconds: How long it may take; None: as long as its spec says. At least one
                second, as in Kubernetes; whoever still runs then has two more after its stop
                signal.
        """
        if not self._run.is_finished:
            stop_soon(self._run, StopReason.DELETED, self._run.grace(grace_period_seconds))

    def evict_soon(self, message: str, grace_period_seconds: float = 1.0) -> None:
        """Ask the pod to make room, and return at once: it fails, unless its apps all end well.

        Args:
            message: Why: `The node was low on resource: memory.`
            grace_period_seconds: How long it may take; at least one second.

        Source: kubelet, pkg/kubelet/eviction.
        """
        run = self._run
        if not run.is_finished:
            stop_soon(run, StopReason.EVICTED, run.grace(grace_period_seconds), message)

    async def stop(self, grace_period_seconds: float | None = None) -> PodStatus:
        """Ask the pod to end, wait until it has, and return its last status.

        Args:
            grace_period_seconds: As for `stop_soon`.

        Cancellation: stops waiting; the pod goes on ending.
        """
        self.stop_soon(grace_period_seconds)
        return await self.wait()
