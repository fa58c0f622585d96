"""The subprocess executor itself: its options, and the blocks it hands out."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal

import anyio

from seedpod.abc import CanExec, PodContext
from seedpod.errors import ExecutorError, Problem
from seedpod.executors.subprocess._attempt import Attempt
from seedpod.executors.subprocess._dispatcher import Dispatcher
from seedpod.executors.subprocess._guard import GUARD
from seedpod.executors.subprocess._links import LinkRules, PodLinks
from seedpod.executors.subprocess._review import review
from seedpod.executors.subprocess._sandbox import ProcessSandbox
from seedpod.executors.subprocess._user import user_of_host
from seedpod.spec import Pod, PodSpec

_FAREWELL: Final = 10.0
"""Seconds the end of the guard may take: twice its own bound."""


class SubprocessExecutor:
    """Runs each container as a process of the host, on the host's own files.

    There is no image: `image` is not looked at, and where a container would get something from
    its image it gets the host's. Its environment is the host's as it was when the executor was
    opened, then `HOSTNAME`, then what the manifest says. Its working directory is the host's
    unless `workingDir` is set. All containers share the host's network, processes and users.

    Each container leads a session and a process group of its own. An attempt has ended when the
    group is empty: what a container leaves behind in its group is killed. When the host dies, by
    any means, a guard process kills what is left.

    Args:
        link_mounts_under: Directories below which volumes may appear, as symbolic links to where
            they really are. Without any, a pod may only mount a hostPath at its own path.
        limits: What happens to a pod with `resources.limits`, which cannot be enforced on plain
            processes: `refuse` it, or `ignore` the limits.

    Raises:
        ValueError: A directory of `link_mounts_under` does not exist.
    """

    name = "subprocess"
    workload_powers = frozenset({CanExec})

    def __init__(
        self,
        *,
        link_mounts_under: Sequence[str | Path] = (),
        limits: Literal["refuse", "ignore"] = "refuse",
    ) -> None:
        if limits not in {"refuse", "ignore"}:
            raise ValueError(f"limits: {limits!r}: must be 'refuse' or 'ignore'")
        self._rules = LinkRules.below(link_mounts_under)
        self._limits = limits
        self._dispatcher: Dispatcher | None = None
        self._env: Mapping[str, str] = {}
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
        links = PodLinks(self._rules, GUARD)
        for directory in pod.directories:
            GUARD.add_tree(str(directory))
        try:
            yield ProcessSandbox(
                pod=f"{pod.pod.metadata.namespace}/{pod.pod.metadata.name}",
                env={**self._env, "HOSTNAME": hostname(pod.pod)},
                user=self._user,
                stdin=self._stdin,
                dispatcher=self._dispatcher,
                guard=GUARD,
                links=links,
            )
        finally:
            links.remove()
            for directory in pod.directories:
                GUARD.forget(str(directory))

    def can_show(self, mount_path: str) -> bool:
        """Whether a file can be shown at this path: where a volume could."""
        return self._rules.may_hold(mount_path)

    def review(self, pod: Pod) -> Sequence[Problem]:
        """Every field of *pod* this executor would have to ignore."""
        return tuple(review(pod, self._rules, may_ignore_limits=self._limits == "ignore"))


def hostname(pod: Pod) -> str:
    """What `HOSTNAME` says.

    Source: kubelet, GeneratePodHostNameAndDomain.
    """
    spec: PodSpec = pod.spec
    if spec.hostname_override:
        return spec.hostname_override
    return (spec.hostname or pod.metadata.name)[:63].rstrip("-.")


def _forget(attempt: Attempt) -> None:
    GUARD.drop(attempt.identity)
