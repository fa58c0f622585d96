"""A pod on a real engine, told step by step: what happened, waited for by what it is."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import attrs

import seedpod
from seedpod.events import Event
from seedpod.spec import Pod
from seedpod.status import ContainerState, PodStatus
from seedpod_docker import DockerExecutor
from tests.plugins.docker.images import SMALL

BOUND: Final = 90.0
"""Seconds for one story: a net, not a measure."""
STAYS: Final = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
"""A script that runs until it is asked to end."""
QUICK: Final = seedpod.Backoff(initial_seconds=0.2, cap_seconds=0.5)


def container(name: str, script: str, **fields: Any) -> dict[str, Any]:
    """A container, in the words of a manifest, that runs *script* in the small image."""
    command = ["sh", "-c", script]
    return {"name": name, "image": SMALL.reference, "command": command, **fields}


def pod_of(*apps: Mapping[str, Any], uid: str = "", **spec: Any) -> Pod:
    """A pod of these apps."""
    metadata = {"name": "web", **({"uid": uid} if uid else {})}
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    [pod] = seedpod.load(json.dumps({**manifest, "spec": {"containers": list(apps), **spec}}))
    return pod


@attrs.define(eq=False)
class Told:
    """A pod on its way, and all that has happened to it."""

    running: seedpod.RunningPod
    seen: list[Event] = attrs.field(factory=list[Event])
    _news: anyio.Event = attrs.field(factory=anyio.Event)

    def note(self, _: Pod, event: Event) -> None:
        """Take note of an event."""
        self.seen.append(event)
        self._news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds; it is asked after each event."""
        while not holds():
            self._news = anyio.Event()
            await self._news.wait()

    async def happened(self, kind: type[Event], times: int = 1, **fields: object) -> Event:
        """Wait until an event of this kind, with these fields, has happened so often."""

        def found() -> list[Event]:
            return [
                each
                for each in self.seen
                if isinstance(each, kind)
                and all(getattr(each, name) == value for name, value in fields.items())
            ]

        await self.until(lambda: len(found()) >= times)
        return found()[times - 1]

    @property
    def status(self) -> PodStatus:
        """As of now."""
        return self.running.status

    def state(self, name: str) -> ContainerState:
        """Of a container."""
        found = self.status.container(name)
        assert found is not None
        return found.state


@asynccontextmanager
async def living(
    pod: Pod, executor: DockerExecutor, directory: Path | None = None
) -> AsyncGenerator[Told]:
    """A block inside which the pod lives, at most; restarts wait a short while."""
    observers: list[Callable[[Pod, Event], None]] = []
    with anyio.fail_after(BOUND):
        async with seedpod.Engine(
            executor,
            backoff=QUICK,
            observers=[lambda about, event: observers[0](about, event) if observers else None],
            directory=directory,
        ) as engine:
            told = Told(engine.start_soon(pod))
            observers.append(told.note)
            try:
                yield told
            finally:
                told.running.stop_soon(1)
