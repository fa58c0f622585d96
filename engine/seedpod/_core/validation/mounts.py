"""What is wrong with where volumes appear in a container.

Kubernetes reports a wrong subPath, mountPropagation or recursiveReadOnly without the index of the
mount, and we with it; the mount is named in words instead.

Source: kubernetes, pkg/apis/core/validation: ValidateVolumeMounts, ValidateVolumeDevices.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from seedpod._core.validation import text
from seedpod._core.validation.report import (
    forbidden,
    invalid,
    known,
    not_found,
    not_supported,
    required,
)
from seedpod._core.validation.scope import Scope
from seedpod.errors import Problem, ProblemKind
from seedpod.spec.container import Container, VolumeDevice, VolumeMount
from seedpod.spec.words import MountPropagation

_DESCENDING: Final = "must be a relative path without '..'"
_PROPAGATIONS: Final = tuple(each.value for each in MountPropagation)
_READ_ONLY_MODES: Final = ("Disabled", "Enabled", "IfPossible")


def mounts_problems(container: Container, scope: Scope, path: str) -> Iterator[Problem]:
    """What is wrong with the mounts of *container*, *path* being their list's."""
    taken: set[str] = set()
    device_names = {device.name for device in container.volume_devices}
    device_paths = {device.device_path for device in container.volume_devices}
    for index, mount in enumerate(container.volume_mounts):
        yield from _name_problems(mount.name, scope, f"{path}[{index}].name")
        if mount.name in device_names:
            yield invalid(f"{path}[{index}].name", mount.name, "must not be a volume device too")
        if not mount.mount_path:
            yield required(f"{path}[{index}].mountPath", "must be a path in the container")
        if mount.mount_path in taken:
            wanted = "must be unique among the container's mounts"
            yield invalid(f"{path}[{index}].mountPath", mount.mount_path, wanted)
        if mount.mount_path in device_paths:
            wanted = "must not be the path of a volume device too"
            yield invalid(f"{path}[{index}].mountPath", mount.mount_path, wanted)
        taken.add(mount.mount_path)
        if mount.sub_path or mount.sub_path_expr:
            yield from _sub_path_problems(mount, path, index)
        yield from _mode_problems(mount, container, path)


def devices_problems(container: Container, scope: Scope, path: str) -> Iterator[Problem]:
    """What is wrong with the raw devices of *container*, *path* being their list's."""
    names: set[str] = set()
    paths: set[str] = set()
    mounts = container.volume_mounts
    for index, device in enumerate(container.volume_devices):
        yield from _name_problems(device.name, scope, f"{path}[{index}].name")
        volume = scope.volumes.get(device.name)
        if volume and volume.persistent_volume_claim is None and volume.ephemeral is None:
            wanted = "must be a persistentVolumeClaim or ephemeral volume"
            yield invalid(f"{path}[{index}].name", device.name, wanted)
        if device.name in names or any(mount.name == device.name for mount in mounts):
            yield invalid(f"{path}[{index}].name", device.name, "must be unique")
        yield from _device_path_problems(device, paths, f"{path}[{index}].devicePath")
        if any(mount.mount_path == device.device_path for mount in mounts):
            wanted = "must not be the path of a mount too"
            yield invalid(f"{path}[{index}].devicePath", device.device_path, wanted)
        names.add(device.name)
        paths.add(device.device_path)


def _name_problems(name: str, scope: Scope, path: str) -> Iterator[Problem]:
    if not name:
        yield required(path, f"must name a volume of spec.volumes ({known(scope.volumes)})")
    if name in scope.broken_volumes:
        wanted = "must name a volume that has no problems of its own"
        yield Problem(path, ProblemKind.NOT_FOUND, name, wanted)
    elif name not in scope.volumes:
        yield not_found(path, name, "a volume of spec.volumes", scope.volumes)


def _sub_path_problems(mount: VolumeMount, path: str, index: int) -> Iterator[Problem]:
    where = f"(the mount at {mount.mount_path})"
    if _is_outside(mount.sub_path):
        yield invalid(f"{path}.subPath", mount.sub_path, f"{_DESCENDING} {where}")
    if mount.sub_path and mount.sub_path_expr:
        wanted = "must not be set together with subPath"
        yield invalid(f"{path}[{index}].subPathExpr", mount.sub_path_expr, wanted)
    if _is_outside(mount.sub_path_expr):
        yield invalid(f"{path}.subPathExpr", mount.sub_path_expr, f"{_DESCENDING} {where}")


def _is_outside(path: str) -> bool:
    return path.startswith("/") or text.has_backstep(path)


def _mode_problems(mount: VolumeMount, container: Container, path: str) -> Iterator[Problem]:
    """What is wrong with how a mount behaves."""
    where = f"(the mount at {mount.mount_path})"
    propagation, mode = mount.mount_propagation, mount.recursive_read_only
    if propagation is not None and propagation not in _PROPAGATIONS:
        yield not_supported(f"{path}.mountPropagation", propagation, _PROPAGATIONS)
    if propagation == MountPropagation.BIDIRECTIONAL and not _is_privileged(container):
        wanted = f"needs securityContext.privileged {where}"
        yield forbidden(f"{path}.mountPropagation", wanted, propagation)
    if mode is None or mode == "Disabled":
        return
    if mode not in _READ_ONLY_MODES:
        yield not_supported(f"{path}.recursiveReadOnly", mode, _READ_ONLY_MODES)
    elif not mount.read_only:
        yield forbidden(f"{path}.recursiveReadOnly", f"needs readOnly {where}", mode)
    elif propagation not in {None, MountPropagation.NONE}:
        wanted = f"needs mountPropagation None {where}"
        yield forbidden(f"{path}.recursiveReadOnly", wanted, mode)


def _is_privileged(container: Container) -> bool:
    return container.security_context is not None and bool(container.security_context.privileged)


def _device_path_problems(device: VolumeDevice, taken: set[str], path: str) -> Iterator[Problem]:
    if not device.device_path:
        yield required(path, "must be a path in the container")
    if device.device_path in taken:
        yield invalid(path, device.device_path, "must be unique among the container's devices")
    if text.has_backstep(device.device_path):
        yield invalid(path, device.device_path, "must not contain '..'")
