"""W15: what a view costs beside bubblewrap itself, and beside a plain process.

Pods of one container that runs `/bin/true` at the level `view`: without volumes, and with five. The
floor is bubblewrap as one would spawn it by hand: `Popen` of the very command line the executor
makes, with all that it names made beforehand, and `wait`. The executor is measured twice: through
its sandbox alone, which is what it answers for (a block for the pod, a block for the container, its
end), and through the engine, which adds the pod. At the level `none` the same pods tell what a view
adds to a plain process; for that there is no target.

By hand, everything is made once and used again and again. On our sides the directories that a view
has to itself are made for each anew, and through the engine the volumes too. All of it is kept in
memory, if the host lets it: how long a disk takes to make and remove a directory is its own affair.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import anyio
import attrs

import seedpod
from benchmarks.comparison import Comparison, Target, in_turns, on_loop
from benchmarks.machine import loops
from benchmarks.w3_processes import TRUE
from seedpod.abc import ContainerKind, ContainerPlan, Mount, PodContext
from seedpod.executors.subprocess import SubprocessExecutor
from seedpod.executors.subprocess._sandbox import ProcessSandbox
from seedpod.executors.subprocess._view.bubblewrap import found_bubblewrap
from seedpod.spec import ConfigMap, Container, ObjectMeta, Pod, Secret
from seedpod.status import Phase

BESIDE_FLOOR: Final = Target(what="ratio", bound="at most", limit=1.25)
IN_FLIGHT: Final = 16
"""Each is three processes for a while."""
IN_MEMORY: Final = "/dev/shm"
FLOOR: Final = "bare bubblewrap"
PLAIN: Final = "the same at level none"
VOLUMES: Final = ("cache", "scratch", "settings", "password", "labels")

Level = Literal["none", "view"]


@attrs.frozen
class Workload:
    """Pods of one kind: with so many volumes, made by hand below a directory."""

    volumes: int
    directory: Path

    def __str__(self) -> str:
        """As the table has it."""
        return f"views, {self.volumes} volumes" if self.volumes else "views, no volumes"

    @property
    def sources(self) -> dict[str, Path]:
        """The volumes made by hand."""
        return {name: self.directory / name for name in VOLUMES[: self.volumes]}

    def plan(self) -> ContainerPlan:
        """The one container, with its volumes in place."""
        mounts = [
            Mount(source=source, mount_path=f"/volumes/{name}", volume=name)
            for name, source in self.sources.items()
        ]
        return ContainerPlan(
            name="main",
            kind=ContainerKind.APP,
            spec=Container(name="main"),
            attempt=0,
            container_id="main",
            command=(TRUE,),
            args=(),
            env={},
            mounts=tuple(mounts),
            write=lambda _stream, _data, _time=None: None,
        )

    def context(self) -> PodContext:
        """The pod, for the executor."""
        pod = Pod(metadata=ObjectMeta(name="pod", namespace="default"))
        return PodContext(pod=pod, uid="uid", volumes=self.sources, directories=())

    def manifest(self, number: int, level: Level) -> dict[str, Any]:
        """The pod, for the engine; at the level `none` each links its volumes elsewhere."""
        at = "/volumes" if level == "view" else f"{self.directory}/links/{number}"
        names = VOLUMES[: self.volumes]
        main = {
            "name": "main",
            "image": "host",
            "command": [TRUE],
            "volumeMounts": [{"name": name, "mountPath": f"{at}/{name}"} for name in names],
        }
        kinds: tuple[dict[str, Any], ...] = (
            {"emptyDir": {}},
            {"emptyDir": {}},
            {"configMap": {"name": "settings"}},
            {"secret": {"secretName": "password"}},
            {"downwardAPI": {"items": [_NAME]}},
        )
        volumes = [{"name": name, **kind} for name, kind in zip(names, kinds, strict=False)]
        spec = {"restartPolicy": "Never", "containers": [main], "volumes": volumes}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"pod-{number}"},
            "spec": spec,
        }


_NAME: Final = {"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}
_OBJECTS: Final = (
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings"},
        "data": {"mode": "fast", "colour": "green"},
    },
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "password"},
        "stringData": {"password": "sesame"},
    },
)


def measure(*, is_quick: bool) -> Iterator[Comparison]:
    """Compare with the floor and with plain processes on each loop, without volumes and with."""
    found = found_bubblewrap()
    if isinstance(found, str):
        print(f"W15 is left out: {found}", file=sys.stderr)
        return
    count, rounds = (30, 2) if is_quick else (150, 5)
    for volumes in (0, len(VOLUMES)):
        with _kept_in_memory(), tempfile.TemporaryDirectory() as directory:
            workload = Workload(volumes, Path(directory))
            for source in (*workload.sources.values(), Path(directory, "links")):
                source.mkdir()
            for loop in loops():
                yield from _on(loop, workload, count, rounds)


@contextmanager
def _kept_in_memory() -> Generator[None]:
    """A block inside which temporary directories are made in memory, if the host has room there."""
    before = tempfile.tempdir
    tempfile.tempdir = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    try:
        yield
    finally:
        tempfile.tempdir = before


def _on(loop: str, workload: Workload, count: int, rounds: int) -> Iterator[Comparison]:
    alone, whole = f"{count} {workload}: sandbox alone", f"{count} {workload}: engine"
    figures = in_turns(
        {
            alone: partial(on_loop, loop, partial(through_sandbox, workload), count),
            FLOOR: partial(on_loop, "asyncio", partial(by_hand, workload), count),
            whole: partial(on_loop, loop, partial(through_engine, workload, "view"), count),
            PLAIN: partial(on_loop, loop, partial(through_engine, workload, "none"), count),
        },
        rounds,
    )
    for ours, theirs, target in (
        (alone, FLOOR, BESIDE_FLOOR),
        (whole, FLOOR, BESIDE_FLOOR),
        (whole, PLAIN, None),
    ):
        yield Comparison(
            workload="W15",
            what=ours,
            loop=loop,
            beside=theirs,
            unit="ms per pod",
            target=target,
            ours=figures[ours],
            theirs=figures[theirs],
        )


async def by_hand(workload: Workload, count: int) -> float:
    """Milliseconds per process; the loop that has made the command line stands still meanwhile."""
    async with _executor() as executor, executor.open_pod(workload.context()) as sandbox:
        place = await sandbox.surroundings.prepared(workload.plan())
        try:
            launch = place.launch()
            command = _spelt_out(launch.command.argv)
            launch.give_up()
            return _spawned(command, count)
        finally:
            place.close()


async def through_sandbox(workload: Workload, count: int) -> float:
    """Milliseconds per pod."""
    async with _executor() as executor:
        numbers = iter(range(count))

        async def work() -> None:
            for _ in numbers:
                async with executor.open_pod(workload.context()) as sandbox:
                    await _run(sandbox, workload)

        return await _in_flight(work, count)


async def through_engine(workload: Workload, level: Level, count: int) -> float:
    """Milliseconds per pod."""
    documents = [*(workload.manifest(number, level) for number in range(count)), *_OBJECTS]
    loaded = seedpod.load("\n---\n".join(map(json.dumps, documents)))
    links = [workload.directory / "links"] if level == "none" else []
    executor = SubprocessExecutor(isolation=level, link_mounts_under=links)
    objects: list[ConfigMap | Secret] = [*loaded.config_maps, *loaded.secrets]
    async with seedpod.Engine(executor, objects=objects) as engine:
        pods = iter(loaded)

        async def work() -> None:
            for pod in pods:
                status = await engine.start_soon(pod).wait()
                if status.phase is not Phase.SUCCEEDED:
                    raise RuntimeError(f"{pod.metadata.name} did not succeed: {status}")

        return await _in_flight(work, count)


@asynccontextmanager
async def _executor() -> AsyncGenerator[SubprocessExecutor]:
    executor = SubprocessExecutor(isolation="view")
    async with executor.open():
        yield executor


async def _run(sandbox: ProcessSandbox, workload: Workload) -> None:
    async with sandbox.start(workload.plan()) as attempt:
        termination = await attempt.wait()
        if termination.exit_code:
            raise RuntimeError(f"{TRUE} did not succeed: {termination}")


async def _in_flight(work: Callable[[], Coroutine[None, None, None]], count: int) -> float:
    """Milliseconds for each of *count*: *work* in as many tasks takes from a common supply."""
    began = time.perf_counter()
    async with anyio.create_task_group() as group:
        for _ in range(IN_FLIGHT):
            group.start_soon(work)
    return (time.perf_counter() - began) / count * 1000


def _spelt_out(argv: Sequence[str]) -> tuple[str, ...]:
    """The command line *argv*, with what is in its file of arguments, and without descriptors."""
    program, _, arguments, _, _, *command = argv
    words = os.fsdecode(os.pread(int(arguments), 1 << 20, 0)).split("\0")[:-1]
    return (program, *words, *command)


def _spawned(command: Sequence[str], count: int) -> float:
    """Milliseconds per process, with as many in flight; whichever ends first makes room."""
    processes: dict[int, subprocess.Popen[bytes]] = {}
    started = 0
    began = time.perf_counter()
    while started < count or processes:
        while started < count and len(processes) < IN_FLIGHT:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env={}, cwd="/")
            processes[process.pid] = process
            started += 1
        pid, status = os.wait()
        process = processes.pop(pid)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{command[0]} did not succeed: {process.returncode}")
    return (time.perf_counter() - began) / count * 1000
