"""W3: how many one-container pods a second, each a process that ends at once.

Every pod runs `/bin/true` on the subprocess executor; 64 are in flight, each submitted when another
one has ended. Counted is the time from the first submission to the last end: the engine is open
already, with its guard process. It stands beside two others that keep 64 in flight: a loop in C of
`vfork` and `waitpid`, and the same number of tasks that use `anyio.open_process` on the same loop.
These two capture no output and promise nothing; a pod's process leads a session of its own, both
its output streams are read, and it does not outlive its host.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import TypeAlias

import anyio

from benchmarks.comparison import Comparison, Target, in_turns, on_loop
from benchmarks.machine import loops
from seedpod import Engine
from seedpod.executors.subprocess import SubprocessExecutor
from seedpod.spec import Container, ObjectMeta, Pod, PodSpec, RestartPolicy
from seedpod.status import Phase

BESIDE_FLOOR = Target(what="ratio", bound="at least", limit=0.5)
BESIDE_PEER = Target(what="ratio", bound="at least", limit=1)
IN_FLIGHT = 64
TRUE = shutil.which("true", path="/bin:/usr/bin") or "true"
PEER = "anyio.open_process"

Loop: TypeAlias = Callable[[int], float]
"""Runs this many processes; returns how many it managed a second."""


def measure(*, is_quick: bool) -> Iterator[Comparison]:
    """Compare with the floor and with the peer on each loop."""
    count, rounds = (100, 2) if is_quick else (400, 7)
    with tempfile.TemporaryDirectory(prefix="seedpod-benchmark-") as directory:
        floor, spawn_loop = floor_here(Path(directory))
        for loop in loops():
            figures = in_turns(
                {
                    "ours": partial(on_loop, loop, through_engine, count),
                    floor: partial(spawn_loop, count),
                    PEER: partial(on_loop, loop, through_open_process, count),
                },
                rounds,
            )
            for beside, target in ((floor, BESIDE_FLOOR), (PEER, BESIDE_PEER)):
                yield Comparison(
                    workload="W3",
                    what=f"{count:,} pods of {TRUE}",
                    loop=loop,
                    beside=beside,
                    unit="per second",
                    target=target,
                    ours=figures["ours"],
                    theirs=figures[beside],
                )


async def through_engine(count: int) -> float:
    """Pods per second."""
    pods = iter([_pod(number) for number in range(count)])
    async with Engine(SubprocessExecutor(isolation="none")) as engine:
        began = time.perf_counter()
        await _in_flight(partial(_submit_each, engine, pods))
        return count / (time.perf_counter() - began)


async def through_open_process(count: int) -> float:
    """Processes per second."""
    numbers = iter(range(count))
    began = time.perf_counter()
    await _in_flight(partial(_open_each, numbers))
    return count / (time.perf_counter() - began)


def floor_here(directory: Path) -> tuple[str, Loop]:
    """The floor this machine can have, by name: in C if it has a compiler, else in Python."""
    compiler = shutil.which("cc")
    if compiler is None:
        return "posix_spawn in Python (no cc here)", _in_python
    program = directory / "spawn_loop"
    source = Path(__file__).with_name("spawn_loop.c")
    subprocess.run([compiler, "-O2", "-w", "-o", program, source], check=True)
    return "C: vfork, waitpid", partial(_in_c, program)


def _in_c(program: Path, count: int) -> float:
    command = [str(program), TRUE, str(count), str(IN_FLIGHT)]
    return count / float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def _in_python(count: int) -> float:
    started = ended = 0
    began = time.perf_counter()
    while ended < count:
        while started < min(count, ended + IN_FLIGHT):
            os.posix_spawn(TRUE, [TRUE], os.environ)
            started += 1
        os.waitpid(-1, 0)
        ended += 1
    return count / (time.perf_counter() - began)


async def _in_flight(work: Callable[[], Coroutine[None, None, None]]) -> None:
    """Do *work*, which takes from a common supply until it is empty, in as many tasks."""
    async with anyio.create_task_group() as group:
        for _ in range(IN_FLIGHT):
            group.start_soon(work)


async def _submit_each(engine: Engine, pods: Iterator[Pod]) -> None:
    for pod in pods:
        status = await engine.start_soon(pod).wait()
        if status.phase is not Phase.SUCCEEDED:
            raise RuntimeError(f"{pod.metadata.name} did not succeed: {status}")


async def _open_each(numbers: Iterator[int]) -> None:
    nothing = subprocess.DEVNULL
    for _ in numbers:
        process = await anyio.open_process([TRUE], stdin=nothing, stdout=nothing, stderr=nothing)
        if await process.wait():
            raise RuntimeError(f"{TRUE} did not succeed")


def _pod(number: int) -> Pod:
    main = Container(name="main", image="none", command=(TRUE,))
    return Pod(
        metadata=ObjectMeta(name=f"pod-{number}"),
        spec=PodSpec(restart_policy=RestartPolicy.NEVER, containers=(main,)),
    )
