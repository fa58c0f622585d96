"""W2: the memory of a pod that runs and does nothing, beside that of a parked task.

The pod has a sidecar and an app, on the fake executor. Each figure comes from a process of its own:
what the process holds in private memory after 100 of them is subtracted from what it holds after
all of them, so that imports and the first use of everything do not count. The description of each
pod counts: every pod has its own, as if each had been loaded from a file.
"""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anyio

from benchmarks.comparison import Comparison, Target, in_turns
from benchmarks.machine import loops
from seedpod import Engine
from seedpod.spec import Container, ObjectMeta, Pod, PodSpec, RestartPolicy
from seedpod.testing import FakeExecutor

TARGET = Target(what="figure", bound="at most", limit=30, unit="KB per pod")
WARM = 100


def measure(*, is_quick: bool) -> Iterator[Comparison]:
    """Compare on each loop."""
    count, rounds = (1000, 1) if is_quick else (10_000, 2)
    for loop in loops():
        figures = in_turns(
            {side: partial(_in_a_process, side, loop, count) for side in _SIDES},
            rounds,
            is_warmed_up=False,
        )
        yield Comparison(
            workload="W2",
            what=f"{count:,} idle pods",
            loop=loop,
            beside="one parked anyio task",
            unit="KB each",
            target=TARGET,
            ours=figures["pods"],
            theirs=figures["tasks"],
        )


def _in_a_process(side: str, loop: str, count: int) -> float:
    command = [sys.executable, "-m", __name__, side, loop, str(count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return float(json.loads(done.stdout))


async def idle_pods(count: int) -> None:
    """Print how many kilobytes a running pod takes, and leave without a farewell."""
    async with Engine(FakeExecutor()) as engine:
        before = 0
        for number in range(WARM + count):
            if number == WARM:
                before = await _private_bytes_in_use(engine)
            engine.start_soon(_pod(number))
        _say((await _private_bytes_in_use(engine) - before) / count)


async def parked_tasks(count: int) -> None:
    """Print how many kilobytes a waiting task takes, and leave without a farewell."""
    async with anyio.create_task_group() as group:
        before = 0
        for number in range(WARM + count):
            if number == WARM:
                await anyio.wait_all_tasks_blocked()
                before = _private_bytes()
            group.start_soon(anyio.sleep_forever)
        await anyio.wait_all_tasks_blocked()
        _say((_private_bytes() - before) / count)


_SIDES = {"pods": idle_pods, "tasks": parked_tasks}


async def _private_bytes_in_use(engine: Engine) -> int:
    """The memory of this process, once every pod is ready."""
    if not all([await each.wait_ready() for each in engine.pods]):
        raise RuntimeError("a pod has failed that should be idle")
    await anyio.wait_all_tasks_blocked()
    return _private_bytes()


def _private_bytes() -> int:
    gc.collect()
    status = Path("/proc/self/status").read_text()
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    if found is None:
        raise RuntimeError("this system does not tell how much memory a process has for itself")
    return int(found[1]) * 1024


def _say(bytes_each: float) -> None:
    print(round(bytes_each / 1000, 3), flush=True)
    os._exit(0)  # ending ten thousand pods would measure nothing


def _pod(number: int) -> Pod:
    return Pod(
        metadata=ObjectMeta(name=f"pod-{number}"),
        spec=PodSpec(
            init_containers=(
                Container(name="sidecar", image="none", restart_policy=RestartPolicy.ALWAYS),
            ),
            containers=(Container(name="app", image="none"),),
        ),
    )


if __name__ == "__main__":
    anyio.run(_SIDES[sys.argv[1]], int(sys.argv[3]), backend=sys.argv[2])
