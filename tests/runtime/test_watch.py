"""Readers of a pod: its events and its output, at their own pace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import pytest

from seedpod import Engine, LogLine, RunningPod, events
from seedpod.abc import ContainerPlan
from seedpod.events import Event
from seedpod.testing import FakeExecutor, Script, exits, run_virtual, runs
from tests.runtime.stage import Scripts, app, init, pod

LONG = 16 * 1024


def reading(
    read: Callable[[RunningPod], Awaitable[None]],
    scripts: Scripts,
    backend: str,
    *,
    event_limit: int = 1024,
    output_limit_bytes: int = 1024 * 1024,
) -> None:
    """Run a pod of an init container and an app, and *read* beside it."""

    async def main() -> None:
        async with Engine(
            FakeExecutor(scripts),
            event_limit=event_limit,
            output_limit_bytes=output_limit_bytes,
            wall_clock=lambda: 0.0,
        ) as engine:
            await read(engine.start_soon(pod(app("x"), inits=[init("a")], policy="OnFailure")))

    run_virtual(main, backend=backend)


async def watched(running: RunningPod, *, pause: float = 0.0) -> list[Event]:
    """Everything a watch gives, read with a pause after each event."""
    seen: list[Event] = []
    async with running.watch() as stream:
        async for event in stream:
            seen.append(event)
            await anyio.sleep(pause)
    return seen


def check_gapless(seen: list[Event]) -> None:
    """Each event follows the one before, or a snapshot says how many are missing."""
    following = 0
    for event in seen:
        if isinstance(event, events.Snapshot):
            assert event.sequence == following + event.missed - 1
        else:
            assert event.sequence == following
        following = event.sequence + 1
    assert isinstance(seen[-1], events.PodFinished | events.Snapshot)


SCRIPTS: Scripts = {
    "a": exits(after=2),
    "x": [exits(1, after=1), exits(1, after=1), exits(after=5)],
}


def test_a_watch_begins_with_the_first_event_and_ends_after_the_last(backend: str) -> None:
    async def read(running: RunningPod) -> None:
        seen = await watched(running)
        check_gapless(seen)
        assert isinstance(seen[0], events.PodSubmitted)
        assert isinstance(seen[-1], events.PodFinished)
        assert not any(isinstance(each, events.Snapshot) for each in seen)

    reading(read, SCRIPTS, backend)


def test_a_watch_that_begins_late_still_begins_with_the_first_event(backend: str) -> None:
    async def read(running: RunningPod) -> None:
        await anyio.sleep(3)
        seen = await watched(running)
        assert isinstance(seen[0], events.PodSubmitted)
        check_gapless(seen)

    reading(read, SCRIPTS, backend)


def test_a_pod_that_has_ended_can_still_be_watched(backend: str) -> None:
    async def read(running: RunningPod) -> None:
        await running.wait()
        seen = await watched(running)
        check_gapless(seen)
        assert isinstance(seen[-1], events.PodFinished)

    reading(read, SCRIPTS, backend)


def test_several_watches_see_the_same(backend: str) -> None:
    async def read(running: RunningPod) -> None:
        seen: list[list[Event]] = []

        async def watch(pause: float) -> None:
            seen.append(await watched(running, pause=pause))

        async with anyio.create_task_group() as group:
            for pause in (0, 0.25, 1):
                group.start_soon(watch, pause)
        assert seen[0] == seen[1] == seen[2]

    reading(read, SCRIPTS, backend)


def test_a_watch_tells_events_as_they_happen(backend: str) -> None:
    async def read(running: RunningPod) -> None:
        started = anyio.current_time()
        async with running.watch() as stream:
            async for event in stream:
                assert event.time == anyio.current_time() - started

    reading(read, SCRIPTS, backend)


def test_a_slow_reader_is_told_what_it_missed(backend: str) -> None:
    async def read(running: RunningPod) -> None:
        seen: list[Event] = []
        async with running.watch() as stream:
            seen.append(await anext(stream))
            await anyio.sleep(3.5)
            seen.append(await anext(stream))
            seen.extend([event async for event in stream])
        check_gapless(seen)
        [snapshot] = [each for each in seen if isinstance(each, events.Snapshot)]
        assert snapshot.missed > 5
        assert snapshot.cause is None
        assert snapshot.status.phase == "Running"
        app_status = snapshot.status.container("x")
        assert app_status is not None
        assert app_status.restart_count == 1
        assert isinstance(seen[-1], events.PodFinished)

    reading(read, SCRIPTS, backend, event_limit=5)


def test_a_reader_may_be_slow_again_and_again(backend: str) -> None:
    async def read(running: RunningPod) -> None:
        seen = await watched(running, pause=0.75)
        check_gapless(seen)
        snapshots = [each for each in seen if isinstance(each, events.Snapshot)]
        assert len(snapshots) > 1

    reading(read, SCRIPTS, backend, event_limit=2)


def test_a_cancelled_read_loses_no_event(backend: str) -> None:
    async def read(running: RunningPod) -> None:
        seen: list[Event] = []
        async with running.watch() as stream:
            while not running.is_finished:
                with anyio.move_on_after(0.3):
                    async for event in stream:
                        seen.append(event)
            seen.extend([event async for event in stream])
        check_gapless(seen)

    reading(read, SCRIPTS, backend)


async def lines(
    running: RunningPod, container: str | None = None, *, follow: bool = True
) -> list[LogLine]:
    async with running.logs(container, follow=follow) as stream:
        return [line async for line in stream]


def test_output_is_read_line_by_line_and_attempt_by_attempt(backend: str) -> None:
    scripts: Scripts = {
        "a": exits(output=[b"one\ntw", b"o\n"]),
        "x": [exits(1, output=[b"first\n"]), exits(after=2, output=[b"second\n\nlast"])],
    }

    async def read(running: RunningPod) -> None:
        seen = await lines(running)
        assert [(each.container, each.attempt, each.text) for each in seen] == [
            ("a", 0, b"one"),
            ("a", 0, b"two"),
            ("x", 0, b"first"),
            ("x", 1, b"second"),
            ("x", 1, b""),
            ("x", 1, b"last"),
        ]
        assert {each.time for each in seen} == {0}  # the last was read then, and ended at 2
        assert {each.stream for each in seen} == {"stdout"}
        # Only the very last was not ended by a line feed.
        assert [each.is_partial for each in seen] == [False] * 5 + [True]
        assert not any(each.lost for each in seen)

    reading(read, scripts, backend)


def test_output_has_the_times_at_which_it_was_written_if_the_executor_knows(backend: str) -> None:
    class Belated(FakeExecutor):
        """Hands on what was written long ago."""

        def script(self, pod: str, plan: ContainerPlan) -> Script:
            plan.write("stdout", b"one\ntw", 100.5)
            plan.write("stderr", b"three\n", 101.5)
            plan.write("stdout", b"o\nfour", 102.5)
            plan.write("stdout", b"teen", 103.5)
            plan.write("stderr", b"five\n")
            return super().script(pod, plan)

    executor = Belated({"x": exits(after=2)})

    async def main() -> list[LogLine]:
        async with Engine(executor, wall_clock=lambda: 1000.0) as engine:
            return await lines(engine.start_soon(pod(app("x"))))

    assert [(each.time, each.text) for each in run_virtual(main, backend=backend)] == [
        (100.5, b"one"),
        (101.5, b"three"),
        (102.5, b"two"),  # a line that comes in pieces has the time of the last of them
        (1000, b"five"),
        (103.5, b"fourteen"),
    ]


def test_the_output_of_one_container_can_be_read_alone(backend: str) -> None:
    scripts: Scripts = {"a": exits(output=[b"a\n"]), "x": exits(output=[b"x\n"])}

    async def read(running: RunningPod) -> None:
        assert [each.text for each in await lines(running, "x")] == [b"x"]
        with pytest.raises(LookupError, match="has no container 'y'; it has a, x"):
            await lines(running, "y")

    reading(read, scripts, backend)


def test_a_long_line_comes_in_pieces(backend: str) -> None:
    text = b"x" * (LONG + 5)
    scripts: Scripts = {"x": exits(output=[text + b"\n", text, b"y\n"])}

    async def read(running: RunningPod) -> None:
        seen = await lines(running)
        assert [(len(each.text), each.is_partial) for each in seen] == [
            (LONG, True),
            (5, False),
            (LONG, True),
            (6, False),
        ]

    reading(read, scripts, backend)


def test_output_beyond_the_bound_is_lost_and_counted(backend: str) -> None:
    scripts: Scripts = {"x": exits(output=[b"%03d\n" % number for number in range(100)])}

    async def read(running: RunningPod) -> None:
        await running.wait()
        seen = await lines(running)
        assert [each.text for each in seen] == [b"%03d" % number for number in range(90, 100)]
        assert [each.lost for each in seen] == [90] + [0] * 9

    reading(read, scripts, backend, output_limit_bytes=40)


def test_what_was_lost_is_counted_though_a_read_was_cancelled(backend: str) -> None:
    scripts: Scripts = {
        "a": exits(after=1, output=[b"%03d\n" % number for number in range(100)]),
        "x": exits(output=[b"end\n"]),
    }

    async def read(running: RunningPod) -> None:
        await anyio.sleep(0.25)
        async with running.logs("x") as stream:
            with anyio.move_on_after(0.5):
                await anext(stream)
            line = await anext(stream)
        assert (line.text, line.lost) == (b"end", 90)

    reading(read, scripts, backend, output_limit_bytes=40)


def test_without_following_the_output_ends_where_it_is(backend: str) -> None:
    scripts: Scripts = {"a": exits(output=[b"a\n"]), "x": runs(output=[b"x\n"])}

    async def read(running: RunningPod) -> None:
        await anyio.sleep(1)
        assert [each.text for each in await lines(running, follow=False)] == [b"a", b"x"]
        running.stop_soon()

    reading(read, scripts, backend)
