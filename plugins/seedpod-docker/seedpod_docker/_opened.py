"""What an executor has while it is open: a connection, a watch, and the making of sandboxes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from secrets import token_hex
from typing import Any, Final

import attrs
from anyio import CancelScope, Lock, move_on_after
from anyio.abc import TaskGroup

from seedpod.abc import ImagePull, PodContext
from seedpod.errors import ExecutorError, PullError
from seedpod_docker._api import Api, ApiError, EngineError, in_path
from seedpod_docker._connection import NAME, Connection
from seedpod_docker._container_config import Surroundings
from seedpod_docker._found import Left, addresses_of, left_of
from seedpod_docker._images import Images
from seedpod_docker._labels import PodLabels
from seedpod_docker._pause import pause_image
from seedpod_docker._pod_config import pod_config
from seedpod_docker._removal import remove
from seedpod_docker._sandbox import DockerSandbox, make
from seedpod_docker._watch import Watch

_REMOVING: Final = 10.0
"""Seconds that removing a sandbox may take that could not be started."""


@attrs.define(eq=False)
class Opened:
    """What an executor has while it is open."""

    connection: Connection
    group: TaskGroup
    watch: Watch = attrs.field(init=False)
    images: Images = attrs.field(init=False)
    _sandbox_image: str = ""
    _making: Lock = attrs.field(factory=Lock)

    def __attrs_post_init__(self) -> None:
        self.watch = Watch(self.connection)
        self.images = Images(self.connection)

    async def listen(self, scope: CancelScope) -> None:
        """Listen to the engine until *scope* is cancelled."""
        with scope:
            scope.shield = True  # containers that end after a cancellation are waited for
            await self.watch.run()

    async def sandbox(self, pod: PodContext) -> DockerSandbox:
        """The sandbox of *pod*: a new one, or what was found of it.

        Raises:
            ExecutorError: It cannot be made.
        """
        try:
            if pod.found is not None:
                return await self._adopted(pod)
            return await self._made(pod)
        except EngineError as error:
            raise ExecutorError(NAME, str(error)) from error
        except PullError as error:
            raise ExecutorError(NAME, error.message) from error

    async def _adopted(self, pod: PodContext) -> DockerSandbox:
        left = await left_of(self.connection.api, pod.uid)
        sandbox = next((each for each in left if not each.name), None)
        if sandbox is None:
            raise ExecutorError(NAME, "the sandbox that was found is gone")
        labels = self._labels(pod, sandbox)
        return self._sandbox(labels, sandbox.id, sandbox.known)

    async def _made(self, pod: PodContext) -> DockerSandbox:
        labels = self._labels(pod, None)
        image = await self._image()
        connection = self.connection
        config = pod_config(pod.pod, labels, image, connection.choices)
        made = await make(connection, labels.name_of_pod(), config)
        try:
            await connection.api.call("POST", f"/containers/{made}/start")
            known = await connection.api.call("GET", f"/containers/{made}/json")
        except BaseException:
            with CancelScope(shield=True), move_on_after(_REMOVING):
                await remove(connection.api, made)
            raise
        return self._sandbox(labels, made, known)

    def _labels(self, pod: PodContext, found: Left | None) -> PodLabels:
        return PodLabels(
            pod=pod.pod,
            uid=pod.uid,
            owner=self.connection.owner,
            is_kept=self.connection.choices.is_kept,
            incarnation=token_hex(8) if found is None else found.incarnation,
            sandbox_attempt=pod.sandbox_attempt,
        )

    def _sandbox(self, labels: PodLabels, container_id: str, known: Any) -> DockerSandbox:  # noqa: ANN401 (JSON)
        connection = self.connection
        around = Surroundings(
            pod=labels.pod,
            labels=labels,
            sandbox_id=container_id,
            choices=connection.choices,
            facts=connection.facts,
        )
        addresses = addresses_of(known)
        if labels.pod.spec.host_network or not addresses:
            addresses = connection.facts.host_addresses
        sandbox = DockerSandbox(
            connection=connection,
            watch=self.watch,
            group=self.group,
            around=around,
            images=self.images.facts,
            killer="" if connection.choices.sandbox_image else self._sandbox_image,
            addresses=addresses,
        )
        sandbox.watch_over()
        return sandbox

    async def _image(self) -> str:
        """The image of sandboxes, made or fetched if it is not there."""
        async with self._making:
            if not self._sandbox_image:
                self._sandbox_image = await self._provided()
        return self._sandbox_image

    async def _provided(self) -> str:
        chosen = self.connection.choices.sandbox_image
        if chosen:
            if not await self.images.has(chosen):
                await self.images.pull(ImagePull(image=chosen))
            return chosen
        own = pause_image(self.connection.facts.architecture)
        if not await self.images.has(own.reference):
            await import_image(self.connection.api, own.reference, own.tar, own.entrypoint)
        return own.reference


async def import_image(api: Api, reference: str, tar: bytes, entrypoint: Sequence[str]) -> None:
    """Make an image of files, and name it *reference*.

    Cancellation: it may or may not be there.

    Raises:
        ApiError: The engine refuses.
        UnreachableError: It does not answer.
    """
    name, _, tag = reference.rpartition(":")
    query = {
        "fromSrc": "-",
        "repo": name,
        "tag": tag,
        "changes": f"ENTRYPOINT {json.dumps(list(entrypoint))}",
    }
    headers = {"Content-Type": "application/x-tar"}
    made = ""
    async with api.streaming("POST", "/images/create", query, tar, headers) as told:
        async for line in told:
            if line.get("error"):
                raise ApiError(500, str(line["error"]))
            made = line.get("status") or made
    # Podman does not heed the tag: it calls whatever it imports the latest.
    await api.call("POST", f"/images/{in_path(made)}/tag", {"repo": name, "tag": tag})
