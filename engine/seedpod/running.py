"""One call that runs one pod, for scripts that are not asynchronous."""

from __future__ import annotations

import os
from typing import IO, Literal

import anyio

from seedpod._core.backoff import Backoff
from seedpod._core.manifest.load import Manifest
from seedpod._core.restart_limit import RestartLimit
from seedpod._runtime.engine import Engine
from seedpod.abc import Executor
from seedpod.errors import PodFailedError
from seedpod.executors import find_executor
from seedpod.loading import load
from seedpod.spec import ConfigMap, Pod, Secret
from seedpod.status import Phase, PodStatus


def run(
    source: Pod | Manifest | str | os.PathLike[str] | IO[str] | IO[bytes],
    *,
    executor: Executor | str = "subprocess",
    check: bool = False,
    backoff: Backoff | None = None,
    restart_limit: RestartLimit | None = None,
    backend: Literal["asyncio", "trio"] = "asyncio",
) -> PodStatus:
    """Run one pod to its end, and return its last status.

    Args:
        source: The pod, or what `load` takes: with one pod, and the ConfigMaps and Secrets it
            refers to.
        executor: What runs the containers, or the name of an installed executor.
        check: Whether a pod that fails is an error.
        backoff: How long a container that ended waits before it runs again.
        restart_limit: How often one container may be restarted; None: as often as it takes.
        backend: The event loop to run on.

    Raises:
        SpecError: The manifest is wrong, or asks for what the executor cannot do.
        ValueError: There is not exactly one pod.
        ExecutorNotFoundError: No installed executor has this name.
        PodFailedError: The pod has failed, and *check* is true.
    """
    if isinstance(source, Pod):
        manifest = Manifest([source])
    else:
        manifest = source if isinstance(source, Manifest) else load(source)
    if len(manifest) != 1:
        raise ValueError(
            f"source: {len(manifest)} pods: wanted exactly one; an Engine runs several"
        )
    if isinstance(executor, str):
        executor = find_executor(executor)
    status = anyio.run(_run, manifest, executor, backoff, restart_limit, backend=backend)
    if check and status.phase is not Phase.SUCCEEDED:
        raise PodFailedError(_name(manifest[0]), status)
    return status


async def _run(
    manifest: Manifest,
    executor: Executor,
    backoff: Backoff | None,
    restart_limit: RestartLimit | None,
) -> PodStatus:
    objects: list[ConfigMap | Secret] = [*manifest.config_maps, *manifest.secrets]
    async with Engine(
        executor, backoff=backoff, restart_limit=restart_limit, objects=objects
    ) as engine:
        return await engine.start_soon(manifest[0]).wait()


def _name(pod: Pod) -> str:
    return f"{pod.metadata.namespace}/{pod.metadata.name}"
