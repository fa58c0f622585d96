"""Documents: the text of a manifest as plain values, YAML or JSON.

Theory of operation: libyaml makes a graph of nodes, and this module makes values of the graph. It
does not use PyYAML's own constructor, because that one takes the last of duplicate keys, expands
aliases without bound and knows YAML 1.1's timestamps and base-60 numbers. JSON is read by the JSON
parser, which alone knows its escapes, unless it finds something to complain about: then YAML, of
which JSON is a subset, reads it again and knows the lines.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NoReturn, cast

import attrs
import yaml

from seedpod._core.manifest.path import Path, shown
from seedpod._core.manifest.scalars import Scalar, plain_value
from seedpod.errors import ABSENT, ManifestError, Problem, ProblemKind

if TYPE_CHECKING:
    from yaml import SafeLoader as _Parser
else:
    try:
        from yaml import CSafeLoader as _Parser
    except ImportError:  # a PyYAML built without libyaml: slower, but the same
        from yaml import SafeLoader as _Parser

_DEEPEST: Final = 100
"""Levels of nesting; a Pod needs about a dozen."""
_MOST_ALIASED: Final = 10_000
"""Values that may come from following aliases; go-yaml draws a similar line."""
_PLAIN: Final = "plain"
"""The tag of a scalar without quotes and without a tag of its own."""
_CORE: Final = "tag:yaml.org,2002:"
_TEXT: Final = f"{_CORE}str"
_COLLECTIONS: Final = frozenset({f"{_CORE}seq", f"{_CORE}map"})


@attrs.frozen(kw_only=True)
class Document:
    """One document of a manifest."""

    content: object
    """Dictionaries, lists, text, numbers, booleans and None."""
    problems: tuple[Problem, ...] = ()
    """What was wrong with the notation."""


def documents(text: str, source: str) -> tuple[Document, ...]:
    """The documents of *text* that are not empty.

    Raises:
        ManifestError: the text is neither YAML nor JSON.
    """
    if text.lstrip().startswith("{"):
        values = _json_documents(text)
        if values is not None:
            return tuple(Document(content=value) for value in values)
    try:
        found = tuple(_yaml_documents(text))
    except yaml.YAMLError as error:
        raise _refused(_syntax_problem(error), source) from error
    except UnicodeEncodeError as error:
        wanted = "must be text that UTF-8 can encode"
        raise _refused(Problem("", ProblemKind.INVALID, ABSENT, wanted), source) from error
    except _RefusedError as error:
        raise _refused(error.problem, source) from None
    return tuple(each for each in found if each.content is not None or each.problems)


class _RefusedError(Exception):
    """The text goes beyond a bound; nothing more is read."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def _refused(problem: Problem, source: str) -> ManifestError:
    return ManifestError([problem], source)


def _json_documents(text: str) -> list[object] | None:
    """The values of *text* if it is one or more JSON texts without a flaw, otherwise None."""
    decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)
    found: list[object] = []
    rest = text.strip()
    try:
        if rest.count("{") + rest.count("[") > _DEEPEST:
            _bound_depth(rest)
        while rest:
            value, end = decoder.raw_decode(rest)
            found.append(value)
            rest = rest[end:].lstrip()
    except (ValueError, RecursionError):
        return None
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _bound_depth(text: str) -> None:
    """Refuse, as a ValueError, a text with more open brackets than levels are allowed."""
    depth = 0
    for letter in text:
        if letter in "{[":
            depth += 1
            if depth > _DEEPEST:
                raise ValueError
        elif letter in "}]":
            depth -= 1


def _yaml_documents(text: str) -> Iterator[Document]:
    composer = _Composer(text)
    try:
        while composer.check_node():
            builder = _Builder()
            content = builder.build(cast("yaml.Node", composer.get_node()), None)
            yield Document(content=content, problems=tuple(builder.problems))
    finally:
        composer.dispose()


class _Composer(_Parser):
    """Text to nodes, leaving unquoted scalars undecided and refusing bottomless nesting."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def resolve(self, kind: object, value: object, implicit: object) -> str:  # noqa: ARG002
        """The tag of a node that has none of its own."""
        if kind is yaml.ScalarNode:
            is_plain, _ = cast("tuple[bool, bool]", implicit)
            return _PLAIN if is_plain else _TEXT
        return _CORE + ("seq" if kind is yaml.SequenceNode else "map")

    def descend_resolver(self, current_node: object, current_index: object) -> None:  # noqa: ARG002
        """Count a level."""
        self._depth += 1
        if self._depth > _DEEPEST * 2:
            raise _RefusedError(_too_deep(_line(cast("yaml.Node", current_node))))

    def ascend_resolver(self) -> None:
        """Leave a level."""
        self._depth -= 1


class _Builder:
    """Nodes to values, collecting what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._built: set[int] = set()
        self._aliased = 0
        self._depth = 0

    def build(self, node: yaml.Node, path: Path) -> object:
        """The value of *node*."""
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if id(node) in self._built:
            self._count_alias(node)
        self._built.add(id(node))
        if node.tag not in _COLLECTIONS:
            wanted = f"the tag {node.tag} has no meaning here ({_line(node)})"
            self._report(path, ProblemKind.INVALID, ABSENT, wanted)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _RefusedError(_too_deep(_line(node)))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            return [self.build(each, (path, index)) for index, each in enumerate(node.value)]
        finally:
            self._depth -= 1

    def _count_alias(self, node: yaml.Node) -> None:
        self._aliased += 1 + len(node.value)
        if self._aliased > _MOST_ALIASED:
            wanted = f"aliases must not expand to more than {_MOST_ALIASED} values"
            raise _RefusedError(Problem(_line(node), ProblemKind.TOO_MANY, ABSENT, wanted))

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Scalar:
        tag: str = node.tag
        text: str = node.value
        if tag == _TEXT:
            return text
        try:
            return plain_value(text) if tag == _PLAIN else _tagged(tag, text)
        except ValueError as error:
            # What carries a tag may be a secret somebody else's tool would have put in.
            found = text if tag == _PLAIN else ABSENT
            self._report(path, ProblemKind.INVALID, found, str(error))
            return None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        made: dict[str, object] = {}
        lines: dict[str, yaml.Node] = {}
        merged: list[yaml.Node] = []
        for key_node, value_node in node.value:
            if key_node.tag == _PLAIN and key_node.value == "<<":
                merged.append(value_node)
                continue
            key = self._key(key_node, path)
            if key is None:
                continue
            if key in made:
                wanted = f"must appear only once: {_line(lines[key])} and {_line(key_node)}"
                self._report((path, key), ProblemKind.DUPLICATE, ABSENT, wanted)
                continue
            lines[key] = key_node
            made[key] = self.build(value_node, (path, key))
        return self._with_merged(made, merged, path) if merged else made

    def _key(self, node: yaml.Node, path: Path) -> str | None:
        """The key written at *node*, or None when it is not text."""
        key = self.build(node, path)
        if isinstance(key, str):
            return key
        found = node.value if isinstance(node, yaml.ScalarNode) else ABSENT
        wanted = f"a key must be a string: put it in quotes ({_line(node)})"
        self._report(path, ProblemKind.TYPE_INVALID, found, wanted)
        return None

    def _with_merged(
        self, made: dict[str, object], merged: list[yaml.Node], path: Path
    ) -> dict[str, object]:
        """*made* over what its merge keys bring; the earlier of those goes before the later."""
        below: dict[str, object] = {}
        for node in merged:
            brought = self.build(node, path)
            several = cast("list[object]", brought) if isinstance(brought, list) else [brought]
            for each in several:
                if not isinstance(each, dict):
                    wanted = f"must be a mapping, or a list of mappings ({_line(node)})"
                    self._report((path, "<<"), ProblemKind.TYPE_INVALID, ABSENT, wanted)
                    continue
                below = {**cast("dict[str, object]", each), **below}
        return {**below, **made}

    def _report(self, path: Path, kind: ProblemKind, found: object, wanted: str) -> None:
        self.problems.append(Problem(shown(path), kind, found, wanted))


def _tagged(tag: str, text: str) -> Scalar:
    """The value of *text* that carries an explicit *tag*."""
    name = tag.removeprefix(_CORE)
    value = plain_value(text)
    if name == "binary":
        return _decoded(text)
    if name == "timestamp":
        return text
    if name == "float" and type(value) is int:
        return float(value)
    kinds = {"int": int, "float": float, "bool": bool, "null": type(None)}
    if name not in kinds:
        message = f"the tag {tag} has no meaning here"
        raise ValueError(message)
    if type(value) is not kinds[name]:
        message = f"must be what its tag !!{name} says"
        raise ValueError(message)
    return value


def _decoded(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        message = "must be base64 of UTF-8 text, as its tag !!binary says"
        raise ValueError(message) from None


def _too_deep(line: str) -> Problem:
    wanted = f"must not be nested more than {_DEEPEST} levels deep"
    return Problem(line, ProblemKind.INVALID, ABSENT, wanted)


def _line(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"


def _syntax_problem(error: yaml.YAMLError) -> Problem:
    """What the parser tripped over, and where."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Problem("", ProblemKind.INVALID, ABSENT, _one_line(str(error)))
    mark = error.problem_mark
    path = f"line {mark.line + 1}, column {mark.column + 1}"
    wanted = str(error.problem)
    if "maximum nesting depth" in wanted:  # libyaml has a bound of its own since 0.2.6
        return _too_deep(f"line {mark.line + 1}")
    if error.context:
        wanted = f"{wanted} ({error.context}"
        if error.context_mark is not None:
            wanted += f" that began in line {error.context_mark.line + 1}"
        wanted += ")"
    if r"'\t'" in wanted or "cannot start any token" in wanted:
        wanted += "; YAML is indented with spaces, not tabs"
    return Problem(path, ProblemKind.INVALID, ABSENT, wanted)


def _one_line(text: str) -> str:
    return " ".join(text.split())
