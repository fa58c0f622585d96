"""JSON that somebody else has written, taken apart: what is not there, or is not so, is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

Table: TypeAlias = Mapping[str, Any]
"""A JSON object; what stands in it is anybody's guess."""


def table_in(table: Table, key: str) -> Table:
    """The object *table* has under *key*; empty if it has none there."""
    found = table.get(key)
    return cast(Table, found) if isinstance(found, dict) else {}


def tables_in(table: Table, key: str) -> Sequence[Table]:
    """The objects in the list *table* has under *key*."""
    found = table.get(key)
    listed = cast("list[object]", found) if isinstance(found, list) else []
    return [cast(Table, each) for each in listed if isinstance(each, dict)]


def text_in(table: Table, key: str) -> str:
    """The string *table* has under *key*; empty if it has none there."""
    found = table.get(key)
    return found if isinstance(found, str) else ""


def number_in(table: Table, key: str) -> int:
    """The whole number *table* has under *key*; 0 if it has none there."""
    found = table.get(key)
    return int(found) if isinstance(found, int | float) else 0
