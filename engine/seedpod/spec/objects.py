"""Objects a pod refers to: ConfigMap and Secret."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from seedpod.spec.frozen import FrozenMap, as_map
from seedpod.spec.metadata import ObjectMeta


def as_bytes(items: Mapping[str, bytes | str] | None) -> FrozenMap[bytes]:
    """A read-only copy of *items*, text encoded as UTF-8; None is the empty one."""
    return as_map(
        {
            key: value.encode() if isinstance(value, str) else bytes(value)
            for key, value in (items or {}).items()
        }
    )


def _keys_only(items: Mapping[str, bytes]) -> str:
    """The keys of a secret, without what they hold."""
    return "{" + ", ".join(f"{key!r}: ..." for key in items) + "}"


@attrs.frozen(kw_only=True)
class ConfigMap:
    """Settings by key."""

    api_version: str = "v1"
    kind: str = "ConfigMap"
    metadata: ObjectMeta = attrs.field(factory=ObjectMeta)
    data: Mapping[str, str] = attrs.field(default=None, converter=as_map)
    binary_data: Mapping[str, bytes] = attrs.field(default=None, converter=as_bytes)
    """Decoded: base64 stands in the manifest only."""
    immutable: bool | None = None


@attrs.frozen(kw_only=True)
class Secret:
    """Values by key that are not shown: not in its repr, not in messages."""

    api_version: str = "v1"
    kind: str = "Secret"
    metadata: ObjectMeta = attrs.field(factory=ObjectMeta)
    data: Mapping[str, bytes] = attrs.field(default=None, converter=as_bytes, repr=_keys_only)
    """Decoded, `stringData` included: base64 stands in the manifest only."""
    type: str = ""
    immutable: bool | None = None
