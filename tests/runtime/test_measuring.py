"""What the containers of a running pod use, as their executor tells."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

import anyio

from seedpod import Engine
from seedpod.abc import ContainerPlan, PodContext
from seedpod.errors import ExecutorError
from seedpod.spec import Pod
from seedpod.status import Usage
from seedpod.testing import FakeExecutor, exits, run_virtual, runs
from seedpod.testing.fake import FakeSandbox
from seedpod.testing.fake_workload import FakeWorkload
from tests.runtime.stage import app, init, pod, sidecar

LITTLE = Usage(cpu_seconds=0.5, memory_bytes=1024)
MUCH = Usage(cpu_seconds=90.0, memory_bytes=None)


class SlowWorkload(FakeWorkload):
    """Takes three seconds to tell what it uses; one that is called `broken` cannot."""

    async def usage(self) -> Usage | None:
        await anyio.sleep(3)
        if self.name == "broken":
            raise ExecutorError("fake", "nobody answers")
        return await super().usage()


class SlowSandbox(FakeSandbox):
    """What the containers share that take three seconds to tell."""

    def start(self, container: ContainerPlan) -> AbstractAsyncContextManager[FakeWorkload]:
        script = self.executor.script(self.pod, container)
        return SlowWorkload(self.executor.note, self.pod, container, script)


class SlowExecutor(FakeExecutor):
    """An executor whose workloads take three seconds to tell."""

    def open_pod(self, pod: PodContext) -> AbstractAsyncContextManager[FakeSandbox]:
        return SlowSandbox(self, pod.pod.metadata.name)


def measured(
    executor: FakeExecutor, what: Pod, backend: str, *, within: float = 60.0
) -> tuple[Mapping[str, Usage] | None, float]:
    """What *executor* tells of a pod that is ready, if it is asked for so long, and when."""

    async def main() -> tuple[Mapping[str, Usage] | None, float]:
        async with Engine(executor) as engine:
            running = await engine.start(what)
            began = anyio.current_time()
            told: Mapping[str, Usage] | None = None
            with anyio.move_on_after(within):
                told = await running.usage()
            seconds = anyio.current_time() - began
            await running.stop()
            assert await running.usage() == {}
            return told, round(seconds, 6)

    return run_virtual(main, backend=backend)


def test_each_container_that_runs_is_measured_if_anybody_counts(backend: str) -> None:
    executor = FakeExecutor(
        {"x": runs(usage=MUCH), "y": runs(), "s": runs(usage=LITTLE), "a": exits(usage=LITTLE)}
    )
    what = pod(app("x"), app("y"), inits=[init("a"), sidecar("s")])
    told, _ = measured(executor, what, backend)
    assert told is not None
    assert list(told.items()) == [("s", LITTLE), ("x", MUCH)]


def test_one_container_is_measured_alone(backend: str) -> None:
    executor = SlowExecutor({"x": runs(usage=MUCH)})
    assert measured(executor, pod(app("x")), backend) == ({"x": MUCH}, 3)


def test_several_containers_are_measured_at_once(backend: str) -> None:
    executor = SlowExecutor({"x": runs(usage=MUCH), "y": runs(usage=LITTLE)})
    told = measured(executor, pod(app("x"), app("y")), backend)
    assert told == ({"x": MUCH, "y": LITTLE}, 3)


def test_a_container_that_cannot_be_measured_is_left_out(backend: str) -> None:
    executor = SlowExecutor({"x": runs(usage=MUCH), "broken": runs(usage=LITTLE)})
    assert measured(executor, pod(app("broken"), app("x")), backend) == ({"x": MUCH}, 3)
    assert measured(executor, pod(app("broken")), backend) == ({}, 3)


def test_nobody_has_to_wait_for_the_answer(backend: str) -> None:
    executor = SlowExecutor({"x": runs(usage=MUCH), "y": runs(usage=LITTLE)})
    assert measured(executor, pod(app("x"), app("y")), backend, within=1) == (None, 1)


def test_a_container_that_ends_meanwhile_is_left_out(backend: str) -> None:
    executor = SlowExecutor({"x": runs(usage=MUCH), "y": exits(after=2, usage=LITTLE)})
    assert measured(executor, pod(app("x"), app("y")), backend) == ({"x": MUCH}, 3)
