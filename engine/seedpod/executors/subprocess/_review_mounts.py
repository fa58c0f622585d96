"""What of a pod's volume mounts cannot be shown by a symbolic link."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import attrs

from seedpod.errors import Problem
from seedpod.executors.subprocess._links import LinkError, LinkRules
from seedpod.executors.subprocess._problem import unsupported
from seedpod.spec import Container, Pod, Volume, VolumeMount


@attrs.frozen
class _Placed:
    """One mount, where the manifest has it."""

    path: str
    mount: VolumeMount

    @property
    def place(self) -> str:
        return os.path.normpath(self.mount.mount_path)


def review_mounts(
    pod: Pod, containers: Sequence[tuple[str, Container]], rules: LinkRules
) -> Iterator[Problem]:
    """The problems of every mount of *containers*, which come with their paths.

    Source: none; a kubelet mounts. Links are the host's, so the whole pod has to agree on them.
    """
    volumes = {volume.name: volume for volume in pod.spec.volumes}
    linked: dict[str, _Placed] = {}
    for path, container in containers:
        for index, mount in enumerate(container.volume_mounts):
            placed = _Placed(f"{path}.volumeMounts[{index}]", mount)
            volume = volumes.get(mount.name)
            yield from _review_options(placed, volume)
            if volume is None or _is_in_place(placed, volume):
                continue  # an unknown volume is for the validation of every pod to report
            yield from _review_place(placed, linked, rules)


def _review_options(placed: _Placed, volume: Volume | None) -> Iterator[Problem]:
    path, mount = placed.path, placed.mount
    if mount.read_only and volume is not None and (volume.empty_dir or volume.host_path):
        wanted = "a symbolic link cannot forbid writing"
        yield unsupported(f"{path}.readOnly", found=True, wanted=wanted)
    if mount.recursive_read_only not in {None, "Disabled"}:
        wanted = "a symbolic link cannot forbid writing"
        yield unsupported(f"{path}.recursiveReadOnly", mount.recursive_read_only, wanted)
    if mount.mount_propagation not in {None, "None"}:
        wanted = "containers see the host's mounts as they are"
        yield unsupported(f"{path}.mountPropagation", mount.mount_propagation, wanted)
    if mount.sub_path_expr:
        wanted = "must be a plain subPath: one link cannot differ between containers"
        yield unsupported(f"{path}.subPathExpr", mount.sub_path_expr, wanted)


def _is_in_place(placed: _Placed, volume: Volume) -> bool:
    """Whether the volume is a hostPath at its own path, where no link is needed."""
    if volume.host_path is None:
        return False
    source = os.path.normpath(os.path.join(volume.host_path.path, placed.mount.sub_path))
    return source == placed.place


def _review_place(
    placed: _Placed, linked: dict[str, _Placed], rules: LinkRules
) -> Iterator[Problem]:
    path, mount = f"{placed.path}.mountPath", placed.mount
    other = linked.setdefault(placed.place, placed)
    if other is not placed:
        if (other.mount.name, other.mount.sub_path) != (mount.name, mount.sub_path):
            wanted = (
                f"{other.path} has another volume there, and all containers share the host's files"
            )
            yield unsupported(path, mount.mount_path, wanted)
        return
    for place, outer in linked.items():
        if PurePosixPath(place) in PurePosixPath(placed.place).parents:
            wanted = f"is inside {place!r} of {outer.path}, and a link cannot stand inside a volume"
            yield unsupported(path, mount.mount_path, wanted)
            return
        if PurePosixPath(placed.place) in PurePosixPath(place).parents:
            wanted = (
                f"{place!r} of {outer.path} is inside it, and a link cannot stand inside a volume"
            )
            yield unsupported(path, mount.mount_path, wanted)
            return
    try:
        rules.place(mount.mount_path)
    except LinkError as error:
        yield unsupported(path, mount.mount_path, str(error))
