"""W1: what the engine itself costs a pod, beside the same pod written by hand.

The pod has two init containers, a sidecar and two apps; the executor is the fake one, whose
containers end as soon as they are waited for, so all that is left is the engine: admission, events,
status, tasks. Nobody watches. The floor starts the same containers in the same order through anyio
on the same loop, each as a task, notes two status changes of each container, and does nothing else.

Both are one thread that never waits, so what is counted is the CPU time of this process.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import anyio
import attrs
from anyio.lowlevel import checkpoint

from benchmarks.comparison import Comparison, Target, in_turns, on_loop
from benchmarks.machine import loops
from seedpod import Engine
from seedpod.spec import Container, ObjectMeta, Pod, PodSpec, RestartPolicy
from seedpod.status import Phase
from seedpod.testing import FakeExecutor, exits

TARGET = Target(what="ratio", bound="at most", limit=1.5)
SCRIPTS = {"app-0": exits(), "app-1": exits()}


def measure(*, is_quick: bool) -> Iterator[Comparison]:
    """Compare on each loop."""
    count, rounds = (200, 3) if is_quick else (1000, 7)
    for loop in loops():
        figures = in_turns(
            {
                "ours": partial(on_loop, loop, through_engine, count),
                "floor": partial(on_loop, loop, by_hand, count),
            },
            rounds,
        )
        yield Comparison(
            workload="W1",
            what=f"{count:,} fake pods",
            loop=loop,
            beside="written by hand",
            unit="µs per pod",
            target=TARGET,
            ours=figures["ours"],
            theirs=figures["floor"],
        )


async def through_engine(count: int) -> float:
    """Microseconds per pod, from the opening of an engine to its end."""
    pods = [_pod(number) for number in range(count)]
    began = time.process_time()
    async with Engine(FakeExecutor(SCRIPTS)) as engine:
        running = [engine.start_soon(pod) for pod in pods]
    figure = (time.process_time() - began) * 1e6 / count
    failed = [each.name for each in running if each.status.phase is not Phase.SUCCEEDED]
    if failed:
        raise RuntimeError(f"{len(failed)} pods did not succeed: {failed[0]}")
    return figure


async def by_hand(count: int) -> float:
    """Microseconds per pod, all of them in one task group."""
    pods = [_HandWritten() for _ in range(count)]
    began = time.process_time()
    async with anyio.create_task_group() as group:
        for pod in pods:
            group.start_soon(pod.run)
    figure = (time.process_time() - began) * 1e6 / count
    if not all(each.has_succeeded for each in pods):
        raise RuntimeError("a pod written by hand did not come to its end")
    return figure


@attrs.define(eq=False)
class _Status:
    """The state of one container."""

    state: str = "Waiting"
    changes: int = 0

    def becomes(self, state: str) -> None:
        self.state = state
        self.changes += 1


def _statuses(count: int) -> tuple[_Status, ...]:
    return tuple(_Status() for _ in range(count))


@attrs.define(eq=False)
class _HandWritten:
    """A pod without an engine: the least that keeps the order of its containers."""

    inits: tuple[_Status, ...] = attrs.field(factory=partial(_statuses, 2))
    sidecar: _Status = attrs.field(factory=_Status)
    apps: tuple[_Status, ...] = attrs.field(factory=partial(_statuses, 2))

    async def run(self) -> None:
        """Two init containers one after another, then a sidecar around two apps."""
        end = anyio.Event()
        for init in self.inits:
            await _as_tasks((init,))
        async with anyio.create_task_group() as around:
            around.start_soon(_runs_until, self.sidecar, end)
            await _as_tasks(self.apps)
            end.set()

    @property
    def has_succeeded(self) -> bool:
        """Whether each container was started and has ended."""
        return all(each.changes == 2 for each in (*self.inits, self.sidecar, *self.apps))


async def _as_tasks(statuses: tuple[_Status, ...]) -> None:
    async with anyio.create_task_group() as group:
        for status in statuses:
            group.start_soon(_ends_at_once, status)


async def _ends_at_once(status: _Status) -> None:
    status.becomes("Running")
    await checkpoint()
    status.becomes("Terminated")


async def _runs_until(status: _Status, end: anyio.Event) -> None:
    status.becomes("Running")
    await end.wait()
    status.becomes("Terminated")


def _pod(number: int) -> Pod:
    return Pod(
        metadata=ObjectMeta(name=f"pod-{number}"),
        spec=PodSpec(
            restart_policy=RestartPolicy.NEVER,
            init_containers=(
                Container(name="init-0", image="none"),
                Container(name="init-1", image="none"),
                Container(name="sidecar", image="none", restart_policy=RestartPolicy.ALWAYS),
            ),
            containers=(
                Container(name="app-0", image="none"),
                Container(name="app-1", image="none"),
            ),
        ),
    )
