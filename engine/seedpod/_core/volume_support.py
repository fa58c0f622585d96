"""Which volumes the engine prepares: the rest is refused by name, before anything has started."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import attrs

from seedpod.errors import ABSENT, Problem, ProblemKind
from seedpod.spec import EmptyDirVolumeSource, Pod, ProjectedVolumeSource, Volume, camel_case

_PREPARED: Final = ("empty_dir", "host_path", "config_map", "secret", "downward_api", "projected")
_OTHERS: Final = tuple(
    field.name for field in attrs.fields(Volume) if field.name not in {"name", *_PREPARED}
)
_OTHER_SOURCES: Final = ("service_account_token", "cluster_trust_bundle", "pod_certificate")
_WANTED: Final = (
    "must be one of the kinds this engine prepares: "
    "emptyDir, hostPath, configMap, secret, downwardAPI, projected"
)
_WANTED_SOURCE: Final = (
    "must be one of the sources this engine prepares: configMap, secret, downwardAPI"
)


def _nobody(_group: int) -> bool:
    return False


def unsupported_volumes(
    pod: Pod, *, has_tmpfs: bool = False, may_give_to: Callable[[int], bool] = _nobody
) -> list[Problem]:
    """Every volume of *pod*, and every field of one, that the engine does not prepare.

    Args:
        pod: The pod.
        has_tmpfs: Whether the host has a file system in memory.
        may_give_to: Whether the host process may have volumes belong to the group of this number.
    """
    problems: list[Problem] = []
    for index, volume in enumerate(pod.spec.volumes):
        path = f"spec.volumes[{index}]"
        set_kinds = [kind for kind in _OTHERS if getattr(volume, kind) is not None]
        problems += [_unsupported(f"{path}.{camel_case(kind)}", _WANTED) for kind in set_kinds]
        if volume.empty_dir is not None:
            problems += _in_empty_dir(f"{path}.emptyDir", volume.empty_dir, has_tmpfs=has_tmpfs)
        if volume.projected is not None:
            problems += _in_projected(f"{path}.projected", volume.projected)
    security = pod.spec.security_context
    fs_group = None if security is None else security.fs_group
    if fs_group is not None and not may_give_to(fs_group):
        wanted = "must be a group of the host process, which may give files to no other"
        problems.append(_unsupported("spec.securityContext.fsGroup", wanted, fs_group))
    return problems


def _in_empty_dir(path: str, source: EmptyDirVolumeSource, *, has_tmpfs: bool) -> Iterator[Problem]:
    if source.medium == "Memory" and not has_tmpfs:
        wanted = "must be unset: this host has no tmpfs at /dev/shm"
        yield _unsupported(f"{path}.medium", wanted, source.medium)
    elif source.medium not in {"", "Memory"}:
        wanted = "must be unset or Memory: this engine prepares no huge pages"
        yield _unsupported(f"{path}.medium", wanted, source.medium)


def _in_projected(path: str, source: ProjectedVolumeSource) -> Iterator[Problem]:
    for index, each in enumerate(source.sources):
        for kind in _OTHER_SOURCES:
            if getattr(each, kind) is not None:
                yield _unsupported(f"{path}.sources[{index}].{camel_case(kind)}", _WANTED_SOURCE)


def _unsupported(path: str, wanted: str, found: object = ABSENT) -> Problem:
    return Problem(path, ProblemKind.UNSUPPORTED, found, wanted)
