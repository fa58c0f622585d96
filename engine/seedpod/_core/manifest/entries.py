"""Entries: the objects of a manifest's documents, each with all that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import cast

import attrs

from seedpod._core.defaults import with_defaults, with_namespace
from seedpod._core.manifest.documents import Document
from seedpod._core.manifest.kinds import LISTS, Object, read_object
from seedpod._core.manifest.path import Path, shown
from seedpod._core.validation import object_problems
from seedpod._core.validation import problems as pod_problems
from seedpod.errors import Problem, ProblemKind
from seedpod.spec import Pod


@attrs.frozen(kw_only=True)
class Entry:
    """One object of a manifest."""

    label: str
    """What a person would call it: `Pod web`."""
    content: Object | None = None
    problems: tuple[Problem, ...] = ()


def entries(found: Sequence[Document]) -> tuple[Entry, ...]:
    """The objects of all documents, lists taken apart; a name that is taken is a problem."""
    places = [f"document {number}" if len(found) > 1 else "" for number, _ in enumerate(found, 1)]
    every = [
        entry
        for document, place in zip(found, places, strict=True)
        for entry in _flattened(document.content, document.problems, place)
    ]
    return tuple(_without_doubles(every))


def _flattened(
    raw: object, notation: Sequence[Problem], place: str, kind: str = "", path: Path = None
) -> Iterator[Entry]:
    """The objects of one value; *kind* is what it is when it does not say so itself."""
    if isinstance(raw, dict):
        value = cast("dict[str, object]", raw)
        value = {"apiVersion": "v1", "kind": kind, **value} if kind else value
        if value.get("kind") in LISTS:
            yield from _items(value, notation, place, path)
        else:
            yield _entry(value, notation, place, path)
    else:
        wanted = "must be an object: a mapping with apiVersion, kind, metadata and spec"
        yield Entry(
            label=place,
            problems=(*notation, Problem(shown(path), ProblemKind.TYPE_INVALID, raw, wanted)),
        )


def _items(
    raw: dict[str, object], notation: Sequence[Problem], place: str, path: Path
) -> Iterator[Entry]:
    """The objects of a list."""
    items = raw.get("items")
    if notation:
        yield Entry(label=place, problems=tuple(notation))
    if items is not None and not isinstance(items, list):
        wanted = "must be a list of objects"
        where = shown((path, "items"))
        yield Entry(
            label=place, problems=(Problem(where, ProblemKind.TYPE_INVALID, items, wanted),)
        )
        return
    kind = LISTS[cast("str", raw["kind"])]
    for index, item in enumerate(cast("list[object]", items or [])):
        yield from _flattened(item, (), place, kind, ((path, "items"), index))


def _entry(raw: dict[str, object], notation: Sequence[Problem], place: str, path: Path) -> Entry:
    """One object: structured, given its defaults, and checked."""
    label, found = _label(raw, place), list[Problem]()
    content = read_object(raw, path, found)
    structural = (*notation, *_not_below(found, notation))
    if content is None:
        return Entry(label=label, problems=structural)
    complete, wrong = _completed(content)
    consequent = _not_below([_placed(each, path) for each in wrong], structural)
    return Entry(label=label, content=complete, problems=(*structural, *consequent))


def _label(raw: dict[str, object], place: str) -> str:
    """What a person would call the object: kind and name, or kind and place."""
    kind, metadata = raw.get("kind"), raw.get("metadata")
    name = cast("dict[str, object]", metadata).get("name") if isinstance(metadata, dict) else None
    if not isinstance(kind, str):
        return place
    if isinstance(name, str) and name:
        return f"{kind} {name}"
    return f"{place} ({kind})" if place else kind


def _completed(content: Object) -> tuple[Object, list[Problem]]:
    """*content* with its defaults, and what is wrong with it then."""
    if isinstance(content, Pod):
        pod = with_defaults(content)
        return pod, pod_problems(pod)
    named = with_namespace(content)
    return named, object_problems(named)


def _placed(problem: Problem, path: Path) -> Problem:
    """*problem* with the way to its object before its own path."""
    return problem if path is None else attrs.evolve(problem, path=f"{shown(path)}.{problem.path}")


def _not_below(found: Sequence[Problem], structural: Sequence[Problem]) -> Sequence[Problem]:
    """Those of *found* that are about more than a value which could not be read."""
    if not found or not structural:
        return found
    unread = "|".join(re.escape(each.path) for each in structural)
    below = re.compile(rf"(?:{unread})(?![A-Za-z0-9_])")
    return [each for each in found if not below.match(each.path)]


def _without_doubles(every: Sequence[Entry]) -> Iterator[Entry]:
    """*every* entry, with a problem noted for each whose name was there before."""
    seen: set[tuple[str, str, str]] = set()
    for each in every:
        if each.content is None or not each.content.metadata.name:
            yield each
            continue
        metadata = each.content.metadata
        key = (each.content.kind, metadata.namespace, metadata.name)
        if key in seen:
            wanted = f"must be the name of one {key[0]} only in namespace {metadata.namespace}"
            double = Problem("metadata.name", ProblemKind.DUPLICATE, metadata.name, wanted)
            yield attrs.evolve(each, problems=(*each.problems, double))
        else:
            yield each
        seen.add(key)
