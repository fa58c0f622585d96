"""The docker executor itself: its options, and the blocks it hands out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Final, Literal

import attrs
from anyio import CancelScope, create_task_group, move_on_after

from seedpod.abc import CanExec, ImagePull, Leftover, PodContext
from seedpod.errors import ExecutorError, Problem
from seedpod.guard import GUARD
from seedpod.spec import Pod
from seedpod.status import FoundPod
from seedpod_docker._address import Address, find_address
from seedpod_docker._api import NEWEST, Api, ApiError, EngineError
from seedpod_docker._claim import ClaimedError, claim, is_claimed
from seedpod_docker._connection import LOG, NAME, Connection
from seedpod_docker._found import found_pod, left_of
from seedpod_docker._json import table_in, tables_in, text_in
from seedpod_docker._labels import POD_UID
from seedpod_docker._lookup import labelled
from seedpod_docker._opened import Opened
from seedpod_docker._owner import this_process
from seedpod_docker._removal import remove_pods
from seedpod_docker._review import review
from seedpod_docker._sandbox import DockerSandbox
from seedpod_docker._settings import SECCOMP_PROFILES, Choices, EngineFacts
from seedpod_docker._sweep import abandoned

_ORPHANS: Final = Path(__file__).with_name("_orphans.py")
_FAREWELL: Final = 10.0
"""Seconds the end of the guard may take."""
_LOOPBACK: Final = "127.0.0.1"


class DockerExecutor:
    """Runs each container as a container of a Docker Engine, or of Podman behind its socket.

    A pod is a container that holds the namespaces, made from an image of a few hundred bytes that
    is made on the spot, and one container for each attempt, which joins it: they share network and
    host name, shared memory, and processes if the manifest says so. Volumes are bind mounts of what
    the engine has prepared on this machine.

    Everything made is labelled with its pod and its owner, this process. When the process dies, by
    any means, a guard process has the containers removed; with `keep="pods"` they run on, and the
    next engine that is given a pod of the same uid goes on with them.

    Args:
        host: Where the engine is, as in `DOCKER_HOST`; empty: as the `docker` command finds it.
        keep: What outlives the host process: `none`, or `pods`. Give `Engine` a `directory` with
            the latter, so that volumes are found again.
        bridge: The network of the engine that pods are attached to, by its name.
        init: Whether each container gets the engine's own init process, which reaps and passes on
            signals. Without it a program that is process 1 has no default action for signals: a
            shell that does not trap SIGTERM is killed at the end of the grace period.
        sandbox_image: The image of the container that holds the namespaces; empty: our own.
        pids_limit: How many processes and threads each container may have at a time.
        seccomp_profiles: The directory of profiles of the type `Localhost`; None: the kubelet's.

    Raises:
        ExecutorError: It is not known where the engine is.
        ValueError: An option has no such value.
    """

    name = NAME
    workload_powers = frozenset({CanExec})

    def __init__(  # noqa: PLR0913 (an executor's choices, each with a default)
        self,
        *,
        host: str = "",
        keep: Literal["none", "pods"] = "none",
        bridge: str = "bridge",
        init: bool = False,
        sandbox_image: str = "",
        pids_limit: int | None = None,
        seccomp_profiles: str | Path | None = None,
    ) -> None:
        if keep not in {"none", "pods"}:
            raise ValueError(f"keep: {keep!r}: must be 'none' or 'pods'")
        if pids_limit is not None and pids_limit < 1:
            raise ValueError(f"pids_limit: {pids_limit!r}: must be at least 1")
        self._address: Address = find_address(os.environ, host)
        self._choices = Choices(
            network=bridge,
            has_init=init,
            pids_limit=pids_limit,
            seccomp_profiles=Path(seccomp_profiles or SECCOMP_PROFILES),
            is_kept=keep == "pods",
            sandbox_image=sandbox_image,
        )
        self._open: Opened | None = None

    def __repr__(self) -> str:
        state = "closed" if self._open is None else "open"
        return f"<DockerExecutor at {self._address.title}: {state}>"

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """A block inside which pods can be opened.

        What dead processes have left at the engine is removed first, unless it was to be kept.

        Cancellation: containers that still run are ended by the blocks they run in; this one is
        left when they are.

        Raises:
            ExecutorError: It is open already, or the engine cannot be used.
        """
        if self._open is not None:
            raise ExecutorError(NAME, "is open already: each engine needs one of its own")
        if not sys.executable:
            raise ExecutorError(NAME, "needs sys.executable, to start its guard with")
        GUARD.acquire()
        try:
            async with self._connected() as connection:
                await _sweep_quietly(connection.api, self._address.title)
                self._guard(connection.owner)
                async with create_task_group() as group:
                    self._open = Opened(connection, group)
                    listening = CancelScope()
                    group.start_soon(self._open.listen, listening)
                    try:
                        yield
                    finally:
                        listening.cancel()
        finally:
            self._open = None
            GUARD.forget(self._guarded)
            with move_on_after(_FAREWELL, shield=True):
                await GUARD.release()

    @asynccontextmanager
    async def open_pod(self, pod: PodContext) -> AsyncGenerator[DockerSandbox]:
        """A block inside which containers of *pod* can be started.

        Cancellation: all that was made for the pod is removed.

        Raises:
            ExecutorError: The executor is not open, the sandbox cannot be made, or another process
                has the pod.
        """
        opened = self._now()
        is_kept = self._choices.is_kept
        try:
            with claim(self._address.title, pod.uid) if is_kept else nullcontext():
                sandbox = await opened.sandbox(pod)
                try:
                    yield sandbox
                finally:
                    await sandbox.close()  # noqa: ASYNC102 (shields itself, within a bound)
        except ClaimedError as error:
            raise ExecutorError(NAME, str(error)) from error

    @property
    def host_addresses(self) -> tuple[str, ...]:
        """Where containers reach this machine."""
        return self._facts.host_addresses

    def can_show(self, mount_path: str) -> bool:  # noqa: ARG002 (anywhere)
        """Whether a file of this machine can be shown in a container."""
        return self._facts.is_local

    def review(self, pod: Pod) -> Sequence[Problem]:
        """Every field of *pod* this executor would have to ignore."""
        return tuple(review(pod, self._facts))

    def remove_if_orphaned(self, directory: Path) -> None:
        """*directory* is about to be made; to be removed, with all in it, if the host dies."""
        if not self._choices.is_kept:
            GUARD.add_tree(str(directory))

    def keep(self, directory: Path) -> None:
        """*directory* is gone, or somebody else's now."""
        if not self._choices.is_kept:
            GUARD.forget(str(directory))

    async def has_image(self, image: str) -> bool:
        """Whether the engine has the image.

        Cancellation: nothing is undone.

        Raises:
            PullError: The engine does not answer, or refuses.
        """
        return await self._now().images.has(image)

    async def pull_image(self, pull: ImagePull) -> int:
        """Have the engine fetch an image, and return its size in bytes.

        The credentials of the pod are tried first, then Docker's own, then none if there are none.

        Cancellation: the engine stops fetching; the image may be there.

        Raises:
            PullError: It cannot be fetched.
        """
        return await self._now().images.pull(pull)

    async def find(self, pod: Pod) -> FoundPod | None:
        """What there is of this life of *pod*; None without `keep="pods"`, or if another has it.

        Cancellation: nothing is undone.

        Raises:
            ExecutorError: The engine refuses.
        """
        if not self._choices.is_kept or self._is_of_another(pod):
            return None
        opened = self._now()
        api, uid = opened.connection.api, pod.metadata.uid
        try:
            left = await opened.connection.insist(lambda: left_of(api, uid))
        except ApiError as error:
            raise ExecutorError(NAME, error.message) from error
        return found_pod(pod, left)

    async def discard(self, pod: Pod) -> None:
        """Kill and remove all there is of this life of *pod*, unless another process has it.

        Cancellation: something may be left.

        Raises:
            ExecutorError: Something could not be removed.
        """
        api = self._now().connection.api
        if self._is_of_another(pod):
            return
        try:
            problem = await remove_pods(api, await labelled(api, f"{POD_UID}={pod.metadata.uid}"))
        except EngineError as error:
            raise ExecutorError(NAME, str(error)) from error
        if problem:
            raise ExecutorError(NAME, problem)

    async def sweep(self, *, kept: bool = False, dry_run: bool = False) -> Sequence[Leftover]:
        """Remove what no living process owns, and return what that was.

        Cancellation: something may be left.

        Raises:
            ExecutorError: The engine does not answer, or something could not be removed.
        """
        try:
            async with Api.connected(self._address) as api:
                found = await abandoned(api, self._address.title)
                chosen = [each for each in found if kept or not each.is_kept]
                problem = (
                    "" if dry_run else await remove_pods(api, [each.listed for each in chosen])
                )
        except EngineError as error:
            raise ExecutorError(NAME, str(error)) from error
        if problem:
            raise ExecutorError(NAME, problem)
        return tuple(each.leftover for each in chosen)

    def _is_of_another(self, pod: Pod) -> bool:
        return self._choices.is_kept and is_claimed(self._address.title, pod.metadata.uid)

    @property
    def _facts(self) -> EngineFacts:
        """What is known of the engine; before it was asked, where it is."""
        if self._open is None:
            is_local = self._address.is_local
            return EngineFacts(version=NEWEST, is_local=is_local, is_reachable=is_local)
        return self._open.connection.facts

    @property
    def _guarded(self) -> str:
        return f"{NAME} {self._address.title} {id(self)}"

    def _now(self) -> Opened:
        if self._open is None:
            raise ExecutorError(NAME, "is not open: enter its 'open()' block first")
        return self._open

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[Connection]:
        async with AsyncExitStack() as stack:
            try:
                api = await stack.enter_async_context(Api.connected(self._address))
            except EngineError as error:
                raise ExecutorError(NAME, str(error)) from error
            facts = await self._asked(api)
            yield Connection(api, facts, self._choices, str(this_process()))

    async def _asked(self, api: Api) -> EngineFacts:
        """What the engine says of itself."""
        try:
            info = await api.call("GET", "/info")
            facts = EngineFacts.of(info, is_podman=api.is_podman, version=api.version)
            addresses = await _gateways(api, self._choices.network)
        except EngineError as error:
            raise ExecutorError(NAME, str(error)) from error
        is_local = self._address.is_local
        return attrs.evolve(
            facts,
            is_local=is_local,
            is_reachable=is_local and facts.is_reachable,
            host_addresses=addresses or (_LOOPBACK,),
        )

    def _guard(self, owner: str) -> None:
        """Have the containers removed if this process dies."""
        if self._choices.is_kept:
            return
        address = json.dumps(attrs.asdict(self._address), default=str)
        program = [sys.executable, "-I", "-S", str(_ORPHANS), address, owner]
        GUARD.add_command(self._guarded, program)


async def _gateways(api: Api, network: str) -> tuple[str, ...]:
    """The addresses of this machine in a network of the engine."""
    name = "podman" if api.is_podman and network == "bridge" else network
    try:
        known = await api.call("GET", f"/networks/{name}")
    except ApiError as error:
        LOG.debug("network %s: %s", name, error)
        return ()
    configs = tables_in(table_in(known, "IPAM"), "Config")
    return tuple(filter(None, (text_in(each, "Gateway") for each in configs)))


async def _sweep_quietly(api: Api, title: str) -> None:
    """Remove what dead processes have left; whatever keeps us from it is no reason not to begin."""
    try:
        found = [each for each in await abandoned(api, title) if not each.is_kept]
        for each in found:
            LOG.info("removing %s, left by %s", each.leftover.name, each.leftover.owner)
        problem = await remove_pods(api, [each.listed for each in found])
    except EngineError as error:
        problem = str(error)
    if problem:
        LOG.warning("what dead processes have left is not removed: %s", problem)
