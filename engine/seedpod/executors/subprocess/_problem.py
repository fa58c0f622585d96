"""The one kind of problem this executor finds."""

from __future__ import annotations

from seedpod.errors import Problem, ProblemKind


def unsupported(path: str, found: object, wanted: str) -> Problem:
    """A field that is fine in Kubernetes, and nothing a plain process could honour."""
    return Problem(path, ProblemKind.UNSUPPORTED, found, wanted)
