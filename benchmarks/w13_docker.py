"""W13: what a pod on Docker costs beside the Engine API itself, and beside the Docker Engine.

One pod at a time, from its submission to the start of its only container. The floor is the same
calls of the Engine API, through the same HTTP client, one after another; the removal of what was
made is not counted.

Then pods whose container runs `true`, all at once, to the end: until the last is removed. They
stand beside the same calls made by hand, all at once too; and the processor time of our process,
the opening of the engine left out, stands beside that of dockerd, and beside that of all an engine
is: dockerd, containerd, a shim and a runc or two for each container, and the containers.

The Docker Engine is one of our own: nobody else asks anything of it.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import anyio
import attrs

import seedpod
from benchmarks.comparison import Comparison, Target, in_turns, on_loop
from benchmarks.docker_by_hand import ByHand
from benchmarks.docker_processor_time import CountedEngine, ProcessorTime
from benchmarks.machine import loops
from seedpod.events import ContainerStarted
from seedpod.spec import Pod
from seedpod.status import Phase
from seedpod_docker import DockerExecutor
from tests.plugins.docker.engines import docker_engine, lacking
from tests.plugins.docker.images import SMALL, load_image
from tests.plugins.docker.layers import lacking_programs

BESIDE_FLOOR: Final = Target(what="ratio", bound="at most", limit=1.15)
BESIDE_DAEMON: Final = Target(what="ratio", bound="at most", limit=0.1)
WAITS: Final = ("/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done")
ENDS: Final = ("/bin/true",)
OURS: Final = "engine"
FLOOR: Final = "the same calls by hand"


@attrs.frozen
class Cost:
    """What it took to run several pods at once, for each of them."""

    elapsed: float
    """Milliseconds until the last was removed, by the number of pods."""
    own: float
    """Milliseconds of processor time of this process."""
    docker: ProcessorTime
    """Likewise, of the Docker Engine."""


@attrs.frozen
class Place:
    """Where pods are run."""

    url: str
    counted: CountedEngine
    last_words: Path
    """A file for containers that are made by hand."""


def measure(*, is_quick: bool) -> Iterator[Comparison]:
    """Compare one pod with the floor, and many with the engine that runs them, on each loop."""
    lacks = [*lacking("docker"), *lacking_programs()]
    if lacks:
        print(f"W13 is left out; what is lacking: {', '.join(lacks)}", file=sys.stderr)
        return
    with docker_engine() as engine, tempfile.NamedTemporaryFile() as last_words:
        try:
            counted = CountedEngine.of(engine)
        except OSError as error:
            print(f"W13 is left out; processor time cannot be counted: {error}", file=sys.stderr)
            return
        place = Place(engine.url, counted, Path(last_words.name))
        load_image(engine, SMALL)
        for loop in loops():
            yield _alone(loop, place, *((3, 2) if is_quick else (5, 7)))
            yield from _at_once(loop, place, *((10, 2) if is_quick else (50, 3)))


def _alone(loop: str, place: Place, count: int, rounds: int) -> Comparison:
    figures = in_turns(
        {
            OURS: partial(on_loop, loop, partial(one_through_engine, place), count),
            FLOOR: partial(on_loop, loop, partial(one_by_hand, place), count),
        },
        rounds,
    )
    return Comparison(
        workload="W13",
        what="a pod, submitted to started",
        loop=loop,
        beside=FLOOR,
        unit="ms",
        target=BESIDE_FLOOR,
        ours=figures[OURS],
        theirs=figures[FLOOR],
    )


async def one_through_engine(place: Place, count: int) -> float:
    """Milliseconds from submission to start, the median of *count*."""
    async with seedpod.Engine(DockerExecutor(host=place.url)) as engine:

        async def took(pod: Pod) -> float:
            began = time.perf_counter()
            running = engine.start_soon(pod)
            async with running.watch() as events:
                async for event in events:
                    if isinstance(event, ContainerStarted):
                        break
            ended = time.perf_counter()
            await running.stop(grace_period_seconds=0)
            return ended - began

        return await _median(took, count)


async def one_by_hand(place: Place, count: int) -> float:
    """Milliseconds from the first call to the start, the median of *count*."""
    async with ByHand.connected(place.url, place.last_words) as hand:

        async def took(pod: Pod) -> float:
            began = time.perf_counter()
            async with hand.started(pod):
                return time.perf_counter() - began

        return await _median(took, count)


async def _median(took: Callable[[Pod], Awaitable[float]], count: int) -> float:
    """The median of what *took* finds, in milliseconds; the first pod makes ready, uncounted."""
    _, *figures = [await took(pod) for pod in pods(count + 1, WAITS)]
    return median(figures) * 1000


def _at_once(loop: str, place: Place, count: int, rounds: int) -> Iterator[Comparison]:
    costs = in_turns(
        {
            OURS: partial(on_loop, loop, partial(all_through_engine, place), count),
            FLOOR: partial(on_loop, loop, partial(all_by_hand, place), count),
        },
        rounds,
    )
    ours, theirs = costs[OURS], costs[FLOOR]
    own = tuple(each.own for each in ours)
    daemon = tuple(each.docker.daemon for each in ours)
    docker = tuple(each.docker.engine for each in ours)
    processor = f"{count} pods at once: processor time"
    for what, beside, target, one, other in (
        (
            f"{count} pods at once",
            FLOOR,
            None,
            tuple(each.elapsed for each in ours),
            tuple(each.elapsed for each in theirs),
        ),
        (processor, FLOOR, None, own, tuple(each.own for each in theirs)),
        (processor, "dockerd", BESIDE_DAEMON, own, daemon),
        (processor, "dockerd and what it starts", BESIDE_DAEMON, own, docker),
    ):
        yield Comparison(
            workload="W13",
            what=what,
            loop=loop,
            beside=beside,
            unit="ms per pod",
            target=target,
            ours=one,
            theirs=other,
        )


async def all_through_engine(place: Place, count: int) -> Cost:
    """What *count* pods take that are submitted at once."""
    async with seedpod.Engine(DockerExecutor(host=place.url)) as engine:

        async def run(pod: Pod) -> None:
            status = await engine.start_soon(pod).wait()
            if status.phase is not Phase.SUCCEEDED:
                raise RuntimeError(f"{pod.metadata.name} did not succeed: {status}")

        return await _cost(place.counted, run, pods(count, ENDS))


async def all_by_hand(place: Place, count: int) -> Cost:
    """What *count* pods take that are made by hand at once."""
    async with ByHand.connected(place.url, place.last_words) as hand:

        async def run(pod: Pod) -> None:
            code = await hand.run(pod)
            if code:
                raise RuntimeError(f"{pod.metadata.name} did not succeed: exit code {code}")

        return await _cost(place.counted, run, pods(count, ENDS))


async def _cost(
    counted: CountedEngine, run: Callable[[Pod], Coroutine[None, None, None]], each: Sequence[Pod]
) -> Cost:
    began, own, docker = time.perf_counter(), _own_time(), counted.now()
    async with anyio.create_task_group() as group:
        for pod in each:
            group.start_soon(run, pod)
    elapsed = time.perf_counter() - began
    per_pod = 1000 / len(each)
    return Cost(
        elapsed * per_pod, (_own_time() - own) * per_pod, (counted.now() - docker) * per_pod
    )


def _own_time() -> float:
    """Seconds of processor time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def pods(count: int, command: Sequence[str]) -> Sequence[Pod]:
    """Pods of one container, with all defaults filled in."""
    main = {"name": "main", "image": SMALL.reference, "command": list(command)}
    documents = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"pod-{number}"},
            "spec": {"restartPolicy": "Never", "containers": [main]},
        }
        for number in range(count)
    ]
    return tuple(seedpod.load("\n---\n".join(map(json.dumps, documents))))
