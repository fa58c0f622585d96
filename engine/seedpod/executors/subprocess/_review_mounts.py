"""What a pod mounts, volumes and files for last words, that cannot be shown by a symbolic link."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

import attrs

from seedpod.errors import Problem
from seedpod.executors.subprocess._links import LinkError, LinkRules
from seedpod.executors.subprocess._problem import unsupported
from seedpod.spec import Container, Pod, Volume, VolumeMount

_MESSAGE_PATH: Final = "/dev/termination-log"
"""Kubernetes' default: the path of a container that names none, and that has no file here."""


@attrs.frozen
class _Placed:
    """One thing that is to appear somewhere, and where the manifest has it."""

    path: str
    """Of the field that says where it is to appear."""
    mount_path: str
    what: tuple[str, ...]
    """Two things that are the same may share a place."""

    @property
    def place(self) -> str:
        return os.path.normpath(self.mount_path)


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
            where = f"{path}.volumeMounts[{index}]"
            volume = volumes.get(mount.name)
            yield from _review_options(where, mount, volume)
            if volume is None or _is_in_place(mount, volume):
                continue  # an unknown volume is for the validation of every pod to report
            what = (mount.name, mount.sub_path, mount.sub_path_expr)
            yield from _review_place(
                _Placed(f"{where}.mountPath", mount.mount_path, what), linked, rules
            )
        message = container.termination_message_path
        if message not in {"", _MESSAGE_PATH}:
            placed = _Placed(f"{path}.terminationMessagePath", message, (path,))
            yield from _review_place(placed, linked, rules)


def _review_options(path: str, mount: VolumeMount, volume: Volume | None) -> Iterator[Problem]:
    if mount.read_only and volume is not None and (volume.empty_dir or volume.host_path):
        wanted = "a symbolic link cannot forbid writing"
        yield unsupported(f"{path}.readOnly", found=True, wanted=wanted)
    if mount.recursive_read_only not in {None, "Disabled"}:
        wanted = "a symbolic link cannot forbid writing"
        yield unsupported(f"{path}.recursiveReadOnly", mount.recursive_read_only, wanted)
    if mount.mount_propagation not in {None, "None"}:
        wanted = "containers see the host's mounts as they are"
        yield unsupported(f"{path}.mountPropagation", mount.mount_propagation, wanted)


def _is_in_place(mount: VolumeMount, volume: Volume) -> bool:
    """Whether the volume is a hostPath at its own path, where no link is needed."""
    if volume.host_path is None or mount.sub_path_expr:
        return False
    source = os.path.normpath(os.path.join(volume.host_path.path, mount.sub_path))
    return source == os.path.normpath(mount.mount_path)


def _review_place(
    placed: _Placed, linked: dict[str, _Placed], rules: LinkRules
) -> Iterator[Problem]:
    path, mount_path = placed.path, placed.mount_path
    other = linked.setdefault(placed.place, placed)
    if other is not placed:
        if other.what != placed.what:
            wanted = (
                f"{other.path} has something else there, and all containers share the host's files"
            )
            yield unsupported(path, mount_path, wanted)
        return
    for place, outer in linked.items():
        if PurePosixPath(place) in PurePosixPath(placed.place).parents:
            wanted = f"is inside {place!r} of {outer.path}, and a link cannot stand inside a volume"
            yield unsupported(path, mount_path, wanted)
            return
        if PurePosixPath(placed.place) in PurePosixPath(place).parents:
            wanted = (
                f"{place!r} of {outer.path} is inside it, and a link cannot stand inside a volume"
            )
            yield unsupported(path, mount_path, wanted)
            return
    try:
        rules.place(mount_path)
    except LinkError as error:
        yield unsupported(path, mount_path, str(error))
