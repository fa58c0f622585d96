"""Many pods in one engine, and the same run twice."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import attrs

from seedpod import Engine, RunningPod
from seedpod.events import Event
from seedpod.spec import Pod
from seedpod.testing import FakeExecutor, Script, exits, run_virtual, runs
from tests.runtime.stage import app, init, pod, sidecar

NUMBERS = frozenset({"sequence", "cause", "time"})
SCRIPTS: dict[str, Script | list[Script]] = {
    "a": exits(after=1),
    "b": [exits(1, after=1), exits(after=2)],
    "s": runs(stop_after=1),
    "x": [exits(3, after=2), exits(after=4)],
    "y": exits(after=5),
}


def five(name: str) -> Pod:
    """A pod of two init containers, a sidecar and two apps."""
    inits = [init("a"), init("b"), sidecar("s")]
    return pod(app("x"), app("y"), inits=inits, policy="OnFailure", name=name)


def recorded(count: int, backend: str) -> list[Event]:
    """All events of a number of pods that start together, in the order they were recorded."""
    seen: list[Event] = []

    async def main() -> None:
        async with Engine(
            FakeExecutor(SCRIPTS),
            observers=[lambda _, event: seen.append(event)],
            random=Random(1),
            wall_clock=lambda: 0.0,
        ) as engine:
            for number in range(count):
                engine.start_soon(five(f"web-{number}"))

    run_virtual(main, backend=backend)
    return seen


def test_a_thousand_pods_run_to_their_ends(backend: str) -> None:
    async def main() -> list[RunningPod]:
        async with Engine(FakeExecutor(SCRIPTS), wall_clock=lambda: 0.0) as engine:
            return [engine.start_soon(five(f"web-{number}")) for number in range(1000)]

    pods = run_virtual(main, backend=backend)
    assert {each.status.phase for each in pods} == {"Succeeded"}
    assert {each.row().age for each in pods} == {"11s"}


def test_the_same_seed_and_scripts_give_the_same_events(backend: str) -> None:
    first, second = recorded(20, backend), recorded(20, backend)
    if backend == "asyncio":
        assert first == second
    assert by_moment(first) == by_moment(second)


def test_both_loops_give_the_same_events() -> None:
    assert by_moment(recorded(20, "asyncio")) == by_moment(recorded(20, "trio"))


def test_another_seed_gives_other_uids() -> None:
    def uid(seed: int) -> str:
        async def main() -> str:
            async with Engine(FakeExecutor({"x": exits()}), random=Random(seed)) as engine:
                return engine.start_soon(pod(app("x"))).uid

        return run_virtual(main)

    assert uid(1) == uid(1) != uid(2)


def by_moment(seen: list[Event]) -> dict[float, list[str]]:
    """The events of each moment, in an order that does not depend on that among pods or tasks."""
    moments: defaultdict[float, list[str]] = defaultdict(list)
    for each in seen:
        moments[round(each.time, 6)].append(_without_numbers(each))
    return {moment: sorted(told) for moment, told in moments.items()}


def _without_numbers(event: Event) -> str:
    names = [each.name for each in attrs.fields(type(event))]
    values = {name: getattr(event, name) for name in names if name not in NUMBERS}
    return f"{type(event).__name__} {values}"
