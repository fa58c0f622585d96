"""What is wrong with a pod's volumes.

Source: kubernetes, pkg/apis/core/validation: ValidateVolumes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs

from seedpod._core.validation import text
from seedpod._core.validation.report import (
    choice_problems,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)
from seedpod._core.validation.volume_files import (
    config_map_problems,
    downward_api_problems,
    projected_problems,
    secret_problems,
)
from seedpod.errors import Problem
from seedpod.spec.frozen import JsonValue
from seedpod.spec.naming import camel_case
from seedpod.spec.volume import (
    EmptyDirVolumeSource,
    HostPathVolumeSource,
    ImageVolumeSource,
    Volume,
)
from seedpod.spec.words import HostPathType, PullPolicy

_Check: TypeAlias = Callable[[Any, str], Iterator[Problem]]


def checked_volumes(
    volumes: Sequence[Volume], path: str
) -> tuple[Mapping[str, Volume], list[Problem]]:
    """The volumes without problems, by name, and what is wrong with the others."""
    sound: dict[str, Volume] = {}
    wrong: list[Problem] = []
    for index, volume in enumerate(volumes):
        own = list(volume_problems(volume, f"{path}[{index}]"))
        if volume.name in sound:
            wanted = "must be unique among the pod's volumes"
            own.append(duplicate(f"{path}[{index}].name", volume.name, wanted))
        elif not own:
            sound[volume.name] = volume
        wrong += own
    return sound, wrong


def volume_problems(volume: Volume, path: str) -> Iterator[Problem]:
    """What is wrong with one volume."""
    found = ""
    for name, field, check in _SOURCES:
        source = getattr(volume, name)
        if source is None:
            continue
        if found:
            wanted = f"must not be set together with {found}: a volume has one source"
            yield forbidden(f"{path}.{field}", wanted)
        elif check is not None:
            yield from check(source, f"{path}.{field}")
        found = found or field
    if not found:
        yield required(path, "must have a source, such as emptyDir, hostPath, configMap or secret")
    if not volume.name:
        yield required(f"{path}.name", f"must name the volume; {text.DNS_LABEL}")
    elif not text.is_dns_label(volume.name):
        yield invalid(f"{path}.name", volume.name, text.DNS_LABEL)


def made_claims_problems(volumes: Sequence[Volume], pod_name: str, path: str) -> Iterator[Problem]:
    """What is wrong with the claims that ephemeral volumes of this pod will make."""
    made: set[str] = set()
    for index, volume in enumerate(volumes):
        if volume.ephemeral is None or not (pod_name and volume.name):
            continue
        name = f"{pod_name}-{volume.name}"
        made.add(name)
        if not text.is_dns_subdomain(name):
            wanted = f"makes the claim {name}, whose name {text.DNS_SUBDOMAIN}"
            yield invalid(f"{path}[{index}].name", volume.name, wanted)
    for index, volume in enumerate(volumes if made else ()):
        claim = (volume.persistent_volume_claim or {}).get("claimName")
        if claim in made:
            wanted = "must not name the claim that an ephemeral volume of this pod makes"
            yield invalid(f"{path}[{index}].persistentVolumeClaim.claimName", claim, wanted)


def _empty_dir_problems(source: EmptyDirVolumeSource, path: str) -> Iterator[Problem]:
    if source.size_limit is not None and source.size_limit.nanos < 0:
        yield forbidden(f"{path}.sizeLimit", "must not be negative", str(source.size_limit))


def _host_path_problems(source: HostPathVolumeSource, path: str) -> Iterator[Problem]:
    if not source.path:
        yield required(f"{path}.path", "must be a path of the host")
        return
    if text.has_backstep(source.path):
        yield invalid(f"{path}.path", source.path, "must not contain '..'")
    if source.type not in _HOST_PATH_TYPES:
        yield not_supported(f"{path}.type", source.type, _HOST_PATH_TYPES)


def _image_problems(source: ImageVolumeSource, path: str) -> Iterator[Problem]:
    if not source.reference:
        yield required(f"{path}.reference", "must name an image")
    yield from choice_problems(source.pull_policy, _PULL_POLICIES, f"{path}.pullPolicy")


def _ephemeral_problems(source: Mapping[str, JsonValue], path: str) -> Iterator[Problem]:
    if source.get("volumeClaimTemplate") is None:
        yield required(f"{path}.volumeClaimTemplate", "must say what the claim asks for")


def _claim_problems(source: Mapping[str, JsonValue], path: str) -> Iterator[Problem]:
    if not source.get("claimName"):
        yield required(f"{path}.claimName", "must name a PersistentVolumeClaim")


_HOST_PATH_TYPES: Final = tuple(each.value for each in HostPathType)
_PULL_POLICIES: Final = tuple(each.value for each in PullPolicy)
_CHECKS: Final[Mapping[str, _Check]] = {
    "empty_dir": _empty_dir_problems,
    "host_path": _host_path_problems,
    "config_map": config_map_problems,
    "secret": secret_problems,
    "downward_api": downward_api_problems,
    "projected": projected_problems,
    "image": _image_problems,
    "persistent_volume_claim": _claim_problems,
    "ephemeral": _ephemeral_problems,
}
_ORDER: Final = (
    "empty_dir host_path git_repo gce_persistent_disk aws_elastic_block_store secret nfs iscsi"
    " glusterfs flocker persistent_volume_claim rbd cinder cephfs quobyte downward_api fc"
    " flex_volume config_map azure_file vsphere_volume photon_persistent_disk portworx_volume"
    " azure_disk storageos projected scale_io csi ephemeral image"
).split()
"""In which order Kubernetes looks: of two sources, the one that comes later is one too many."""
_SOURCES: Final[tuple[tuple[str, str, _Check | None], ...]] = tuple(
    (name, camel_case(name), _CHECKS.get(name))
    for name in sorted({field.name for field in attrs.fields(Volume)} - {"name"}, key=_ORDER.index)
)
"""Attribute, field and rules of every source a volume can have."""
