"""ObjectMeta: what every object has besides its content."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from seedpod.spec.frozen import JsonValue, as_json_maps, as_map, as_tuple


@attrs.frozen(kw_only=True)
class ObjectMeta:
    """Name, labels and annotations; the rest a cluster fills in, and is kept as it was found."""

    name: str = ""
    generate_name: str = ""
    """The beginning of a name to be made up, where `name` is empty."""
    namespace: str = ""
    uid: str = ""
    """Empty until the engine accepts the pod."""
    labels: Mapping[str, str] = attrs.field(default=None, converter=as_map)
    annotations: Mapping[str, str] = attrs.field(default=None, converter=as_map)
    self_link: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str = ""
    deletion_timestamp: str = ""
    deletion_grace_period_seconds: int | None = None
    owner_references: tuple[Mapping[str, JsonValue], ...] = attrs.field(
        default=(), converter=as_json_maps
    )
    finalizers: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    managed_fields: tuple[Mapping[str, JsonValue], ...] = attrs.field(
        default=(), converter=as_json_maps
    )
