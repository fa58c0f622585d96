"""The ways to say that something is wrong; `wanted` finishes the sentence for a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from seedpod.errors import ABSENT, Problem, ProblemKind

_SHOWN_NAMES = 12


def required(path: str, wanted: str = "is required") -> Problem:
    """Nothing stands at *path*, and something must."""
    return Problem(path, ProblemKind.REQUIRED, ABSENT, wanted)


def invalid(path: str, found: object, wanted: str) -> Problem:
    """*found* breaks a rule."""
    return Problem(path, ProblemKind.INVALID, found, wanted)


def forbidden(path: str, wanted: str, found: object = ABSENT) -> Problem:
    """*path* must not be set, here or in this combination."""
    return Problem(path, ProblemKind.FORBIDDEN, found, wanted)


def duplicate(path: str, found: object, wanted: str = "must be unique") -> Problem:
    """*found* was there before."""
    return Problem(path, ProblemKind.DUPLICATE, found, wanted)


def not_found(path: str, found: str, place: str, names: Iterable[str]) -> Problem:
    """*found* refers to a *place* where nothing has that name; *names* are there."""
    there = tuple(names)
    wanted = f"must name {place} ({known(there)}){_suggestion(found, there)}"
    return Problem(path, ProblemKind.NOT_FOUND, found, wanted)


def not_supported(path: str, found: str, choices: Collection[str]) -> Problem:
    """*found* is not one of the *choices*."""
    names = tuple(choice or "''" for choice in choices)
    wanted = f"must be one of {', '.join(names)}{_suggestion(found, names)}"
    return Problem(path, ProblemKind.NOT_SUPPORTED, found, wanted)


def too_many(path: str, count: int, limit: int) -> Problem:
    """The list at *path* is too long."""
    return Problem(path, ProblemKind.TOO_MANY, count, f"must have at most {limit} entries")


def too_long(path: str, found: object, wanted: str) -> Problem:
    """The text at *path* is too long."""
    return Problem(path, ProblemKind.TOO_LONG, found, wanted)


def choice_problems(found: str, choices: Collection[str], path: str) -> Iterator[Problem]:
    """What is wrong with a word that must be there and be one of *choices*."""
    if found in choices:
        return
    if found:
        yield not_supported(path, found, choices)
    else:
        yield required(path, f"must be one of {', '.join(choices)}")


def known(names: Iterable[str]) -> str:
    """The *names* there are, cut to what fits a line."""
    first = [name for name, _ in zip(names, range(_SHOWN_NAMES + 1), strict=False)]
    if len(first) > _SHOWN_NAMES:
        first[-1] = "..."
    return f"known: {', '.join(first) or 'none'}"


def _suggestion(found: str, names: tuple[str, ...]) -> str:
    by_lower = {name.lower(): name for name in names}
    nearest = get_close_matches(found.lower(), by_lower, n=1)
    return f"; did you mean {by_lower[nearest[0]]}?" if nearest else ""
