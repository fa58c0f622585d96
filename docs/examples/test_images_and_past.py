"""Tests of web.yaml whose images have to be fetched, and whose pod was there before."""

from __future__ import annotations

from datetime import UTC, datetime

import anyio

import seedpod
from seedpod.status import FoundContainer, FoundPod, FoundSandbox, Running, Terminated
from seedpod.testing import FakeExecutorWithImages, FakeExecutorWithPast, run_virtual


def test_an_image_that_is_not_there_yet_is_tried_again():
    refused = {"example/proxy:1": "no such image"}
    executor = FakeExecutorWithImages(present=["example/web:1"], refused=refused)

    async def story():
        [pod] = seedpod.load("docs/examples/web.yaml")
        async with seedpod.Engine(executor) as engine:
            running = engine.start_soon(pod)
            await anyio.sleep(25)
            assert running.row().status == "Init:ImagePullBackOff"
            executor.refused.clear()
            await running.wait_ready()
            await running.stop()

    run_virtual(story)
    assert executor.times("pull example/proxy:1") == [0, 10, 30]
    assert executor.times("start", "web") == [30]


def test_what_an_earlier_engine_left_goes_on():
    runs = Running(datetime.now(UTC))
    left = FoundPod(
        sandboxes=(FoundSandbox(is_ready=True, ip="10.0.0.7"),),
        containers=(
            FoundContainer(name="migrate", state=Terminated(0)),
            FoundContainer(name="proxy", state=runs),
            FoundContainer(name="web", state=runs),
        ),
    )
    executor = FakeExecutorWithPast(found={"web": left})

    async def story():
        [pod] = seedpod.load("docs/examples/web.yaml")
        async with seedpod.Engine(executor) as engine:
            running = await engine.start(pod)
            assert executor.times("start") == []
            await anyio.sleep(60)
            executor.lose("web")
            await anyio.sleep(60)
            await running.stop()

    run_virtual(story)
    assert executor.times("adopt") == [0, 0]
    assert executor.times("start", "migrate") == [60]  # in another sandbox all begins anew
