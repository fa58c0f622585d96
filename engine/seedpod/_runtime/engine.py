"""The engine: one block that owns pods. Inside it they run; after it nothing of them is left."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from random import Random
from typing import cast
from uuid import UUID

import anyio
from anyio import AsyncContextManagerMixin, create_task_group

from seedpod import events
from seedpod._core.backoff import Backoff
from seedpod._core.restart_limit import RestartLimit
from seedpod._runtime.admission import admitted, taken_on
from seedpod._runtime.host import facts_of_host, pod_directory
from seedpod._runtime.objects import Objects
from seedpod._runtime.pod import run_pod
from seedpod._runtime.pod_run import PodRun
from seedpod._runtime.running_pod import RunningPod
from seedpod._runtime.settings import Settings
from seedpod._runtime.watches import watch_soon
from seedpod.abc import (
    CanAddress,
    CanAdopt,
    CanOpen,
    CanOutlive,
    CanPull,
    CanShowFile,
    Executor,
    Observer,
)
from seedpod.errors import DuplicatePodError, EngineClosedError, PodFailedError
from seedpod.spec import ConfigMap, Pod, Secret


class Engine(AsyncContextManagerMixin):
    """Runs pods for as long as its block is open.

    Leaving the block waits for the pods, as leaving a task group does. An exception in the block,
    or its cancellation, ends them: each container is asked to end, and killed
    `cancel_grace_seconds` later.

    Args:
        executor: What runs the containers; an executor serves one open engine at a time.
        backoff: How long a container that ended waits before it runs again, and an image that could
            not be fetched before it is tried again.
        restart_limit: How often one container may be restarted within a window of time; None: as
            often as it takes, as in Kubernetes.
        objects: ConfigMaps and Secrets that pods may refer to; `apply` adds more.
        observers: Called with every event of every pod, as it is recorded.
        cancel_grace_seconds: How long a container may take to end when its engine is cancelled.
        directory: Where the pods' volumes are kept; None: a directory of its own, removed at the
            end.
        random: All chance: uids and jitter. With a seed, a run can be repeated.
        wall_clock: Seconds since 1970; read once, when the block is entered.
        event_limit: How many events of a pod are kept for whoever watches it.
        output_limit_bytes: How much output of a pod's containers is kept in memory.
    """

    def __init__(  # noqa: PLR0913 (an engine's choices, each with a default)
        self,
        executor: Executor,
        *,
        backoff: Backoff | None = None,
        restart_limit: RestartLimit | None = None,
        objects: Iterable[ConfigMap | Secret] = (),
        observers: Iterable[Observer] = (),
        cancel_grace_seconds: float = 5.0,
        directory: str | os.PathLike[str] | None = None,
        random: Random | None = None,
        wall_clock: Callable[[], float] = time.time,  # noqa: TID251 (read once, on entering)
        event_limit: int = 1024,
        output_limit_bytes: int = 1024 * 1024,
    ) -> None:
        self._wall_clock = wall_clock
        self._pods: dict[tuple[str, str], RunningPod] = {}
        self._settings = Settings(
            executor=executor,
            images=executor if isinstance(executor, CanPull) else None,
            adoption=executor if isinstance(executor, CanAdopt) else None,
            outliving=executor if isinstance(executor, CanOutlive) else None,
            can_show=executor.can_show if isinstance(executor, CanShowFile) else None,
            backoff=backoff or Backoff(),
            restart_limit=restart_limit,
            facts=facts_of_host(),
            objects=Objects(),
            observers=tuple(observers),
            random=random or Random(),
            clock=anyio.current_time,
            epoch=0.0,
            cancel_grace_seconds=cancel_grace_seconds,
            event_limit=event_limit,
            output_limit_bytes=output_limit_bytes,
            directory_for=partial(pod_directory, None if directory is None else Path(directory)),
        )
        self.apply(*objects)

    @asynccontextmanager
    async def __asynccontextmanager__(self) -> AsyncGenerator[Engine]:
        raised: BaseException | None = None
        self._settings.epoch = self._wall_clock() - anyio.current_time()
        executor = self._settings.executor
        async with executor.open() if isinstance(executor, CanOpen) else nullcontext():
            self._ask_for_addresses()
            try:
                async with create_task_group() as self._settings.group:
                    try:
                        yield self
                    except BaseException as error:
                        raised = error
                        raise
            except BaseExceptionGroup as group:
                if raised is None or not set(_leaves(group)) <= set(_leaves(raised)):
                    raise
            finally:
                self._settings.group = None
        if raised is not None:
            raise raised  # what the caller's own block raised leaves as it was raised

    def _ask_for_addresses(self) -> None:
        """Learn where containers reach the host; an executor may not know before it is open."""
        settings, executor = self._settings, self._settings.executor
        if isinstance(executor, CanAddress):
            settings.has_pod_addresses = True
            settings.facts = facts_of_host(executor.host_addresses)

    @property
    def pods(self) -> tuple[RunningPod, ...]:
        """The pods that have not ended yet, in the order they were submitted."""
        return tuple(self._pods.values())

    def apply(self, *objects: ConfigMap | Secret) -> None:
        """Add or replace ConfigMaps and Secrets.

        Pods and containers that wait for one go on; volumes that show one are written anew, each
        all at once. The environment of a container that runs stays as it is.

        Raises:
            SpecError: One of them is immutable, and was to be changed; then nothing has changed.
        """
        self._settings.objects.apply(*objects)

    def start_soon(self, pod: Pod) -> RunningPod:
        """Take *pod* on, and return at once; it runs until it ends by itself or is stopped.

        Raises:
            SpecError: The pod is not valid, or asks for what the executor cannot do; lists
                everything.
            DuplicatePodError: A pod of its namespace and name has not ended yet.
            EngineClosedError: The engine's block is not open.
        """
        settings = self._settings
        if settings.group is None:
            raise EngineClosedError
        pod = admitted(pod, settings.executor)
        key = (pod.metadata.namespace, pod.metadata.name)
        if key in self._pods:
            raise DuplicatePodError(*key)
        uid = pod.metadata.uid or str(UUID(int=settings.random.getrandbits(128), version=4))
        run = PodRun.of(taken_on(pod, uid), uid, settings)
        handle = self._pods[key] = RunningPod(run)
        run.happened(events.PodSubmitted, None, uid)
        settings.group.start_soon(self._run, key, run, name=f"pod {run.name}")
        watch_soon(run)
        return handle

    async def start(self, pod: Pod) -> RunningPod:
        """Take *pod* on, and return when it is Ready (or has succeeded already).

        Raises:
            PodFailedError: The pod failed before it was ready.
            SpecError: The pod is not valid, or asks for what the executor cannot do; lists
                everything.
            DuplicatePodError: A pod of its namespace and name has not ended yet.
            EngineClosedError: The engine's block is not open.

        Cancellation: the pod is stopped, with the least grace there is, and goes on ending
            meanwhile.
        """
        running = self.start_soon(pod)
        is_up = False
        try:
            is_up = await running.wait_ready()
        finally:
            if not is_up:
                running.stop_soon(grace_period_seconds=0)
        if not is_up:
            raise PodFailedError(running.name, running.status)
        return running

    async def stop(self, grace_period_seconds: float | None = None) -> None:
        """Stop every pod, all at once, and wait until they have ended.

        Args:
            grace_period_seconds: How long they may take; None: each as long as its spec says.

        Cancellation: stops waiting; the pods go on ending.
        """
        pods = self.pods
        for each in pods:
            each.stop_soon(grace_period_seconds)
        for each in pods:
            await each.wait()

    async def _run(self, key: tuple[str, str], run: PodRun) -> None:
        try:
            await run_pod(run)
        finally:
            del self._pods[key]


def _leaves(error: BaseException) -> Iterator[int]:
    """The identities of the errors in a group: groups themselves are copied on their way."""
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        for each in group.exceptions:
            yield from _leaves(each)
    else:
        yield id(error)
