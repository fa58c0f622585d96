"""What is wrong with a ConfigMap or a Secret.

Source: kubernetes, pkg/apis/core/validation: ValidateConfigMap, ValidateSecret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from seedpod._core.validation import text
from seedpod._core.validation.metadata import metadata_problems
from seedpod._core.validation.report import invalid, required, too_long
from seedpod.errors import Problem
from seedpod.spec.objects import ConfigMap, Secret

_MAX_BYTES: Final = 1024 * 1024
_KEYS_BY_TYPE: Final[Mapping[str, tuple[str, ...]]] = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}


def object_problems(obj: ConfigMap | Secret) -> list[Problem]:
    """Everything that is wrong with an object a pod refers to; values are never shown."""
    checks = _secret_problems(obj) if isinstance(obj, Secret) else _config_map_problems(obj)
    return [*metadata_problems(obj.metadata, "metadata"), *checks]


def _config_map_problems(config_map: ConfigMap) -> Iterator[Problem]:
    yield from _keys_problems(config_map.data, "data")
    yield from _keys_problems(config_map.binary_data, "binaryData")
    for key in config_map.data.keys() & config_map.binary_data.keys():
        yield invalid(f"data[{key}]", key, "must not be a key of binaryData too")
    size = sum(len(value.encode()) for value in config_map.data.values())
    size += sum(len(value) for value in config_map.binary_data.values())
    yield from _size_problems(size, "")


def _secret_problems(secret: Secret) -> Iterator[Problem]:
    yield from _keys_problems(secret.data, "data")
    yield from _size_problems(sum(len(value) for value in secret.data.values()), "data")
    for key in _KEYS_BY_TYPE.get(secret.type, ()):
        if key not in secret.data:
            yield required(f"data[{key}]", f"is required for a secret of type {secret.type}")
    if secret.type == "kubernetes.io/basic-auth" and not secret.data.keys() & _BASIC_AUTH:
        yield required("data[username]", "username or password is required for this type")


def _keys_problems(data: Mapping[str, object], path: str) -> Iterator[Problem]:
    for key in data:
        if not text.is_config_key(key):
            yield invalid(f"{path}[{key}]", key, text.CONFIG_KEY)


def _size_problems(size: int, path: str) -> Iterator[Problem]:
    if size > _MAX_BYTES:
        yield too_long(path, size, f"must hold at most {_MAX_BYTES} bytes")


_BASIC_AUTH: Final = frozenset({"username", "password"})
