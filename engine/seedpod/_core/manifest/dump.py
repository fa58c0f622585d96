"""Dump: our classes as Kubernetes would write them, what is unset left out."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, Literal, TypeAlias, cast

import attrs
import yaml

from seedpod._core.manifest.kinds import Object
from seedpod._core.manifest.load import Manifest
from seedpod._core.manifest.scalars import is_plain_text
from seedpod.spec import JsonValue, Pod, Quantity, camel_case
from seedpod.status import ContainerState, PodStatus, Terminated

_ALWAYS: Final = frozenset(
    {
        "ConfigMap.api_version",
        "ConfigMap.kind",
        "ContainerStatus.image",
        "ContainerStatus.image_id",
        "ContainerStatus.last_state",
        "ContainerStatus.ready",
        "ContainerStatus.restart_count",
        "LinuxContainerUser.gid",
        "LinuxContainerUser.uid",
        "Pod.api_version",
        "Pod.kind",
        "PodStatus.phase",
        "Secret.api_version",
        "Secret.kind",
        "SleepAction.seconds",
    }
)
"""Fields that are written even when they hold what is there by default."""
_NEVER_UNSET: Final = object()
_Field: TypeAlias = tuple[str, str, object, Callable[[Any], JsonValue]]
"""Python name, v1 name, the value that is left out, and how any other is written."""


def dump(
    manifest: Pod | Iterable[Object],
    format: Literal["yaml", "json"] = "yaml",  # noqa: A002
) -> str:
    """The text of a manifest that loads as the same objects again.

    Args:
        manifest: a pod, several objects, or all objects of a `Manifest`.
        format: several objects make several YAML documents, or one JSON List.

    Returns:
        The text, ending with a line break.
    """
    found = [to_dict(each) for each in _objects(manifest)]
    if format == "yaml":
        return yaml.dump_all(found, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    whole = found[0] if len(found) == 1 else {"apiVersion": "v1", "kind": "List", "items": found}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def with_status(pod: Pod, status: PodStatus) -> Pod:
    """*pod* with this status, as `kubectl get` would have it."""
    return attrs.evolve(pod, status=to_dict(status))


def _objects(manifest: Pod | Iterable[Object]) -> Iterable[Object]:
    if isinstance(manifest, Pod):
        return [manifest]
    return manifest.objects if isinstance(manifest, Manifest) else manifest


def to_dict(value: attrs.AttrsInstance) -> dict[str, JsonValue]:
    """The v1 form of a description or a status: dictionaries, lists and plain values."""
    made: dict[str, JsonValue] = {}
    for name, key, unset, write in _fields(type(value)):
        held = getattr(value, name)
        if held != unset:
            made[key] = write(held)
    return made


@cache
def _fields(cls: type[attrs.AttrsInstance]) -> tuple[_Field, ...]:
    """How each field of a class is written."""
    return tuple(
        (
            field.name,
            camel_case(field.name),
            _NEVER_UNSET if f"{cls.__name__}.{field.name}" in _ALWAYS else _unset(field),
            _WRITERS.get(f"{cls.__name__}.{field.name}", _plain),
        )
        for field in attrs.fields(cls)
    )


def _unset(field: attrs.Attribute[Any]) -> object:
    """What *field* holds when nobody sets it."""
    default: Any = field.default
    if default is attrs.NOTHING:
        return _NEVER_UNSET
    value = default.factory() if hasattr(default, "factory") else default
    convert = cast("Callable[[object], object] | None", field.converter)
    return value if convert is None else convert(value)


def _plain(value: object) -> JsonValue:
    """*value* as JSON has it."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return str(value)
        case bytes():
            return base64.b64encode(value).decode()
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case Quantity():
            return str(value)
        case Mapping():
            return {key: _plain(each) for key, each in cast("Mapping[str, Any]", value).items()}
        case Sequence():
            return [_plain(each) for each in cast("Sequence[object]", value)]
        case _:
            return to_dict(cast("attrs.AttrsInstance", value))


def _state(state: ContainerState) -> dict[str, JsonValue]:
    return {type(state).__name__.lower(): to_dict(state)}


def _last_state(state: Terminated | None) -> dict[str, JsonValue]:
    return {} if state is None else _state(state)


def _addresses(addresses: tuple[str, ...]) -> list[JsonValue]:
    return [{"ip": address} for address in addresses]


_WRITERS: Final[dict[str, Callable[[Any], JsonValue]]] = {
    "ContainerStatus.state": _state,
    "ContainerStatus.last_state": _last_state,
    "PodStatus.host_ips": _addresses,
    "PodStatus.pod_ips": _addresses,
}


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as a block, and quotes what Kubernetes would misread."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """Write everything out."""
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """A string as a scalar that reads as the same string."""
        style = "|" if "\n" in text else None
        if style is None and not is_plain_text(text):
            style = "'"
        return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)
