"""The files of a configMap, secret, downwardAPI or projected volume.

Theory of operation: the first three are projected volumes of one source. Of equal paths the later
source's file stays. Whatever is missing is named at once, all of it.

Source: kubelet, pkg/volume/{configmap,secret,downwardapi,projected}; atomic_writer.go for the path
rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs

from seedpod._core.downward import PodFacts, Unresolved, field_value, resource_value
from seedpod._core.environment import Objects
from seedpod.spec import (
    ConfigMapProjection,
    DownwardAPIProjection,
    DownwardAPIVolumeFile,
    KeyToPath,
    Pod,
    SecretProjection,
    Volume,
    VolumeProjection,
)

_DEFAULT_MODE: Final = 0o644
_LONGEST_PATH: Final = 4096
_LONGEST_NAME: Final = 255


@attrs.frozen
class File:
    """One file of a volume."""

    data: bytes = attrs.field(repr=False)
    """Not in the repr: it may be a secret."""
    mode: int


@attrs.frozen
class Payload:
    """All files of a volume, by their paths below its root."""

    files: Mapping[str, File]


@attrs.frozen
class Missing:
    """The volume cannot be filled now."""

    message: str
    """In Kubernetes' words; several of them in brackets."""


def has_payload(volume: Volume) -> bool:
    """Whether the engine writes the volume's content."""
    kinds = (volume.config_map, volume.secret, volume.downward_api, volume.projected)
    return any(kind is not None for kind in kinds)


def payload(pod: Pod, volume: Volume, facts: PodFacts, objects: Objects) -> Payload | Missing:
    """The files that *volume* shows now, or all that is missing for it.

    Args:
        pod: Whose volume it is.
        volume: One for which `has_payload` is true.
        facts: What references to fields of the pod need beside its spec.
        objects: Where ConfigMaps and Secrets are looked up.
    """
    sources, mode = _sources(volume)
    files: dict[str, File] = {}
    missing: list[str] = []
    for source in sources:
        part = _projection(pod, source, facts, objects)
        missing.extend(part.missing)
        for path, data, own_mode in part.entries:
            files[_clean(path)] = File(data, mode if own_mode is None else own_mode)
    missing.extend(path_problems(files))
    if missing:
        return Missing(missing[0] if len(missing) == 1 else f"[{', '.join(missing)}]")
    return Payload(files)


def path_problems(paths: Iterable[str]) -> list[str]:
    """What is wrong with *paths* as the files of one volume, in words; empty if nothing is."""
    known = list(paths)
    problems = [problem for path in known if (problem := _path_problem(path))]
    directories = {path[:end] for path in known for end in _slashes(path)}
    clashes = sorted(directories.intersection(known))
    return [*problems, *(f"invalid path: {path}: both a file and a directory" for path in clashes)]


@attrs.define(eq=False)
class _Part:
    """What one source of a volume contributes."""

    entries: list[tuple[str, bytes, int | None]] = attrs.field(
        factory=list[tuple[str, bytes, int | None]]
    )
    """Path, content, and the mode if it has one of its own."""
    missing: list[str] = attrs.field(factory=list[str])


def _sources(volume: Volume) -> tuple[Sequence[VolumeProjection], int]:
    """The volume as the sources of a projected one, with the mode of its files."""
    default: int | None = None
    sources: Sequence[VolumeProjection] = ()
    if (config_map := volume.config_map) is not None:
        projection = ConfigMapProjection(
            name=config_map.name, items=config_map.items, optional=config_map.optional
        )
        sources, default = [VolumeProjection(config_map=projection)], config_map.default_mode
    elif (secret := volume.secret) is not None:
        hidden = SecretProjection(
            name=secret.secret_name, items=secret.items, optional=secret.optional
        )
        sources, default = [VolumeProjection(secret=hidden)], secret.default_mode
    elif (downward := volume.downward_api) is not None:
        own = DownwardAPIProjection(items=downward.items)
        sources, default = [VolumeProjection(downward_api=own)], downward.default_mode
    elif volume.projected is not None:
        sources, default = volume.projected.sources, volume.projected.default_mode
    return sources, _DEFAULT_MODE if default is None else default


def _projection(pod: Pod, source: VolumeProjection, facts: PodFacts, objects: Objects) -> _Part:
    namespace = pod.metadata.namespace
    if source.config_map is not None:
        return _config_map_part(namespace, source.config_map, objects)
    if source.secret is not None:
        return _secret_part(namespace, source.secret, objects)
    if source.downward_api is not None:
        return _downward_part(pod, source.downward_api.items, facts)
    if source.service_account_token is not None:
        return _Part(missing=["this engine issues no serviceAccountToken"])
    return _Part()


def _config_map_part(namespace: str, source: ConfigMapProjection, objects: Objects) -> _Part:
    config_map = objects.config_map(namespace, source.name)
    if config_map is None:
        return _absent(source.optional, f'configmap "{source.name}" not found')
    data = {key: value.encode() for key, value in config_map.data.items()}
    data.update(config_map.binary_data)
    words = None if source.optional else "configmap references non-existent config key: "
    return _selected(data, source.items, words)


def _secret_part(namespace: str, source: SecretProjection, objects: Objects) -> _Part:
    secret = objects.secret(namespace, source.name)
    if secret is None:
        return _absent(source.optional, f'secret "{source.name}" not found')
    words = None if source.optional else "references non-existent secret key: "
    return _selected(secret.data, source.items, words)


def _absent(optional: bool | None, message: str) -> _Part:  # noqa: FBT001 - the field's own value
    return _Part() if optional else _Part(missing=[message])


def _selected(data: Mapping[str, bytes], items: Sequence[KeyToPath], words: str | None) -> _Part:
    """The keys that *items* choose, or all; *words* begin what is said of a missing one, if any."""
    part = _Part()
    if not items:
        part.entries.extend((key, value, None) for key, value in data.items())
    for item in items:
        if item.key in data:
            part.entries.append((item.path, data[item.key], item.mode))
        elif words is not None:
            part.missing.append(words + item.key)
    return part


def _downward_part(pod: Pod, items: Sequence[DownwardAPIVolumeFile], facts: PodFacts) -> _Part:
    part = _Part()
    for item in items:
        value: str | Unresolved = ""
        if item.field_ref is not None:
            value = field_value(pod, item.field_ref.field_path, facts)
        elif item.resource_field_ref is not None:
            value = resource_value(pod, None, item.resource_field_ref, facts)
        if isinstance(value, Unresolved):
            part.missing.append(value.message)
        else:
            part.entries.append((item.path, value.encode(), item.mode))
    return part


def _clean(path: str) -> str:
    """*path* without empty and `.` components; what is wrong with it stays wrong."""
    cleaned = "/".join(part for part in path.split("/") if part not in {"", "."})
    return f"/{cleaned}" if path.startswith("/") else cleaned


def _path_problem(path: str) -> str | None:
    names = path.split("/")
    if not path:
        return "invalid path: must not be empty"
    if path.startswith("/"):
        return f"invalid path: must be relative path: {path}"
    if len(path.encode()) > _LONGEST_PATH:
        return f"invalid path: must be less than or equal to {_LONGEST_PATH} characters"
    if ".." in names:
        return f"invalid path: must not contain '..': {path}"
    if any(len(name.encode()) > _LONGEST_NAME for name in names):
        return f"invalid path: filenames must be less than or equal to {_LONGEST_NAME} characters"
    if path.startswith(".."):
        return f"invalid path: must not start with '..': {path}"
    return "invalid path: must not contain a null byte" if "\0" in path else None


def _slashes(path: str) -> Iterable[int]:
    return (index for index, character in enumerate(path) if character == "/" and index)
