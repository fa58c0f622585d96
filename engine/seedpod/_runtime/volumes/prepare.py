"""A pod's volumes on the host: prepared before any container starts, removed with the pod.

Everything is made in the pod's own room, except a hostPath, which is where it is. How a volume gets
from here into a container is the executor's business.

These calls block; they handle a few small files, and a pod without volumes costs nothing.

Source: kubelet, pkg/volume.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from stat import S_ISGID
from types import MappingProxyType
from typing import Final

import attrs

from seedpod._core.environment import Objects, PodFacts, ReadFile
from seedpod._core.volume_payload import Payload, has_payload, payload
from seedpod._core.volume_sizes import size_limits
from seedpod._runtime.volumes import atomic_writer
from seedpod._runtime.volumes.host_path import checked_host_path
from seedpod._runtime.volumes.ownership import directory_mode, give
from seedpod._runtime.volumes.room import Room
from seedpod._runtime.volumes.sub_path import read_text
from seedpod._runtime.volumes.tmpfs import mount_tmpfs
from seedpod.spec import Pod, Volume

_LOGGER: Final = logging.getLogger("seedpod")
_NONE: Final[Mapping[str, Path]] = MappingProxyType({})
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_PARENT_MODE: Final = 0o755
_PRIVATE_MODE: Final = 0o750
_EMPTY_DIR_MODE: Final = 0o777
_PAYLOAD_MODE: Final = 0o755


@attrs.frozen
class Missing:
    """A volume cannot be there now; no container of the pod may start."""

    volume: str
    message: str
    """In Kubernetes' words where it has any."""


@attrs.frozen
class Refreshed:
    """What came of looking at a running pod's volumes again."""

    changed: tuple[str, ...] = ()
    """The volumes that show something new."""
    missing: tuple[Missing, ...] = ()
    """The volumes that go on showing what they did, because what they need is gone."""


def has_directory(pod: Pod) -> bool:
    """Whether `prepare` makes a directory for the pod."""
    return any(volume.host_path is None for volume in pod.spec.volumes)


def is_in_memory(volume: Volume) -> bool:
    """Whether *volume* is an emptyDir that is to be kept in memory."""
    return volume.empty_dir is not None and volume.empty_dir.medium == "Memory"


def is_kept_off_disk(volume: Volume) -> bool:
    """Whether *volume* is kept in memory where there is room: it may show what must not leak.

    Source: kubelet: secret, projected and downwardAPI volumes are on a tmpfs.
    """
    kinds = (volume.secret, volume.projected, volume.downward_api)
    return is_in_memory(volume) or any(kind is not None for kind in kinds)


def prepare(
    pod: Pod,
    room: Room,
    facts: PodFacts,
    objects: Objects,
    now: datetime = _EPOCH,
    chance: Random | None = None,
) -> Mapping[str, Path] | Missing:
    """Have every volume of *pod* on the host.

    May be called again after something was missing, or to adopt what an earlier call made: an
    emptyDir keeps what is in it.

    Args:
        pod: One that `unsupported_volumes` has nothing against.
        room: The pod's own; made, for nobody else to look into, if `has_directory`.
        facts: What references to fields of the pod need beside its spec.
        objects: Where ConfigMaps and Secrets are looked up.
        now: Becomes part of a name on the disk; aware.
        chance: Becomes part of it too.

    Returns:
        Where each volume is, absolute, by its name; or the first that cannot be there.
    """
    if not pod.spec.volumes:
        return _NONE
    work = _Preparation(pod, room, facts, objects, now, chance or Random(0))
    prepared: dict[str, Path] = {}
    for volume in pod.spec.volumes:
        try:
            path = work.prepared(volume)
        except OSError as error:
            return Missing(volume.name, _in_words(error))
        if isinstance(path, Missing):
            return path
        prepared[volume.name] = path
    return prepared


def refresh(
    pod: Pod,
    room: Room,
    facts: PodFacts,
    objects: Objects,
    now: datetime = _EPOCH,
    chance: Random | None = None,
) -> Refreshed:
    """Write anew the volumes of a running pod whose objects have changed; each changes at once.

    The environment of a container, and one that mounts a part of a volume, do not see it. The
    arguments are those of `prepare`.
    """
    work = _Preparation(pod, room, facts, objects, now, chance or Random(0))
    changed: list[str] = []
    missing: list[Missing] = []
    for volume in filter(has_payload, pod.spec.volumes):
        try:
            outcome = work.filled(volume, work.place(volume))
        except OSError as error:
            outcome = Missing(volume.name, _in_words(error))
        if isinstance(outcome, Missing):
            missing.append(outcome)
        elif outcome:
            changed.append(volume.name)
    return Refreshed(tuple(changed), tuple(missing))


def fs_group(pod: Pod) -> int | None:
    """The group that the pod's volumes belong to, if it asks for one."""
    security = pod.spec.security_context
    return None if security is None else security.fs_group


def file_reader(volumes: Mapping[str, Path]) -> ReadFile:
    """What `environment` reads files of volumes with; takes what `prepare` returned."""

    def read_file(volume: str, path: str) -> str | None:
        return read_text(volumes[volume], path) if volume in volumes else None

    return read_file


@attrs.frozen
class _Preparation:
    """All that is needed to prepare any volume of one pod."""

    pod: Pod
    room: Room
    facts: PodFacts
    objects: Objects
    now: datetime
    chance: Random

    def place(self, volume: Volume) -> Path:
        """Where in the pod's room *volume* is."""
        room = self.room.disk
        if self.room.memory is not None and is_kept_off_disk(volume):
            room = self.room.memory
        return room.absolute() / "volumes" / volume.name

    def prepared(self, volume: Volume) -> Path | Missing:
        """Where *volume* is, now that it is there."""
        if volume.host_path is not None:
            checked = checked_host_path(volume.host_path)
            return checked if isinstance(checked, Path) else Missing(volume.name, checked)
        path = self.place(volume)
        _have_directory(path.parent.parent, _PRIVATE_MODE)
        _have_directory(path.parent, _PRIVATE_MODE)
        if not has_payload(volume):
            self._have_empty_dir(volume, path)
            return path
        _have_directory(path, _PAYLOAD_MODE)
        self._give(path, _PAYLOAD_MODE, is_writable=False)
        filled = self.filled(volume, path)
        return filled if isinstance(filled, Missing) else path

    def filled(self, volume: Volume, path: Path) -> bool | Missing:
        """Whether *path* had to be written to show what *volume* should."""
        content = payload(self.pod, volume, self.facts, self.objects)
        if isinstance(content, Payload):
            return atomic_writer.write(
                path, content.files, self.now, self.chance, fs_group(self.pod)
            )
        return Missing(volume.name, content.message)

    def _have_empty_dir(self, volume: Volume, path: Path) -> None:
        is_new = _have_directory(path, _EMPTY_DIR_MODE)
        limit = size_limits(self.pod).get(volume.name)
        if is_new and limit is not None and is_in_memory(volume) and self.room.may_mount:
            problem = mount_tmpfs(path, limit.value())
            if problem:  # the size is watched in any case
                _LOGGER.warning("volume %s: no file system of its own: %s", volume.name, problem)
        self._give(path, _EMPTY_DIR_MODE, is_writable=True)

    def _give(self, path: Path, mode: int, *, is_writable: bool) -> None:
        group = fs_group(self.pod)
        # What containers have made of a directory that was given once stays.
        if group is not None and (path.stat().st_gid != group or not path.stat().st_mode & S_ISGID):
            give(path, group)
            path.chmod(directory_mode(mode, group, is_writable=is_writable))


def _have_directory(path: Path, mode: int) -> bool:
    """Whether the directory *path* had to be made."""
    if not path.parent.exists():
        _have_directory(path.parent, _PARENT_MODE)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        if not path.is_dir():
            raise
        return False
    path.chmod(mode)  # whatever the umask
    return True


def _in_words(error: OSError) -> str:
    words = error.strerror or type(error).__name__
    return f"{error.filename}: {words}" if error.filename else words
