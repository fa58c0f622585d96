"""A pod's volumes, from before its first container to after its last."""

from __future__ import annotations

import logging
import stat
from collections.abc import Mapping
from pathlib import Path

from seedpod import events
from seedpod._core.environment import Unresolved, mounted_sub_path
from seedpod._core.snapshot import utc
from seedpod._core.volume_payload import has_payload
from seedpod._runtime.host import may_mount, pod_directory_in_memory, tmpfs
from seedpod._runtime.pausing import paused
from seedpod._runtime.pod_run import PodRun
from seedpod._runtime.volumes.kept_part import kept_part
from seedpod._runtime.volumes.prepare import (
    Missing,
    is_in_memory,
    is_kept_off_disk,
    prepare,
    refresh,
)
from seedpod._runtime.volumes.removal import remove
from seedpod._runtime.volumes.room import Room
from seedpod._runtime.volumes.sub_path import SubPathError, resolve_sub_path
from seedpod._runtime.volumes.tmpfs import unmount_below
from seedpod.abc import Mount
from seedpod.spec import Container, Volume, VolumeMount

FAILED_MOUNT = "FailedMount"
_LOGGER = logging.getLogger("seedpod")


async def volumes_prepared(pod: PodRun) -> bool:
    """Prepare the volumes; waits for what they refer to. False if the pod stops first.

    Cancellation: stops waiting; `volumes_removed` takes away what is there.
    """
    if pod.volumes or not (pod.pod.spec.volumes or pod.needs_directory):
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


def is_refreshed(pod: PodRun) -> bool:
    """Whether the content of some volume may change while the pod runs."""
    return any(has_payload(volume) for volume in pod.pod.spec.volumes)


async def keep_refreshed(pod: PodRun) -> None:
    """Have the volumes show what ConfigMaps, Secrets and the pod's own fields say by now.

    What a volume refers to may be gone, or not be there yet: then it goes on showing what it did.

    Cancellation: the volumes stay as they are.
    """
    while True:
        await pod.settings.objects.applied()
        volumes_refreshed(pod)


def volumes_refreshed(pod: PodRun) -> None:
    """Write anew those volumes of a running pod that show something else by now."""
    if pod.room is None or not pod.volumes or not pod.record.has_sandbox:
        return
    settings = pod.settings
    now = utc(settings.now())
    done = refresh(pod.pod, pod.room, pod.facts, settings.objects, now, settings.random)
    if done.changed:
        pod.happened(events.VolumesUpdated, None, done.changed)


def volumes_removed(pod: PodRun) -> None:
    """Take the pod's own directories away; what cannot be removed is named in the log.

    First what is mounted in them, whoever did it: what is behind a mount may not be the pod's.
    """
    # A pod without volumes has no directory that anybody could have mounted anything in, and to ask
    # what is mounted takes a busy machine its time.
    may_have_mounts = bool(pod.pod.spec.volumes) and may_mount()
    for directory in pod.room or ():
        mounted = unmount_below(directory) if may_have_mounts else ()
        for problem in mounted or remove(directory):
            _LOGGER.warning("pod %s: left behind: %s", pod.name, problem)
        if pod.settings.outliving is not None:
            pod.settings.outliving.keep(directory)


def mounts_of(
    pod: PodRun, container: Container, env: Mapping[str, str]
) -> tuple[Mount, ...] | Unresolved:
    """Where the container sees which part of which volume, or why that cannot be said yet."""
    volumes = {volume.name: volume for volume in pod.pod.spec.volumes}
    mounts: list[Mount] = []
    for mount in container.volume_mounts:
        source = _source(pod, volumes[mount.name], mount, env)
        if isinstance(source, Unresolved):
            return source
        mounts.append(
            Mount(
                source=source,
                mount_path=mount.mount_path,
                volume=mount.name,
                is_read_only=mount.read_only or has_payload(volumes[mount.name]),
            )
        )
    return tuple(mounts)


def _source(
    pod: PodRun, volume: Volume, mount: VolumeMount, env: Mapping[str, str]
) -> Path | Unresolved:
    """Where on the host that is which *mount* shows."""
    part = mounted_sub_path(mount, env)
    if isinstance(part, Unresolved):
        return part
    root = pod.volumes[volume.name]
    if not part:
        return root
    try:
        source = resolve_sub_path(root, part)
        if has_payload(volume) and pod.room is not None:
            return kept_part(source, pod.room.of(root) / "parts" / volume.name, part)
    except SubPathError as error:
        told = str(error)
        if mount.sub_path_expr and pod.settings.objects.has_secret_in(part):
            told = told.replace(part, mount.sub_path_expr)
        return Unresolved(told)
    return source


def _prepare(pod: PodRun) -> Mapping[str, Path] | Missing:
    settings = pod.settings
    try:
        pod.room = pod.room or _new_room(pod)
    except OSError as error:
        name = pod.pod.spec.volumes[0].name if pod.pod.spec.volumes else ""
        return Missing(name, str(error))
    now = utc(settings.now())
    return prepare(pod.pod, pod.room, pod.facts, settings.objects, now, settings.random)


def _new_room(pod: PodRun) -> Room:
    """The pod's own directories; who outlives this process is told of them before they are made."""
    kept = [volume for volume in pod.pod.spec.volumes if is_kept_off_disk(volume)]
    has_memory = bool(kept) and (tmpfs() is not None or any(map(is_in_memory, kept)))
    outliving = pod.settings.outliving
    announced: list[Path] = []

    def announce(directory: Path) -> None:
        if outliving is not None:
            outliving.remove_if_orphaned(directory)
            announced.append(directory)

    disk = pod.settings.directory_for(pod.uid)
    announce(disk)
    try:
        disk.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        memory = pod_directory_in_memory(pod.uid, disk, announce) if has_memory else None
    except OSError:
        remove(disk)
        if outliving is not None:
            for each in announced:  # one in memory may be somebody else's, who took the name
                outliving.keep(each)
        raise
    return Room(disk, memory, may_mount())
