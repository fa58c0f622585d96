"""A pod by hand: the calls of the Engine API that the executor makes for it, and nothing else.

They go through the same HTTP client, with the same bodies, one after another. There is no engine
and no sandbox around them: no pod is taken on, nobody records events, and nothing is kept but ids.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, Final
from uuid import uuid4

import anyio
import attrs

from seedpod.abc import ContainerKind, ContainerPlan, Mount
from seedpod.spec import Pod
from seedpod_docker._address import find_address
from seedpod_docker._api import Api, Raw
from seedpod_docker._connection import Connection
from seedpod_docker._container_config import Surroundings, container_config
from seedpod_docker._images import Images
from seedpod_docker._labels import POD_UID, PodLabels
from seedpod_docker._lookup import labelled
from seedpod_docker._owner import this_process
from seedpod_docker._pause import pause_image
from seedpod_docker._pod_config import pod_config
from seedpod_docker._removal import remove
from seedpod_docker._settings import Choices, EngineFacts
from seedpod_docker._watch import Watch

_OUTPUT: Final = {"stream": "1", "stdout": "1", "stderr": "1"}
_LAST_WORDS: Final = "/dev/termination-log"


@attrs.frozen
class Running:
    """A container that has started."""

    id: str
    output: Raw
    ended: anyio.Event
    """Set when the engine has told that it may have ended."""


@attrs.frozen
class ByHand:
    """An open connection over which pods of one container are made."""

    connection: Connection
    watch: Watch
    images: Images
    """Looked at as seldom as through the engine."""
    last_words: Path
    """The file that containers have in place of the one the engine would make for each."""

    @classmethod
    @asynccontextmanager
    async def connected(cls, url: str, last_words: Path) -> AsyncGenerator[ByHand]:
        """A block inside which pods can be made; the image of sandboxes must be there already."""
        async with Api.connected(find_address({}, url)) as api:
            info = await api.call("GET", "/info")
            facts = EngineFacts.of(info, is_podman=api.is_podman, version=api.version)
            connection = Connection(api, facts, Choices(), str(this_process()))
            watch = Watch(connection)
            async with anyio.create_task_group() as group:
                group.start_soon(watch.run)
                yield cls(connection, watch, Images(connection), last_words)
                group.cancel_scope.cancel()

    @asynccontextmanager
    async def started(self, pod: Pod) -> AsyncGenerator[Running]:
        """A block that is entered when the container has started; then the pod is removed."""
        labels = PodLabels(
            pod=pod,
            uid=str(uuid4()),
            owner=self.connection.owner,
            is_kept=False,
            incarnation=token_hex(8),
            sandbox_attempt=0,
        )
        sandbox = await self._sandbox(labels)
        async with self._container(labels, sandbox) as running:
            yield running
        await remove(self._api, running.id)
        await remove(self._api, sandbox)
        await labelled(self._api, f"{POD_UID}={labels.uid}")

    async def run(self, pod: Pod) -> int:
        """Run a pod to its end and remove it; returns the exit code of its container."""
        async with self.started(pod) as running:
            while await running.output.read():
                pass
            await running.ended.wait()
            known = await self._api.call("GET", f"/containers/{running.id}/json")
        return int(known["State"]["ExitCode"])

    @property
    def _api(self) -> Api:
        return self.connection.api

    async def _sandbox(self, labels: PodLabels) -> str:
        image = pause_image(self.connection.facts.architecture).reference
        config = pod_config(labels.pod, labels, image, self.connection.choices)
        made = await self._made(labels.name_of_pod(), config)
        await self._api.call("POST", f"/containers/{made}/start")
        await self._api.call("GET", f"/containers/{made}/json")
        return made

    @asynccontextmanager
    async def _container(self, labels: PodLabels, sandbox: str) -> AsyncGenerator[Running]:
        plan = self._plan(labels.pod)
        around = Surroundings(
            pod=labels.pod,
            labels=labels,
            sandbox_id=sandbox,
            choices=self.connection.choices,
            facts=self.connection.facts,
        )
        await self.images.has(plan.spec.image)
        made = await self._made(labels.name_of(plan), container_config(plan, around))
        ended = anyio.Event()
        self.watch.listen(made, ended.set)
        path = f"/containers/{made}"
        async with self._api.raw("POST", f"{path}/attach", _OUTPUT) as output:
            await self._api.call("POST", f"{path}/start")
            yield Running(made, output, ended)
        self.watch.forget(made)

    def _plan(self, pod: Pod) -> ContainerPlan:
        (spec,) = pod.spec.containers
        return ContainerPlan(
            name=spec.name,
            kind=ContainerKind.APP,
            spec=spec,
            attempt=0,
            container_id=token_hex(8),
            command=spec.command,
            args=spec.args,
            env={},
            mounts=(Mount(source=self.last_words, mount_path=_LAST_WORDS, volume=""),),
            write=lambda _stream, _data, _time=None: None,
        )

    async def _made(self, name: str, config: dict[str, Any]) -> str:
        made = await self._api.call("POST", "/containers/create", {"name": name}, config)
        return str(made["Id"])
