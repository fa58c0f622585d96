"""The subprocess executor itself: its options, and the blocks it hands out."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from logging import getLogger
from pathlib import Path
from typing import Final, Literal, TypeAlias

import anyio

from seedpod._core.hostname import hostname
from seedpod.abc import CanExec, PodContext
from seedpod.errors import ExecutorError, Problem
from seedpod.executors.subprocess._attempt import Attempt
from seedpod.executors.subprocess._dispatcher import Dispatcher
from seedpod.executors.subprocess._limits import Demand, LimitRules
from seedpod.executors.subprocess._links import LinkRules, PodLinks
from seedpod.executors.subprocess._place import HostSurroundings, Surroundings
from seedpod.executors.subprocess._review import review
from seedpod.executors.subprocess._sandbox import ProcessSandbox
from seedpod.executors.subprocess._user import user_of_host
from seedpod.executors.subprocess._view.bubblewrap import Bubblewrap, found_bubblewrap
from seedpod.guard import GUARD
from seedpod.spec import Pod

Isolation: TypeAlias = Literal["none", "view"]
_LOG: Final = getLogger("seedpod.executors.subprocess")
_FAREWELL: Final = 10.0
"""Seconds the end of the guard may take: twice its own bound."""


class SubprocessExecutor:
    """Runs each container as processes of the host, with no daemon.

    At the level `view` bubblewrap gives each container files and processes of its own: its image's
    files or the host's, read-only; its volumes at their places; a private /tmp, /run, /proc and
    /dev. An image on disk is named by `dir:/srv/alpine`, `oci:/srv/images:alpine` or
    `oci-archive:/srv/alpine.tar`; any other name means the host's files.

    At the level `none` a container is a plain process, and `image` is not looked at: where a
    container would get something from its image it gets the host's. Its environment is the host's
    as it was when the executor was opened, then `HOSTNAME`, then what the manifest says. Its
    working directory is the host's unless `workingDir` is set.

    All containers share the host's network, unless pods have their own. Each leads a session and a
    process group of its own. An attempt has ended when the group is empty: what a container leaves
    behind in its group is killed; in a view, wherever it has gone. When the host dies, by any
    means, a guard process kills what is left.

    Args:
        isolation: `none` or `view`; None: `view` where bubblewrap works, unless there is something
            in `link_mounts_under`.
        network: `host`, or `private`: each pod has a loopback of its own, which its containers
            share, and nothing else (unless it asks for the host's). It takes views.
        link_mounts_under: Directories below which volumes may appear at the level `none`, as
            symbolic links to where they really are. Without any, a pod may only mount a hostPath at
            its own path.
        limits: What happens to a pod with `resources.limits` that cannot be enforced, for want of
            cgroups: it is refused (`require`), or what cannot be enforced is let go, which is said
            once (`best-effort`).
        pids_limit: How many processes and threads each pod may have at a time.
        image_store: Where images are unpacked; None: in the user's cache.
        seccomp_profiles: The directory of profiles of the type `Localhost`; None: the kubelet's.

    Raises:
        ValueError: A directory of `link_mounts_under` does not exist, or is given although there
            are views.
        ExecutorError: A view is asked for, and bubblewrap does not work here.
    """

    name = "subprocess"
    workload_powers = frozenset({CanExec})

    def __init__(  # noqa: PLR0913 (an executor's choices, each with a default)
        self,
        *,
        isolation: Isolation | None = None,
        network: Literal["host", "private"] = "host",
        link_mounts_under: Sequence[str | Path] = (),
        image_store: str | Path | None = None,
        seccomp_profiles: str | Path | None = None,
        limits: Demand = "require",
        pids_limit: int | None = None,
    ) -> None:
        if limits not in {"require", "best-effort"}:
            raise ValueError(f"limits: {limits!r}: must be 'require' or 'best-effort'")
        if pids_limit is not None and pids_limit < 1:
            raise ValueError(f"pids_limit: {pids_limit!r}: must be at least 1")
        self._rules = LinkRules.below(link_mounts_under)
        self._bubblewrap = _chosen(isolation, has_links=bool(link_mounts_under))
        if network not in {"host", "private"}:
            raise ValueError(f"network: {network!r}: must be 'host' or 'private'")
        if network == "private" and self._bubblewrap is None:
            raise ValueError("network: 'private' takes isolation 'view'")
        self._network_kind = network
        self._image_store = None if image_store is None else Path(image_store)
        self._seccomp_profiles = None if seccomp_profiles is None else Path(seccomp_profiles)
        self._limits = LimitRules(demand=limits, pids_limit=pids_limit)
        self._dispatcher: Dispatcher | None = None
        self._env: Mapping[str, str] = {}
        self._guarded: set[Path] = set()
        self._user = user_of_host()
        self._stdin = -1

    def __repr__(self) -> str:
        state = "closed" if self._dispatcher is None else repr(self._dispatcher)
        return f"<SubprocessExecutor {state}>"

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """A block inside which pods can be opened.

        Cancellation: containers that still run are killed by the blocks they run in; this one is
        left when they are.

        Raises:
            ExecutorError: It is open already.
        """
        if self._dispatcher is not None:
            raise ExecutorError(self.name, "is open already: each engine needs one of its own")
        if not sys.executable:
            raise ExecutorError(self.name, "needs sys.executable, to start its guard with")
        self._env = dict(os.environ)
        self._user = user_of_host()
        self._stdin = os.open(os.devnull, os.O_RDONLY)
        self._dispatcher = dispatcher = Dispatcher(_forget)
        GUARD.acquire()
        try:
            async with anyio.create_task_group() as group:
                with anyio.CancelScope(shield=True):  # what nobody could stop yet is not cancelled
                    await group.start(dispatcher.run)
                try:
                    yield
                finally:
                    dispatcher.stop()
        finally:
            os.close(self._stdin)
            self._dispatcher = None
            with anyio.move_on_after(_FAREWELL, shield=True):
                await GUARD.release()

    @asynccontextmanager
    async def open_pod(self, pod: PodContext) -> AsyncGenerator[ProcessSandbox]:
        """A block inside which containers of *pod* can be started.

        Cancellation: there is no point at which it could be cancelled.

        Raises:
            ExecutorError: The executor is not open.
        """
        if self._dispatcher is None:
            raise ExecutorError(self.name, "is not open: enter its 'open()' block first")
        new = [each for each in pod.directories if each not in self._guarded]
        for directory in new:
            self.remove_if_orphaned(directory)
        try:
            with self._surroundings(pod) as surroundings:
                sandbox = ProcessSandbox(
                    pod=f"{pod.pod.metadata.namespace}/{pod.pod.metadata.name}",
                    surroundings=surroundings,
                    stdin=self._stdin,
                    dispatcher=self._dispatcher,
                    guard=GUARD,
                )
                async with (
                    self._limits.group_of(pod.pod, pod.uid, GUARD) as sandbox.group,
                    self._network(pod, sandbox),
                ):
                    yield sandbox
        finally:
            for directory in new:
                self.keep(directory)

    @contextmanager
    def _surroundings(self, pod: PodContext) -> Generator[Surroundings]:
        env = {**self._env, "HOSTNAME": hostname(pod.pod)}
        if self._bubblewrap is None:
            links = PodLinks(self._rules, GUARD)
            try:
                yield HostSurroundings(env, self._user, links)
            finally:
                links.remove()
            return
        # Much to import, for a level that may not be used.
        from seedpod.executors.subprocess._view.surroundings import ViewSettings, view_of  # noqa: PLC0415

        settings = ViewSettings(
            bubblewrap=self._bubblewrap,
            image_store=self._image_store,
            seccomp_profiles=self._seccomp_profiles,
            host_env=env,
        )
        with view_of(pod, settings, GUARD) as view:
            yield view

    @asynccontextmanager
    async def _network(self, pod: PodContext, sandbox: ProcessSandbox) -> AsyncGenerator[None]:
        """A block inside which the pod has the network it should have."""
        is_private = self._network_kind == "private" and not pod.pod.spec.host_network
        if self._bubblewrap is None or not is_private:
            yield
            return
        from seedpod.executors.subprocess._view.network import Holder, entrance  # noqa: PLC0415 (few)

        async with sandbox.running(Holder(self._bubblewrap)) as holder:
            sandbox.surroundings.entrance = await entrance(holder, self._bubblewrap)
            yield

    def remove_if_orphaned(self, directory: Path) -> None:
        """*directory* is about to be made; to be removed, with all in it, if the host dies."""
        GUARD.add_tree(str(directory))
        self._guarded.add(directory)

    def keep(self, directory: Path) -> None:
        """*directory* is gone, or somebody else's now."""
        self._guarded.discard(directory)
        GUARD.forget(str(directory))

    def can_show(self, mount_path: str) -> bool:
        """Whether a file can be shown at this path: in a view anywhere, else where a link can."""
        return self._bubblewrap is not None or self._rules.may_hold(mount_path)

    def review(self, pod: Pod) -> Sequence[Problem]:
        """Every field of *pod* this executor would have to ignore."""
        limits = self._limits.review(pod)
        if self._bubblewrap is None:
            return (*review(pod, self._rules), *limits)
        from seedpod.executors.subprocess._view.review import review_view  # noqa: PLC0415 (as above)

        has_own_network = self._network_kind == "private" and not pod.spec.host_network
        found = review_view(pod, self._bubblewrap, has_own_network=has_own_network)
        return (*found, *limits)


def _chosen(isolation: Isolation | None, *, has_links: bool) -> Bubblewrap | None:
    """What makes views; None: there are none."""
    if isolation not in {None, "none", "view"}:
        raise ValueError(f"isolation: {isolation!r}: must be 'none' or 'view'")
    if isolation == "view" and has_links:
        raise ValueError("link_mounts_under: has no use at isolation 'view', which mounts volumes")
    if isolation == "none" or has_links:
        return None
    found = found_bubblewrap()
    if isinstance(found, Bubblewrap):
        return found
    if isolation == "view":
        raise ExecutorError("subprocess", f"isolation 'view': {found}")
    _say_once(found)
    return None


@cache
def _say_once(why: str) -> None:
    _LOG.warning("containers are plain processes of the host (isolation 'none'): %s", why)


def _forget(attempt: Attempt) -> None:
    GUARD.drop(attempt.identity)
