"""What is wrong with volumes whose files are made of keys and fields.

Kubernetes reports the problems of downward API files without the index of the file, those of a
token's path at the volume, and we with it; what is meant is named in words instead.

Source: kubernetes, pkg/apis/core/validation: validateKeyToPath, validateDownwardAPIVolumeFile,
validateProjectionSources.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from seedpod._core.validation import text
from seedpod._core.validation.fieldrefs import (
    VOLUME_FIELDS,
    field_ref_problems,
    resource_ref_problems,
)
from seedpod._core.validation.report import forbidden, invalid, required
from seedpod.errors import Problem
from seedpod.spec.volume import (
    ConfigMapProjection,
    ConfigMapVolumeSource,
    DownwardAPIVolumeFile,
    DownwardAPIVolumeSource,
    KeyToPath,
    ProjectedVolumeSource,
    SecretProjection,
    SecretVolumeSource,
    ServiceAccountTokenProjection,
    VolumeProjection,
)

_MODE: Final = "must be between 0 and 0777 (511)"
_SHORTEST_TOKEN_SECONDS: Final = 600
_LONGEST_TOKEN_SECONDS: Final = 2**32


def config_map_problems(source: ConfigMapVolumeSource, path: str) -> Iterator[Problem]:
    """What is wrong with a ConfigMap as a volume."""
    if not source.name:
        yield required(f"{path}.name", "must name a ConfigMap")
    yield from mode_problems(source.default_mode, f"{path}.defaultMode")
    yield from _items_problems(source.items, path)


def secret_problems(source: SecretVolumeSource, path: str) -> Iterator[Problem]:
    """What is wrong with a Secret as a volume."""
    if not source.secret_name:
        yield required(f"{path}.secretName", "must name a Secret")
    yield from mode_problems(source.default_mode, f"{path}.defaultMode")
    yield from _items_problems(source.items, path)


def downward_api_problems(source: DownwardAPIVolumeSource, path: str) -> Iterator[Problem]:
    """What is wrong with the pod's fields as a volume."""
    yield from mode_problems(source.default_mode, f"{path}.defaultMode")
    for file in source.items:
        yield from _file_problems(file, path)


def projected_problems(source: ProjectedVolumeSource, path: str) -> Iterator[Problem]:
    """What is wrong with several sources in one volume."""
    yield from mode_problems(source.default_mode, f"{path}.defaultMode")
    seen: set[str] = set()
    for index, projection in enumerate(source.sources):
        yield from _projection_problems(projection, f"{path}.sources[{index}]", path)
        for taken in _explicit_paths(projection):
            if taken in seen:
                yield invalid(path, taken, "must be the path of one source only")
            seen.add(taken)


def key_to_path_problems(item: KeyToPath, path: str) -> Iterator[Problem]:
    """What is wrong with one key as a file."""
    if not item.key:
        yield required(f"{path}.key", "must name a key")
    if not item.path:
        yield required(f"{path}.path", "must be a file inside the volume")
    yield from local_path_problems(item.path, f"{path}.path")
    yield from mode_problems(item.mode, f"{path}.mode")


def mode_problems(mode: int | None, path: str) -> Iterator[Problem]:
    """What is wrong with the permissions of a file."""
    if mode is not None and not 0 <= mode <= 0o777:
        yield invalid(path, mode, _MODE)


def local_path_problems(found: str, path: str) -> Iterator[Problem]:
    """What is wrong with the path of a file inside a volume."""
    if found.startswith("/") or text.has_backstep(found):
        yield invalid(path, found, "must be a relative path without '..'")
    elif found.startswith(".."):
        yield invalid(path, found, "must not start with '..'")


def _items_problems(items: Sequence[KeyToPath], path: str) -> Iterator[Problem]:
    for index, item in enumerate(items):
        yield from key_to_path_problems(item, f"{path}.items[{index}]")


def _file_problems(file: DownwardAPIVolumeFile, path: str) -> Iterator[Problem]:
    if not file.path:
        yield required(f"{path}.path", "every item must have the path of a file inside the volume")
    yield from local_path_problems(file.path, f"{path}.path")
    if file.field_ref is not None:
        yield from field_ref_problems(file.field_ref, VOLUME_FIELDS, f"{path}.fieldRef")
        if file.resource_field_ref is not None:
            yield invalid(path, file.path, "must have fieldRef or resourceFieldRef, not both")
    elif file.resource_field_ref is not None:
        yield from resource_ref_problems(
            file.resource_field_ref, f"{path}.resourceFieldRef", is_volume=True
        )
    else:
        yield required(path, f"item {file.path!r} must have fieldRef or resourceFieldRef")
    yield from mode_problems(file.mode, f"{path}.mode")


def _projection_problems(
    projection: VolumeProjection, path: str, volume_path: str
) -> Iterator[Problem]:
    if projection.secret is not None:
        yield from _object_problems(projection.secret, f"{path}.secret")
    if projection.config_map is not None:
        yield from _object_problems(projection.config_map, f"{path}.configMap")
    for file in projection.downward_api.items if projection.downward_api is not None else ():
        yield from _file_problems(file, f"{path}.downwardAPI")
    if projection.service_account_token is not None:
        where = f"{path}.serviceAccountToken"
        yield from _token_problems(projection.service_account_token, where, volume_path)
    found = [field for name, field in _KINDS if getattr(projection, name) is not None]
    if len(found) > 1:
        yield forbidden(path, f"must not have {found[1]} together with {found[0]}")


def _object_problems(
    source: SecretProjection | ConfigMapProjection, path: str
) -> Iterator[Problem]:
    if not source.name:
        yield required(f"{path}.name", "must name an object")
    yield from _items_problems(source.items, path)


def _token_problems(
    source: ServiceAccountTokenProjection, path: str, volume_path: str
) -> Iterator[Problem]:
    seconds = source.expiration_seconds
    if seconds is not None and not _SHORTEST_TOKEN_SECONDS <= seconds <= _LONGEST_TOKEN_SECONDS:
        wanted = f"must be between {_SHORTEST_TOKEN_SECONDS} and {_LONGEST_TOKEN_SECONDS} seconds"
        yield invalid(f"{path}.expirationSeconds", seconds, wanted)
    if not source.path:
        wanted = "every serviceAccountToken must have the path of a file inside the volume"
        yield required(f"{volume_path}.path", wanted)
    else:
        yield from local_path_problems(source.path, f"{volume_path}.path")


def _explicit_paths(projection: VolumeProjection) -> Iterator[str]:
    """The paths of files that the source names itself."""
    sources = (projection.secret, projection.config_map, projection.downward_api)
    for source in sources:
        for item in () if source is None else source.items:
            if item.path:
                yield item.path
    token = projection.service_account_token
    if token is not None and token.path:
        yield token.path


_KINDS: Final = (
    ("secret", "secret"),
    ("config_map", "configMap"),
    ("downward_api", "downwardAPI"),
    ("service_account_token", "serviceAccountToken"),
    ("cluster_trust_bundle", "clusterTrustBundle"),
    ("pod_certificate", "podCertificate"),
)
"""Attribute and field of every kind a source can be, in the order Kubernetes looks."""
