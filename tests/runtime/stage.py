"""A stage for pods: play one with scripts in virtual time, and look at what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from typing import Any, TypeAlias

import anyio
import attrs

from seedpod import Engine, RunningPod, events
from seedpod._core.fold import apply
from seedpod._core.printer import PodRow, row
from seedpod._core.record import PodRecord, pod_record
from seedpod._core.snapshot import snapshot, utc
from seedpod.events import Event, StopReason
from seedpod.spec import Container, ContainerRestartRule, ObjectMeta, Pod, PodSpec
from seedpod.status import KubernetesEvent, Phase, PodStatus, Terminated
from seedpod.testing import FakeExecutor, Script, run_virtual

Act: TypeAlias = Callable[[RunningPod], object]
Moments: TypeAlias = Mapping[float, Act]
Scripts: TypeAlias = Mapping[str, Script | Sequence[Script]]

CONCLUDED = (events.PodConditionChanged, events.PodPhaseChanged)
"""What is recorded right after the events it follows from."""


def app(
    name: str, policy: str | None = None, *rules: ContainerRestartRule, **fields: Any
) -> Container:
    return Container(
        name=name, image="i", restart_policy=policy, restart_policy_rules=rules, **fields
    )


init = app


def sidecar(name: str, **fields: Any) -> Container:
    return app(name, "Always", **fields)


def pod(
    *apps: Container,
    inits: Sequence[Container] = (),
    policy: str = "Never",
    grace: int = 30,
    name: str = "web",
    **spec: Any,
) -> Pod:
    return Pod(
        metadata=ObjectMeta(name=name),
        spec=PodSpec(
            containers=apps,
            init_containers=inits,
            restart_policy=policy,
            termination_grace_period_seconds=grace,
            **spec,
        ),
    )


@attrs.frozen
class Story:
    """All that was recorded of one pod."""

    pod: Pod
    events: tuple[Event, ...]
    executor: FakeExecutor
    status: PodStatus
    kubernetes_events: tuple[KubernetesEvent, ...] = ()

    def of(self, *kinds: type[Event], container: str | None = None) -> list[Event]:
        """The events of these kinds (about this container)."""
        return [
            each
            for each in self.events
            if isinstance(each, kinds) and container in {None, getattr(each, "container", None)}
        ]

    def times(self, kind: type[Event], container: str | None = None) -> list[float]:
        return [at(each) for each in self.of(kind, container=container)]

    def started(self, container: str) -> list[float]:
        return self.times(events.ContainerStarted, container)

    def exited(self, container: str) -> list[tuple[float, int]]:
        return [
            (at(each), each.exit_code)
            for each in self.of(events.ContainerExited, container=container)
            if isinstance(each, events.ContainerExited)
        ]

    def signalled(self, container: str) -> list[float]:
        return self.times(events.ContainerSignalled, container)

    def killed(self, container: str) -> list[float]:
        return self.times(events.ContainerKilled, container)

    @property
    def end(self) -> float:
        return at(self.events[-1])

    def records(self) -> Iterator[tuple[Event, PodRecord]]:
        """The record after every event together with all that is concluded from it."""
        record = pod_record(self.pod)
        following = (*self.events[1:], None)
        for event, after in zip(self.events, following, strict=True):
            apply(record, event)
            if not isinstance(after, CONCLUDED):
                yield event, record

    def rows(self) -> list[tuple[float, str, str]]:
        """Whenever STATUS or READY changed: when, and both."""
        seen: list[tuple[float, str, str]] = []
        for event, record in self.records():
            shown = row_of(self.pod, record, event.time)
            if not seen or seen[-1][1:] != (shown.status, shown.ready):
                seen.append((at(event), shown.status, shown.ready))
        return seen

    def phases(self) -> list[tuple[float, str]]:
        return [
            (at(each), str(each.phase))
            for each in self.of(events.PodPhaseChanged)
            if isinstance(each, events.PodPhaseChanged)
        ]

    def told(self) -> list[str]:
        """What happened to containers, in order: `Started x`."""
        return [
            f"{type(each).__name__.removeprefix('Container')} {each.container}"
            for each in self.events
            if isinstance(each, events.ContainerEvent)
        ]


def at(event: Event) -> float:
    return round(event.time, 6)


def row_of(pod: Pod, record: PodRecord, now: float) -> PodRow:
    stopping = record.stopping
    is_deleting = stopping is not None and stopping.reason is StopReason.DELETED
    return row(pod, snapshot(record), now=utc(now), is_deleting=is_deleting)


def stop(grace: float | None = None) -> Act:
    return lambda running: running.stop_soon(grace)


def play(
    what: Pod,
    scripts: Scripts | None = None,
    *,
    backend: str,
    moments: Moments | None = None,
    executor: FakeExecutor | None = None,
    cancel_at: float = inf,
    **options: Any,
) -> Story:
    """Run a pod to its end, doing something at some moments of its life.

    At *cancel_at* whatever runs the engine is cancelled.
    """
    executor = executor or FakeExecutor(scripts)
    seen: list[Event] = []
    kept: list[RunningPod] = []

    async def main() -> RunningPod:
        deadline = anyio.current_time() + cancel_at
        with anyio.CancelScope(deadline=deadline):
            await run_it()
        return kept[0]

    async def run_it() -> None:
        async with (
            Engine(
                executor,
                observers=[lambda _, event: seen.append(event)],
                wall_clock=lambda: 0.0,
                **options,
            ) as engine,
            anyio.create_task_group() as group,
        ):
            running = engine.start_soon(what)
            kept.append(running)
            for moment, act in (moments or {}).items():
                group.start_soon(later, moment, act, running)
            await running.wait()
            group.cancel_scope.cancel()

    played = run_virtual(main, backend=backend)
    story = Story(played.pod, tuple(seen), executor, played.status, played.kubernetes_events)
    check_story(story)
    return story


async def later(seconds: float, act: Act, running: RunningPod) -> None:
    await anyio.sleep(seconds)
    act(running)


def check_story(story: Story) -> None:
    """What holds of every pod that has ended."""
    check_stream(story)
    check_attempts(story)
    check_status(story)


def check_stream(story: Story) -> None:
    """Numbers without gaps, time that goes forward, causes that lie before, one end."""
    for number, event in enumerate(story.events):
        assert event.sequence == number
        assert event.cause is None or 0 <= event.cause < number, event
    times = [event.time for event in story.events]
    assert times == sorted(times)
    assert [type(each) for each in story.of(events.PodFinished)] == [events.PodFinished]
    assert isinstance(story.events[-1], events.PodFinished)


def check_attempts(story: Story) -> None:
    """Every attempt is closed once, numbered without gaps; none begins in a pod that stops."""
    is_stopping = False
    opened: dict[str, int] = {}
    closed: dict[str, int] = {}
    asked: set[tuple[type[Event], str, int]] = set()
    for each in story.events:
        is_stopping = is_stopping or isinstance(each, events.PodStopping)
        if isinstance(each, events.ContainerFound):
            opened[each.container] = each.attempt
            is_over = isinstance(each.state, Terminated)
            closed[each.container] = each.attempt if is_over else each.attempt - 1
        elif isinstance(each, events.ContainerStarting):
            assert not is_stopping, f"{each} in a pod that is stopping"
            assert each.attempt == opened.get(each.container, -1) + 1
            assert closed.get(each.container, -1) == each.attempt - 1
            opened[each.container] = each.attempt
        elif isinstance(each, events.ContainerStarted):
            assert opened[each.container] == each.attempt
        elif isinstance(each, events.ContainerExited):
            assert opened[each.container] == each.attempt
            assert closed.get(each.container, -1) == each.attempt - 1
            closed[each.container] = each.attempt
        elif isinstance(each, events.ContainerStartAborted):
            assert opened[each.container] == each.attempt
            opened[each.container] -= 1  # there was none, so the next one has its number
        elif isinstance(each, events.ContainerStopping | events.ContainerSignalled):
            key = (type(each), each.container, opened[each.container])
            assert key not in asked, f"{each.container} was asked to end twice"
            asked.add(key)
    assert {name: last for name, last in opened.items() if last >= 0} == closed


def check_status(story: Story) -> None:
    """The status is the fold: flags, phase and times of the conditions agree at every event."""
    is_over = False
    for event, record in story.records():
        status = snapshot(record)
        assert status.phase is record.phase
        assert not is_over or record.phase.is_terminal
        is_over = is_over or record.phase.is_terminal
        for each in status.conditions:
            if each.type in record.others:
                continue
            is_true = record.is_true.get(each.type)
            assert (each.status == "True") is is_true, f"{each} after {event}"
            changed_at = record.changed_at[each.type]
            assert each.last_transition_time == utc(changed_at)
    assert story.status.phase in {Phase.SUCCEEDED, Phase.FAILED}
    assert {each.type: each.status for each in snapshot(record).conditions} == {
        each.type: each.status for each in story.status.conditions
    }
