"""Structure: plain values become the classes of `seedpod.spec`, strictly, with every problem noted.

Theory of operation: for each class a table is made once, from its fields' types: v1 name to Python
name and a reader. A reader takes a value and the path to it and returns what the field gets; when
the value is wrong it notes a problem and returns `WRONG`, and the field keeps its default. Nothing
is coerced, with one exception that Kubernetes makes too: `1.0` is an integer.
"""

from __future__ import annotations

import base64
import difflib
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

import attrs

from seedpod._core.manifest.path import Path, key_step, shown
from seedpod.errors import ABSENT, Problem, ProblemKind
from seedpod.spec import FrozenMap, Quantity, camel_case

Problems: TypeAlias = list[Problem]
Reader: TypeAlias = Callable[[object, Path, Problems], object]
WRONG: Final = object()
"""What a reader returns when the value was wrong; the problem is noted."""

_INT64: Final = range(-(2**63), 2**63)


@attrs.frozen
class Shape:
    """How the manifest of one class is read."""

    make: Callable[..., Any]
    fields: Mapping[str, tuple[str, Reader]]
    """By v1 name: the Python name, and the reader."""


def structure(shape: Shape, raw: object, path: Path, problems: Problems) -> object:
    """What *raw* describes; as much of it as could be read when there are problems."""
    if type(raw) is not dict:
        return _wrong_type(raw, path, problems, "a mapping")
    values: dict[str, object] = {}
    for key, value in cast("dict[str, object]", raw).items():
        field = shape.fields.get(key)
        if field is None:
            problems.append(_unknown_field(shape, key, path))
        elif value is not None:
            built = field[1](value, (path, key), problems)
            if built is not WRONG:
                values[field[0]] = built
    return shape.make(**values)


@cache
def shape_of(cls: type) -> Shape:
    """The shape of a class of `seedpod.spec`, from its fields' types."""
    hints = get_type_hints(cls)
    return Shape(
        cls,
        {
            camel_case(field.name): (field.name, reader_of(hints[field.name]))
            for field in attrs.fields(cls)
        },
    )


@cache
def reader_of(hint: object) -> Reader:
    """The reader of values of one type."""
    if hint in _READERS:
        return _READERS[hint]
    origin, args = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        some = tuple(each for each in args if each is not type(None))
        return read_int_or_text if set(some) == {int, str} else reader_of(some[0])
    if origin is tuple:
        return _list_reader(args[0])
    if args:
        return read_json_map if args[1] is object else map_reader(reader_of(args[1]))
    return _object_reader(cast("type", hint))


def map_reader(reader: Reader, *, is_secret: bool = False) -> Reader:
    """The reader of mappings whose values *reader* reads; what is secret is not shown."""

    def read(raw: object, path: Path, problems: Problems) -> object:
        if type(raw) is not dict:
            if is_secret:
                return _wrong(problems, path, ProblemKind.TYPE_INVALID, ABSENT, "must be a mapping")
            return _wrong_type(raw, path, problems, "a mapping")
        made: dict[str, object] = {}
        for key, value in cast("dict[str, object]", raw).items():
            built = reader(value, (path, key_step(key)), problems)
            if built is not WRONG:
                made[key] = built
        return FrozenMap(made)

    return read


def read_text(raw: object, path: Path, problems: Problems) -> object:
    """A string; never a number or boolean in its place."""
    if type(raw) is str:
        return raw
    quote = "; put the value in quotes" if isinstance(raw, bool | int | float) else ""
    return _wrong_type(raw, path, problems, "a string", quote)


def read_integer(raw: object, path: Path, problems: Problems) -> object:
    """An integer of 64 bits; `1.0` is one."""
    number = int(raw) if type(raw) is float and raw.is_integer() else raw
    if type(number) is not int:
        return _wrong_type(raw, path, problems, "an integer", _unquote(raw))
    if number not in _INT64:
        return _wrong(problems, path, ProblemKind.INVALID, raw, "must fit into 64 bits")
    return number


def read_boolean(raw: object, path: Path, problems: Problems) -> object:
    """True or false."""
    if type(raw) is bool:
        return raw
    words = {"true", "false", "yes", "no"}
    unquote = "; remove the quotes" if isinstance(raw, str) and raw.lower() in words else ""
    return _wrong_type(raw, path, problems, "true or false", unquote)


def read_int_or_text(raw: object, path: Path, problems: Problems) -> object:
    """A number or a name: a port."""
    if type(raw) is str:
        return raw
    if type(raw) is int or type(raw) is float:
        return read_integer(raw, path, problems)
    return _wrong_type(raw, path, problems, "a number or a name")


def read_quantity(raw: object, path: Path, problems: Problems) -> object:
    """A quantity, written as text or as a number."""
    if not isinstance(raw, str | int | float) or isinstance(raw, bool):
        return _wrong_type(raw, path, problems, "a quantity such as 500m or 64Mi")
    try:
        return Quantity(raw)
    except ValueError as error:
        wanted = str(error).removeprefix(f"{str(raw)!r}: ")
        return _wrong(problems, path, ProblemKind.INVALID, raw, wanted)


def read_json_map(raw: object, path: Path, problems: Problems) -> object:
    """A mapping that is kept as it is."""
    if type(raw) is dict:
        return cast("dict[str, object]", raw)
    return _wrong_type(raw, path, problems, "a mapping")


def read_base64(raw: object, path: Path, problems: Problems) -> object:
    """Bytes written as base64, which may be broken into lines; never shown, they may be secret."""
    text = raw.replace("\n", "").replace("\r", "") if isinstance(raw, str) else "?"
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return _wrong(problems, path, ProblemKind.INVALID, ABSENT, "must be base64")


def _list_reader(item: object) -> Reader:
    """The reader of lists of *item*; a wrong object leaves an empty one, so indices stay true."""
    reader = reader_of(item)
    spare = item if isinstance(item, type) and attrs.has(item) else None

    def read(raw: object, path: Path, problems: Problems) -> object:
        if type(raw) is not list:
            return _wrong_type(raw, path, problems, "a list", _listed(raw))
        made: list[object] = []
        for index, value in enumerate(cast("list[object]", raw)):
            built = reader(value, (path, index), problems)
            if built is not WRONG:
                made.append(built)
            elif spare is not None:
                made.append(spare())
        return tuple(made)

    return read


def _object_reader(cls: type) -> Reader:
    shape = shape_of(cls)

    def read(raw: object, path: Path, problems: Problems) -> object:
        return structure(shape, raw, path, problems)

    return read


def _unknown_field(shape: Shape, key: str, path: Path) -> Problem:
    wanted = "is not a field of Kubernetes' API"
    known = {name.lower(): name for name in shape.fields}
    near = difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.6)
    if near:
        wanted += f'; did you mean "{known[near[0]]}"?'
    elif len(known) <= 12:
        wanted += f"; known here: {', '.join(shape.fields)}"
    return Problem(shown((path, key)), ProblemKind.UNKNOWN_FIELD, ABSENT, wanted)


def _wrong_type(raw: object, path: Path, problems: Problems, wanted: str, hint: str = "") -> object:
    sentence = f"must be {wanted}, not {_kind_of(raw)}{hint}"
    shown_value = ABSENT if isinstance(raw, dict | list) or raw is None else raw
    return _wrong(problems, path, ProblemKind.TYPE_INVALID, shown_value, sentence)


def _wrong(problems: Problems, path: Path, kind: ProblemKind, found: object, wanted: str) -> object:
    problems.append(Problem(shown(path), kind, found, wanted))
    return WRONG


def _kind_of(raw: object) -> str:
    """What the user would call *raw*."""
    names: dict[object, str] = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "a mapping",
    }
    if type(raw) is float and not raw.is_integer():
        return "a fraction"
    return names.get(type(raw), "null")


def _unquote(raw: object) -> str:
    is_quoted = isinstance(raw, str) and raw.lstrip("+-").isdecimal()
    return "; remove the quotes" if is_quoted else ""


def _listed(raw: object) -> str:
    if isinstance(raw, str):
        return f'; write ["{raw}"] for a list of one' if len(raw) <= 30 else ""
    return "; put a dash before it" if isinstance(raw, dict) else ""


_READERS: Final[dict[object, Reader]] = {
    str: read_text,
    int: read_integer,
    bool: read_boolean,
    bytes: read_base64,
    Quantity: read_quantity,
}
