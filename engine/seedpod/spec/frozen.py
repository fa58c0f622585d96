"""Read-only collections: what every list and mapping of a pod's description is turned into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    JsonValue: TypeAlias = (
        "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
    )
else:
    # A recursive alias cannot be resolved from another module, and every field's type is.
    JsonValue = object
"""Anything JSON can say; used where Kubernetes' value means nothing to the engine."""

V_co = TypeVar("V_co", covariant=True)


class FrozenMap(Mapping[str, V_co]):
    """A mapping that cannot change; compares equal to any mapping with the same items.

    Unlike `types.MappingProxyType` it can be hashed, copied and pickled.
    """

    __slots__ = ("_items",)
    _items: dict[str, V_co]

    def __init__(self, items: Mapping[str, V_co] | None = None) -> None:
        object.__setattr__(self, "_items", dict(items or {}))

    def __getitem__(self, key: str) -> V_co:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FrozenMap):
            return self._items == cast("FrozenMap[object]", other)._items
        if isinstance(other, Mapping):
            return self._items == dict(cast("Mapping[str, object]", other))
        return NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)

    def __setattr__(self, name: str, value: object) -> None:
        message = f"{type(self).__name__} cannot change"
        raise AttributeError(message)

    def __reduce__(self) -> tuple[type[FrozenMap[V_co]], tuple[dict[str, V_co]]]:
        return type(self), (self._items,)


_EMPTY: FrozenMap[Any] = FrozenMap()


# Type checkers cannot follow a type variable through a converter: hence Any, here and below.
def as_tuple(items: Iterable[Any] | None) -> tuple[Any, ...]:
    """*items* as a tuple; None is the empty one.

    Raises:
        TypeError: *items* is one string, which would fall into its letters.
    """
    if items is None:
        return ()
    if isinstance(items, str | bytes):
        message = f"{items!r}: must be a list, not one string"
        raise TypeError(message)
    return tuple(items)


def as_map(items: Mapping[str, Any] | None) -> FrozenMap[Any]:
    """A read-only copy of *items*; None is the empty one."""
    if not items:
        return _EMPTY
    return items if isinstance(items, FrozenMap) else FrozenMap(items)


def as_json(value: JsonValue) -> JsonValue:
    """A read-only copy of *value*, through all its levels."""
    if isinstance(value, str):
        return value
    if isinstance(value, FrozenMap):
        return cast("JsonValue", value)
    if isinstance(value, Mapping):
        return FrozenMap({key: as_json(each) for key, each in value.items()})
    if isinstance(value, Sequence):
        return tuple(as_json(each) for each in value)
    return value


def as_json_map(value: Mapping[str, JsonValue] | None) -> Mapping[str, JsonValue] | None:
    """A read-only copy of the mapping *value*, or None."""
    return None if value is None else cast("Mapping[str, JsonValue]", as_json(value))


def as_json_maps(
    values: Iterable[Mapping[str, JsonValue]] | None,
) -> tuple[Mapping[str, JsonValue], ...]:
    """Read-only copies of a list of mappings; None is the empty list."""
    return tuple(cast("Mapping[str, JsonValue]", as_json(each)) for each in values or ())
