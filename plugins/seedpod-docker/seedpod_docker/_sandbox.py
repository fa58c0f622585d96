"""The sandbox of one pod: the container that holds its namespaces, and those that join it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import attrs
from anyio import Event, move_on_after
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint_if_cancelled

from seedpod.abc import ContainerPlan
from seedpod.errors import CreateError, StartError
from seedpod.status import FoundContainer
from seedpod_docker._api import ApiError, EngineError, UnreachableError
from seedpod_docker._connection import AWAY, LOG, NAME, Connection
from seedpod_docker._container import DockerContainer
from seedpod_docker._container_config import Surroundings, container_config
from seedpod_docker._description import ImageFacts, described
from seedpod_docker._json import Table, table_in, text_in
from seedpod_docker._labels import OWNER, POD_UID, PodLabels
from seedpod_docker._lookup import inspected, labelled, title_of
from seedpod_docker._owner import Owner
from seedpod_docker._removal import remove, remove_all, remove_pods
from seedpod_docker._watch import Watch

SCHEME: Final = "docker://"
_MAKING: Final = 60.0
"""Seconds making a container may take, which is not cut off in the middle."""
_ENDING: Final = 20.0
"""Seconds that leaving a container's block early may take."""
_LOOKS: Final = 2
"""So often what is left of a pod is removed once more."""
_CLOSING: Final = 60.0
"""Seconds that removing all of a pod may take."""


@attrs.define(eq=False)
class DockerSandbox:
    """A `Sandbox` in which each attempt is a container of the engine."""

    connection: Connection
    watch: Watch
    group: TaskGroup
    """Where containers are read and removed; open longer than any sandbox."""
    around: Surroundings
    images: Mapping[str, ImageFacts]
    """What was found out about images, by name."""
    killer: str
    """An image whose program kills the processes whose numbers it is given; empty: none is."""
    addresses: tuple[str, ...] = ()
    _loss: Event = attrs.field(factory=Event)
    _ended: dict[str, DockerContainer] = attrs.field(factory=dict[str, DockerContainer])
    """Of each container the newest attempt that has ended, if it is kept as a record."""
    _removing: int = 0
    _removed: Event = attrs.field(factory=Event)

    def __repr__(self) -> str:
        metadata = self.around.pod.metadata
        return f"<DockerSandbox of {metadata.namespace}/{metadata.name}: {self.id[:12]}>"

    @property
    def id(self) -> str:
        """Of the container that holds the namespaces."""
        return self.around.sandbox_id

    @property
    def labels(self) -> PodLabels:
        """What everything of it has in common."""
        return self.around.labels

    @property
    def is_lost(self) -> bool:
        """Whether the container that holds the namespaces has ended."""
        return self._loss.is_set()

    async def lost(self) -> None:
        """Wait until it has.

        Cancellation: stops waiting and changes nothing.
        """
        await self._loss.wait()

    @asynccontextmanager
    async def start(self, container: ContainerPlan) -> AsyncGenerator[DockerContainer]:
        """A block inside which one attempt of *container* runs.

        Cancellation: what was made is removed; inside the block it means a kill, and the block is
        left when the container has ended, or after 20 s (5 s if the engine does not answer), which
        is logged as an error.

        Raises:
            CreateError: It cannot be made, or the engine does not answer.
            StartError: It was made and cannot be started.
        """
        await checkpoint_if_cancelled()
        workload = await self._made(container)
        try:
            await self._begin(workload)
            yield workload
        finally:
            await self._put_away(workload)  # noqa: ASYNC102 (shields itself, within a bound)

    @asynccontextmanager
    async def adopt(
        self, container: ContainerPlan, found: FoundContainer
    ) -> AsyncGenerator[DockerContainer]:
        """A block inside which an attempt goes on that ran when it was found.

        Cancellation: as `start`.
        """
        workload = self._workload(found.container_id.removeprefix(SCHEME), container)
        workload.description = attrs.evolve(workload.description, image_id=found.image_id)
        try:
            self.group.start_soon(workload.go_on)
            yield workload
        finally:
            await self._put_away(workload)  # noqa: ASYNC102 (shields itself, within a bound)

    async def look(self) -> None:
        """Find out whether the sandbox is still there.

        Cancellation: nothing was found out.
        """
        api = self.connection.api
        try:
            known = await self.connection.insist(lambda: inspected(api, self.id))
        except ApiError:
            return
        if known is None or not known["State"]["Running"]:
            self._loss.set()

    def watch_over(self) -> None:
        """Begin to notice if the sandbox ends."""
        self.watch.listen(self.id, self._look_soon)

    def _look_soon(self) -> None:
        self.group.start_soon(self.look)

    async def close(self) -> None:
        """Remove everything of the pod, and see that it is gone.

        Cancellation: shielded; takes no longer than 60 s. What is left then is named in the log,
        and is removed when the host process has ended, or by whoever sweeps.
        """
        self.watch.forget(self.id)
        left = "nobody knows what"
        try:
            with move_on_after(self._bound(_CLOSING), shield=True):
                left = await self._remove_all()
        except EngineError as error:
            left = str(error)
        if left:
            LOG.error("%r: left behind: %s", self, left)

    def _bound(self, seconds: float) -> float:
        """How long something may take: not so long if the engine does not answer anyway."""
        return AWAY if self.connection.is_away else seconds

    async def _made(self, plan: ContainerPlan) -> DockerContainer:
        """Have the container of one attempt made."""
        container = described(plan, self.around.pod, self.images)
        try:
            config = container_config(plan, self.around, container.image.user)
            if container.problem:
                reason = "CreateContainerConfigError"
                raise CreateError(NAME, plan.name, container.problem, reason)
            created = await make(self.connection, self.labels.name_of(plan), config)
        except (ValueError, EngineError) as error:
            raise CreateError(NAME, plan.name, str(error)) from error
        return self._workload(created, plan)

    def _workload(self, container_id: str, plan: ContainerPlan) -> DockerContainer:
        spec = self.around.pod.spec
        description = described(plan, self.around.pod, self.images)
        return DockerContainer(
            connection=self.connection,
            watch=self.watch,
            id=container_id,
            plan=plan,
            description=description.of(SCHEME + container_id),
            look_at_sandbox=self.look,
            killer=self.killer,
            init_id=self.id if spec.share_process_namespace else container_id,
        )

    async def _begin(self, workload: DockerContainer) -> None:
        try:
            await self.group.start(workload.run)
            return
        except ApiError as error:
            refusal = error
        except UnreachableError as error:
            raise CreateError(NAME, workload.plan.name, str(error)) from error
        await self.look()
        # If it is lost, that nothing can be started in it is not the container's fault.
        kind = CreateError if self.is_lost else StartError
        raise kind(NAME, workload.plan.name, refusal.message) from refusal

    async def _put_away(self, workload: DockerContainer) -> None:
        """See that it has ended, and remove it, or keep it as the record of its attempt."""
        if not workload.has_ended:
            with move_on_after(self._bound(_ENDING), shield=True):
                await self._end(workload)
            if workload.has_begun and not workload.has_ended:
                LOG.error("%r was killed, and nobody knows whether it has ended", workload)
                workload.give_up()
                return
        if self.around.choices.is_kept and workload.has_begun:
            before = self._ended.get(workload.plan.name)
            self._ended[workload.plan.name] = workload
            if before is None:
                return
            workload = before
        self._removing += 1
        self.group.start_soon(self._remove, workload)

    async def _end(self, workload: DockerContainer) -> None:
        if workload.has_begun:
            await workload.signal("SIGKILL")
            await workload.wait()
            return
        try:
            await self.connection.insist(lambda: remove(self.connection.api, workload.id))
        except ApiError as error:
            LOG.error("%r: %s", workload, error)

    async def _remove(self, workload: DockerContainer) -> None:
        try:
            with move_on_after(_ENDING, shield=True):
                await remove(self.connection.api, workload.id)
        except EngineError as error:
            LOG.info("%r is removed later: %s", workload, error)
        self._removing -= 1
        self._removed.set()

    async def _remove_all(self) -> str:
        """Remove all containers of the pod; returns what is left."""
        while self._removing:
            self._removed = Event()
            await self._removed.wait()
        api = self.connection.api
        await remove_all(api, [each.id for each in self._ended.values()])
        await remove_all(api, [self.id])  # all there is, unless something was found or has failed
        left = await self.connection.insist(self._listed)
        for _ in range(_LOOKS):
            if not left:
                break
            await remove_pods(api, left)
            left = await self.connection.insist(self._listed)
        return ", ".join(title_of(each) for each in left)

    async def _listed(self) -> Sequence[Table]:
        return await labelled(self.connection.api, f"{POD_UID}={self.labels.uid}")


async def make(connection: Connection, name: str, config: Mapping[str, Any]) -> str:
    """Have a container made, and return its id.

    One of the same name that a dead process has left gives way.

    Cancellation: has effect when it was made, and is removed again.

    Raises:
        ApiError: The engine refuses.
        UnreachableError: It does not answer, or not in time.
    """
    container_id = ""
    with move_on_after(_MAKING, shield=True):
        container_id = await _created(connection, name, config)
    if not container_id:
        raise UnreachableError(f"the engine has not made a container within {_MAKING:g} s")
    try:
        await checkpoint_if_cancelled()
    except BaseException:
        with move_on_after(_ENDING, shield=True):
            await connection.insist(lambda: remove(connection.api, container_id))
        raise
    return container_id


async def _created(connection: Connection, name: str, config: Mapping[str, Any]) -> str:
    async def create() -> str:
        query = {"name": name}
        created = await connection.api.call("POST", "/containers/create", query, config)
        return text_in(created, "Id")

    try:
        return await create()
    except ApiError as error:
        if error.status != 409:
            raise
        refusal = error
    if not await _is_abandoned(connection, name):
        raise refusal
    await remove(connection.api, name)
    return await create()


async def _is_abandoned(connection: Connection, name: str) -> bool:
    """Whether the container of this name is nobody's any more.

    It was left by a process that is no more, or by an attempt of ours that came to nothing, and is
    about to be removed.
    """
    known = await inspected(connection.api, name)
    if known is None:
        return True
    labels = table_in(table_in(known, "Config"), "Labels")
    owner = Owner.parse(text_in(labels, OWNER))
    if owner is None:
        return False
    is_ours = str(owner) == connection.owner
    return not known["State"]["Running"] if is_ours else not owner.is_alive
