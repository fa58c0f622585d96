"""Running small pods on an engine, and seeing what came of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import anyio
import attrs

import seedpod
from seedpod.abc import Executor
from seedpod.errors import SpecError
from seedpod.events import ContainerWaiting, Event
from seedpod.spec import ConfigMap, Secret
from seedpod.status import ContainerStatus, PodStatus, Terminated, Waiting
from seedpod_docker import DockerExecutor
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.images import SMALL

T = TypeVar("T")
Fields = Mapping[str, Any]
Story = Callable[[seedpod.RunningPod], Awaitable[T]]
BOUND: Final = 60.0
"""Seconds for one pod: a net, not a measure."""
IDLE: Final = "trap 'exit 0' TERM; sleep 1000 & wait"
"""A script that does nothing until it is asked to end."""
QUICK: Final = seedpod.Backoff(initial_seconds=0.05, cap_seconds=0.05)


@attrs.frozen
class Ended:
    """A pod that has ended."""

    status: PodStatus
    log: Sequence[seedpod.LogLine]
    """What its containers wrote, in the order it was read."""
    events: Sequence[Event]

    def lines_of(self, name: str) -> list[str]:
        """The lines one container wrote, to either stream."""
        return [each.text.decode() for each in self.log if each.container == name]

    @property
    def lines(self) -> list[str]:
        """Those of the container `main`."""
        return self.lines_of("main")

    def status_of(self, name: str = "main") -> ContainerStatus:
        """The last status of one container."""
        return status_of(self.status, name)

    def end_of(self, name: str = "main") -> Terminated:
        """How one container ended."""
        state = self.status_of(name).state
        assert isinstance(state, Terminated), state
        return state


def container(script: str = "", *, name: str = "main", **fields: Any) -> dict[str, Any]:
    """A container, in the words of a manifest, that runs *script*."""
    command = {"command": ["sh", "-c", script]} if script else {}
    return {"name": name, "image": SMALL.reference, **command, **fields}


def manifest(*containers: Fields, **spec: Any) -> dict[str, Any]:
    """A pod of *containers* that runs once."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"restartPolicy": "Never", "containers": list(containers), **spec},
    }


def ran(
    engine: Engine, *containers: Fields, objects: Sequence[Fields] = (), **options: Any
) -> Ended:
    """Run a pod of *containers* to its end.

    Args:
        engine: Where.
        containers: In the words of a manifest.
        objects: ConfigMaps and Secrets, in the words of a manifest.
        options: Those of `told`, or fields of the pod's `spec`.
    """
    return told(engine, to_the_end, *containers, objects=objects, **options)


def told(
    engine: Engine | None,
    story: Story[T],
    *containers: Fields,
    objects: Sequence[Fields] = (),
    backend: str = "asyncio",
    **options: Any,
) -> T:
    """What *story*, which is given a running pod of *containers*, returns; then it is stopped.

    Args:
        engine: Where; None with an `executor` of its own among the options.
        story: What happens.
        containers: In the words of a manifest.
        objects: ConfigMaps and Secrets, in the words of a manifest.
        backend: The event loop.
        options: `executor`, `backoff`, or fields of the pod's `spec`.
    """
    executor: Executor = options.pop("executor", None) or executor_on(engine)
    backoff: seedpod.Backoff = options.pop("backoff", QUICK)
    described = (manifest(*containers, **options), *objects)
    loaded = seedpod.load("\n---\n".join(json.dumps(each) for each in described))
    given: list[ConfigMap | Secret] = [*loaded.config_maps, *loaded.secrets]

    async def main() -> T:
        with anyio.fail_after(BOUND):
            async with seedpod.Engine(
                executor, objects=given, backoff=backoff, cancel_grace_seconds=0.5
            ) as pods:
                running = pods.start_soon(loaded[0])
                outcome = await story(running)
                await running.stop(1)
                return outcome

    return anyio.run(main, backend=backend)


def executor_on(engine: Engine | None, **choices: Any) -> DockerExecutor:
    """The executor whose containers are of *engine*."""
    assert engine is not None
    return DockerExecutor(host=engine.url, **choices)


async def to_the_end(running: seedpod.RunningPod) -> Ended:
    """Wait for the end of a pod."""
    async with running.logs() as lines:
        log = [line async for line in lines]
    async with running.watch() as watched:
        events = [event async for event in watched]
    return Ended(await running.wait(), log, events)


async def stopped(running: seedpod.RunningPod) -> Ended:
    """Stop a pod once it is ready."""
    assert await running.wait_ready(), running.status
    running.stop_soon()
    return await to_the_end(running)


async def has_waited(
    running: seedpod.RunningPod, *reasons: str, name: str = "main"
) -> list[Waiting]:
    """Wait until a container has waited for *reasons*, one after the other; what it said."""
    found: list[Waiting] = []
    async with running.watch() as events:
        async for event in events:
            if not isinstance(event, ContainerWaiting) or event.container != name:
                continue
            if event.reason == reasons[len(found)]:
                found.append(Waiting(event.reason, event.message))
            if len(found) == len(reasons):
                return found
    raise AssertionError(f"it never waited for {reasons[len(found)]}: {running.status}")


async def first_line(running: seedpod.RunningPod, name: str = "main") -> str:
    """The first line a container writes."""
    async with running.logs(name) as lines:
        async for line in lines:
            return line.text.decode()
    raise AssertionError(f"{name} wrote nothing: {running.status}")


def status_of(status: PodStatus, name: str = "main") -> ContainerStatus:
    """The status of one container of a pod."""
    statuses = (*status.init_container_statuses, *status.container_statuses)
    [found] = [each for each in statuses if each.name == name]
    return found


def refused(engine: Engine, *containers: Fields, **options: Any) -> list[str]:
    """What is wrong with a pod, as its submission says."""

    async def story(running: seedpod.RunningPod) -> None:
        raise AssertionError(f"{running} was accepted")

    try:
        told(engine, story, *containers, **options)
    except SpecError as error:
        return [str(each) for each in error.problems]
    raise AssertionError("nothing was refused")
