"""The engine's block: what it takes on, and how it is left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import pytest

from seedpod import Engine, RunningPod, events
from seedpod.errors import DuplicatePodError, EngineClosedError, PodFailedError, SpecError
from seedpod.events import Event, StopReason
from seedpod.spec import Pod
from seedpod.testing import FakeExecutor, exits, refuses, run_virtual, runs
from tests.runtime.stage import Scripts, Story, app, check_story, init, pod, sidecar


class MineError(Exception):
    """An error of the program that embeds the engine."""


class Lab:
    """An engine on the fake executor that keeps all it records."""

    def __init__(self, scripts: Scripts | None = None, cancel_grace_seconds: float = 5.0) -> None:
        self.executor = FakeExecutor(scripts)
        self.seen: list[tuple[Pod, Event]] = []
        self.engine = Engine(
            self.executor,
            observers=[lambda pod, event: self.seen.append((pod, event))],
            cancel_grace_seconds=cancel_grace_seconds,
            wall_clock=lambda: 0.0,
        )

    def run(self, main: Callable[[], Awaitable[None]], backend: str) -> None:
        run_virtual(main, backend=backend)

    def story(self, running: RunningPod) -> Story:
        """All of one pod, checked."""
        seen = tuple(
            event for pod, event in self.seen if pod.metadata.name == running.pod.metadata.name
        )
        story = Story(running.pod, seen, self.executor, running.status)
        check_story(story)
        return story


def test_leaving_the_block_waits_for_the_pods(backend: str) -> None:
    lab = Lab({"x": exits(after=30)})

    async def main() -> None:
        start = anyio.current_time()
        async with lab.engine as engine:
            running = engine.start_soon(pod(app("x")))
        assert anyio.current_time() - start == 30
        assert running.is_finished
        assert lab.story(running).status.phase == "Succeeded"

    lab.run(main, backend)


def test_an_exception_in_the_block_ends_the_pods_and_leaves_as_it_was(backend: str) -> None:
    lab = Lab({"x": runs(stop_after=2), "s": runs(stop_after=3)})
    error = MineError("mine")

    async def main() -> None:
        start = anyio.current_time()
        running: list[RunningPod] = []
        with pytest.raises(MineError) as caught:
            async with lab.engine as engine:
                running.append(engine.start_soon(pod(app("x"), inits=[sidecar("s")])))
                await anyio.sleep(10)
                raise error
        assert caught.value is error
        assert caught.value.__cause__ is None
        assert anyio.current_time() - start == 13
        story = lab.story(running[0])
        assert story.signalled("x") == story.signalled("s") == [10]
        assert story.exited("x") == [(12, 143)]
        [stopping] = story.of(events.PodStopping)
        assert isinstance(stopping, events.PodStopping)
        assert stopping.reason is StopReason.CANCELLED

    lab.run(main, backend)


def test_an_exception_group_in_the_block_leaves_as_it_was(backend: str) -> None:
    lab = Lab()
    group = ExceptionGroup("mine", [MineError("one"), MineError("two")])

    async def main() -> None:
        with pytest.raises(ExceptionGroup) as caught:
            async with lab.engine as engine:
                engine.start_soon(pod(app("x")))
                await anyio.sleep(10)
                raise group
        assert caught.value is group

    lab.run(main, backend)


def test_a_cancelled_engine_kills_who_does_not_end_in_time(backend: str) -> None:
    lab = Lab({"x": runs(stop_after=None)}, cancel_grace_seconds=4)

    async def main() -> None:
        with anyio.CancelScope(deadline=anyio.current_time() + 10):
            async with lab.engine as engine:
                running = engine.start_soon(pod(app("x")))
        story = lab.story(running)
        assert story.signalled("x") == [10]
        assert story.killed("x") == [14]
        assert story.end == 14
        assert story.phases()[-1] == (14, "Failed")

    lab.run(main, backend)


def test_a_cancelled_engine_without_grace_kills_at_once(backend: str) -> None:
    lab = Lab({"x": runs(stop_after=None)}, cancel_grace_seconds=0)

    async def main() -> None:
        with anyio.CancelScope(deadline=anyio.current_time() + 10):
            async with lab.engine as engine:
                running = engine.start_soon(pod(app("x")))
        story = lab.story(running)
        assert story.signalled("x") == []
        assert story.killed("x") == [10]
        assert story.end == 10

    lab.run(main, backend)


def test_a_cancelled_engine_closes_an_attempt_that_was_starting(backend: str) -> None:
    lab = Lab({"x": runs(start_after=60)})

    async def main() -> None:
        with anyio.CancelScope(deadline=anyio.current_time() + 10):
            async with lab.engine as engine:
                running = engine.start_soon(pod(app("x")))
        story = lab.story(running)
        assert story.told() == ["Starting x", "StartAborted x"]
        assert story.end == 10

    lab.run(main, backend)


def test_cancellation_does_not_lengthen_a_grace_period(backend: str) -> None:
    lab = Lab({"x": runs(stop_after=None)}, cancel_grace_seconds=60)

    async def main() -> None:
        with anyio.CancelScope(deadline=anyio.current_time() + 10):
            async with lab.engine as engine:
                running = engine.start_soon(pod(app("x")))
                await anyio.sleep(8)
                running.stop_soon(3)
        story = lab.story(running)
        assert story.signalled("x") == [8]
        assert story.killed("x") == [11]

    lab.run(main, backend)


def test_cancellation_shortens_a_grace_period(backend: str) -> None:
    lab = Lab({"x": runs(stop_after=None)}, cancel_grace_seconds=2)

    async def main() -> None:
        with anyio.CancelScope(deadline=anyio.current_time() + 10):
            async with lab.engine as engine:
                running = engine.start_soon(pod(app("x"), inits=[sidecar("s")]))
                await anyio.sleep(5)
                running.stop_soon(30)
        story = lab.story(running)
        assert story.signalled("x") == [5]
        assert story.signalled("s") == [10]
        assert story.killed("x") == [12]

    lab.run(main, backend)


def test_a_keyboard_interrupt_in_the_block_ends_the_pods(backend: str) -> None:
    lab = Lab({"x": runs(stop_after=2)})
    running: list[RunningPod] = []

    async def main() -> None:
        async with lab.engine as engine:
            running.append(engine.start_soon(pod(app("x"))))
            await anyio.sleep(10)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lab.run(main, backend)
    story = lab.story(running[0])
    assert story.exited("x") == [(12, 143)]


def test_start_returns_when_the_pod_is_ready(backend: str) -> None:
    lab = Lab({"a": exits(after=4)})

    async def main() -> None:
        start = anyio.current_time()
        async with lab.engine as engine:
            running = await engine.start(pod(app("x"), inits=[init("a"), sidecar("s")]))
            assert anyio.current_time() - start == 4
            assert running.status.phase == "Running"
            running.stop_soon()

    lab.run(main, backend)


def test_start_returns_when_the_pod_has_succeeded_already(backend: str) -> None:
    lab = Lab({"x": exits()})

    async def main() -> None:
        async with lab.engine as engine:
            running = await engine.start(pod(app("x")))
            await running.wait()
            assert running.status.phase == "Succeeded"

    lab.run(main, backend)


def test_start_raises_if_the_pod_fails_before_it_is_ready(backend: str) -> None:
    lab = Lab({"x": refuses("no such program")})

    async def main() -> None:
        async with lab.engine as engine:
            with pytest.raises(PodFailedError, match="pod default/web is Failed") as caught:
                await engine.start(pod(app("x")))
            assert caught.value.status.phase == "Failed"
            assert engine.pods == ()

    lab.run(main, backend)


def test_a_start_that_is_cancelled_stops_the_pod(backend: str) -> None:
    lab = Lab({"a": runs(stop_after=None)})

    async def main() -> None:
        start = anyio.current_time()
        async with lab.engine as engine:
            with anyio.move_on_after(5):
                await engine.start(pod(app("x"), inits=[init("a")]))
            assert len(engine.pods) == 1
        assert anyio.current_time() - start == 7

    lab.run(main, backend)


def test_a_pod_of_a_name_that_runs_is_refused_and_later_taken(backend: str) -> None:
    lab = Lab({"x": exits(after=5)})

    async def main() -> None:
        async with lab.engine as engine:
            first = engine.start_soon(pod(app("x")))
            with pytest.raises(DuplicatePodError, match="default/web"):
                engine.start_soon(pod(app("x")))
            await first.wait()
            second = engine.start_soon(pod(app("x")))
            assert second.uid != first.uid

    lab.run(main, backend)


def test_an_engine_that_is_not_open_takes_no_pod(backend: str) -> None:
    lab = Lab()
    with pytest.raises(EngineClosedError):
        lab.engine.start_soon(pod(app("x")))

    async def main() -> None:
        async with lab.engine:
            pass
        with pytest.raises(EngineClosedError):
            lab.engine.start_soon(pod(app("x")))

    lab.run(main, backend)


def test_an_invalid_pod_is_refused_with_every_problem(backend: str) -> None:
    lab = Lab()

    async def main() -> None:
        async with lab.engine as engine:
            with pytest.raises(SpecError) as caught:
                engine.start_soon(pod(app("Not A Label"), app("y"), app("y")))
            assert len(caught.value.problems) == 2
            assert engine.pods == ()

    lab.run(main, backend)


def test_stopping_the_engine_stops_all_pods_at_once(backend: str) -> None:
    lab = Lab({"x": runs(stop_after=None)})

    async def main() -> None:
        async with lab.engine as engine:
            pods = [engine.start_soon(pod(app("x"), name=f"web-{n}")) for n in range(3)]
            await anyio.sleep(1)
            await engine.stop(4)
            assert engine.pods == ()
        for each in pods:
            assert lab.story(each).end == 5

    lab.run(main, backend)


def test_a_pod_stays_readable_after_its_end(backend: str) -> None:
    lab = Lab({"x": exits(after=5)})
    kept: list[RunningPod] = []

    async def main() -> None:
        async with lab.engine as engine:
            kept.append(engine.start_soon(pod(app("x"))))

    lab.run(main, backend)
    [running] = kept
    assert running.row().status == "Completed"
    assert running.row().age == "5s"
    assert str(running.why()) == ""
    assert running.status.phase == "Succeeded"


def test_an_executor_with_a_bug_fails_loudly_and_leaves_nothing_open(backend: str) -> None:
    lab = Lab()
    running: list[RunningPod] = []

    def broken(*_: object) -> None:
        raise MineError("a bug")

    async def main() -> None:
        async with lab.engine as engine:
            running.append(engine.start_soon(pod(app("x"), name="good")))
            await anyio.sleep(5)
            lab.executor.script = broken  # type: ignore[assignment, method-assign]
            running.append(engine.start_soon(pod(app("x"), name="bad")))

    with pytest.raises(ExceptionGroup) as caught:
        lab.run(main, backend)
    assert caught.group_contains(MineError, match="a bug")
    for each in running:
        assert lab.story(each).status.phase == "Failed"


def test_an_exception_in_the_block_keeps_what_led_to_it(backend: str) -> None:
    lab = Lab()

    async def main() -> None:
        with pytest.raises(MineError) as caught:
            async with lab.engine as engine:
                engine.start_soon(pod(app("x")))
                try:
                    raise KeyError("first")
                except KeyError:
                    raise MineError("second")  # noqa: B904 (this is what is tested)
        assert isinstance(caught.value.__context__, KeyError)
        assert not caught.value.__suppress_context__

    lab.run(main, backend)
