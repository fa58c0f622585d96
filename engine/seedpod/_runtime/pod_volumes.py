"""A pod's volumes, from before its first container to after its last."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from seedpod import events
from seedpod._core.environment import Unresolved, mounted_sub_path
from seedpod._core.fold import utc
from seedpod._runtime.pausing import paused
from seedpod._runtime.pod_run import PodRun
from seedpod._runtime.volumes.prepare import Missing, prepare
from seedpod._runtime.volumes.removal import remove
from seedpod._runtime.volumes.sub_path import SubPathError, resolve_sub_path
from seedpod.abc import Mount
from seedpod.spec import Container

FAILED_MOUNT = "FailedMount"
_LOGGER = logging.getLogger("seedpod")


async def volumes_prepared(pod: PodRun) -> bool:
    """Prepare the volumes; waits for what they refer to. False if the pod stops first.

    Cancellation: stops waiting; `volumes_removed` takes away what is there.
    """
    if not pod.pod.spec.volumes or pod.volumes:
        return not pod.is_stopping
    told = ""
    while True:
        found = _prepare(pod)
        if not isinstance(found, Missing):
            pod.volumes = found
            return not pod.is_stopping
        message = f'MountVolume.SetUp failed for volume "{found.volume}" : {found.message}'
        if message != told:
            told = message
            pod.milestone = pod.happened(events.PodBlocked, pod.milestone, FAILED_MOUNT, told)
        if not await paused(pod, pod.settings.objects.changed):
            return False


def _prepare(pod: PodRun) -> Mapping[str, Path] | Missing:
    settings = pod.settings
    if pod.directory is None:
        try:
            pod.directory = settings.directory_for(pod.uid)
        except OSError as error:
            return Missing(pod.pod.spec.volumes[0].name, str(error))
    now = utc(settings.now())
    return prepare(pod.pod, pod.directory, settings.facts, settings.objects, now, settings.random)


def volumes_removed(pod: PodRun) -> None:
    """Take the pod's own directory away; what cannot be removed is named in the log."""
    if pod.directory is not None:
        for problem in remove(pod.directory):
            _LOGGER.warning("pod %s: left behind: %s", pod.name, problem)


def mounts_of(
    pod: PodRun, container: Container, env: Mapping[str, str]
) -> tuple[Mount, ...] | Unresolved:
    """Where the container sees which part of which volume, or why that cannot be said yet."""
    mounts: list[Mount] = []
    for mount in container.volume_mounts:
        part = mounted_sub_path(mount, env)
        if isinstance(part, Unresolved):
            return part
        source = pod.volumes[mount.name]
        if part:
            try:
                source = resolve_sub_path(source, part)
            except SubPathError as error:
                return Unresolved(str(error))
        mounts.append(
            Mount(
                source=source,
                mount_path=mount.mount_path,
                volume=mount.name,
                is_read_only=bool(mount.read_only),
            )
        )
    return tuple(mounts)
