"""Tests of probed.yaml that ask no server and wait for nothing."""

from __future__ import annotations

import anyio

import seedpod
from seedpod.testing import FakeExecutor, fails, run_virtual, runs, succeeds


async def life(executor, seconds):
    """Run the pod for so many seconds and stop it; READY before that, and the pod after it."""
    [pod] = seedpod.load("docs/examples/probed.yaml")
    async with seedpod.Engine(executor) as engine:
        running = engine.start_soon(pod)
        await anyio.sleep(seconds)
        ready = running.row().ready
        await running.stop()
    return ready, running


def test_it_is_ready_once_its_page_is_there():
    executor = FakeExecutor({"web": runs(readiness={0: fails("no page"), 5: succeeds()})})
    assert run_virtual(life, executor, 4.5)[0] == "0/1"
    assert run_virtual(life, executor, 5.5)[0] == "1/1"


def test_it_is_restarted_when_it_is_stuck():
    stuck = runs(liveness={0: succeeds(), 60: fails("stuck")}, pre_stop=succeeds(after=2))
    executor = FakeExecutor({"web": [stuck, runs()]})
    _, running = run_virtual(life, executor, 100)
    assert executor.times("preStop", "web") == [60, 100]
    assert executor.times("start", "web") == [0, 62]
    assert [each.message for each in running.kubernetes_events if each.reason == "Killing"] == [
        "Container web failed liveness probe, will be restarted",
        "Stopping container web",
    ]


def test_a_hook_that_hangs_does_not_hold_up_the_stop():
    executor = FakeExecutor({"web": runs(pre_stop=succeeds(after=3600), stop_after=None)})
    run_virtual(life, executor, 5, backend="trio")
    assert executor.times("preStop", "web") == [5]
    assert executor.times("SIGTERM", "web") == [15]  # terminationGracePeriodSeconds is 10
    assert executor.times("SIGKILL", "web") == [17]  # two seconds are the least
