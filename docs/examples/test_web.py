"""Tests of web.yaml that start no process and wait for nothing."""

from __future__ import annotations

import seedpod
from seedpod.testing import FakeExecutor, exits, run_virtual, runs


def test_migrations_are_tried_again_until_they_succeed():
    executor = FakeExecutor({"migrate": [exits(1), exits(1), exits(0)], "web": runs()})

    async def story():
        [pod] = seedpod.load("docs/examples/web.yaml")
        async with seedpod.Engine(executor) as engine:
            running = await engine.start(pod)
            await running.stop()

    run_virtual(story)
    assert executor.times("start", "migrate") == [0, 0, 10]  # the back-off's, to the second
    assert executor.times("start", "web") == [10]


def test_the_proxy_is_asked_to_stop_after_the_web_server_has_ended():
    executor = FakeExecutor({"web": runs(stop_after=3), "proxy": runs(stop_after=1)})

    async def story():
        [pod] = seedpod.load("docs/examples/web.yaml")
        async with seedpod.Engine(executor) as engine:
            running = await engine.start(pod)
            await running.stop()

    run_virtual(story, backend="trio")
    assert executor.times("SIGTERM", "web") == [0]
    assert executor.times("SIGTERM", "proxy") == [3]


def test_a_web_server_that_does_not_listen_is_killed():
    executor = FakeExecutor({"web": runs(stop_after=None)})

    async def story():
        [pod] = seedpod.load("docs/examples/web.yaml")
        async with seedpod.Engine(executor) as engine:
            running = await engine.start(pod)
            status = await running.stop()
            return status.container("web").state.exit_code

    assert run_virtual(story) == 137
    assert executor.times("SIGKILL", "web") == [5]  # terminationGracePeriodSeconds of web.yaml
