"""What can go wrong: one base class, one sentence each, the facts as attributes.

A container's failure is never here: it is data (`seedpod.status.Terminated`). An exception is
somebody's mistake: a manifest's, a caller's, an executor's, or ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from seedpod.status import PodStatus


class ProblemKind(StrEnum):
    """The class of a problem, by the names Kubernetes' API server uses where it has one."""

    REQUIRED = "FieldValueRequired"
    INVALID = "FieldValueInvalid"
    NOT_SUPPORTED = "FieldValueNotSupported"
    DUPLICATE = "FieldValueDuplicate"
    NOT_FOUND = "FieldValueNotFound"
    FORBIDDEN = "FieldValueForbidden"
    TOO_MANY = "FieldValueTooMany"
    TOO_LONG = "FieldValueTooLong"
    TYPE_INVALID = "FieldValueTypeInvalid"
    UNKNOWN_FIELD = "UnknownField"
    """The field does not exist in Kubernetes' API."""
    UNSUPPORTED = "Unsupported"
    """Valid in Kubernetes, but this engine or its executor cannot honour it."""


class _Absent:
    """Nothing was found where something was wanted."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""`Problem.found` of a problem that has no offending value to show."""


def _shown(found: object) -> str:
    """*found* as the manifest would spell it, cut to what fits a line."""
    try:
        text = json.dumps(found, ensure_ascii=False, default=str)
    except (TypeError, ValueError):
        text = str(found)
    return text if len(text) <= 80 else f"{text[:77]}..."


@attrs.frozen
class Problem:
    """One thing wrong with a manifest: where, what was found, what was wanted."""

    path: str
    """The field in the manifest's own notation: `spec.containers[1].name`."""
    kind: ProblemKind
    found: object
    """The offending value, or `ABSENT`."""
    wanted: str
    """What would have been right, as the rest of a sentence: `must be a DNS label`."""

    def __str__(self) -> str:
        shown = "" if self.found is ABSENT else f"{_shown(self.found)}: "
        return f"{self.path}: {shown}{self.wanted}" if self.path else f"{shown}{self.wanted}"


class SeedpodError(Exception):
    """The base of every error Seedpod raises."""


class SpecError(SeedpodError, ValueError):
    """A description of a pod (or of an object it refers to) is wrong; lists every problem."""

    def __init__(self, problems: Iterable[Problem], subject: str = "") -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.subject = subject
        """Which document: `pod.yaml: Pod web`; empty when there is only one it could be."""
        where = f"{subject}: " if subject else ""
        super().__init__("\n".join(f"{where}{problem}" for problem in self.problems))


class ManifestError(SpecError):
    """The YAML or JSON around a description is wrong, or the file cannot be read."""


class ExecutorError(SeedpodError):
    """An executor could not do what it was asked."""

    def __init__(self, executor: str, message: str) -> None:
        self.executor = executor
        self.message = message
        super().__init__(f"executor {executor}: {message}")


class StartError(ExecutorError):
    """A container could not be started; the engine turns this into its termination (exit 128)."""

    def __init__(self, executor: str, container: str, message: str) -> None:
        self.container = container
        super().__init__(executor, f"container {container}: {message}")
        self.message = message


class CreateError(ExecutorError):
    """A container could not even be made; the engine tries again, and no attempt is counted."""

    def __init__(
        self, executor: str, container: str, message: str, reason: str = "CreateContainerError"
    ) -> None:
        self.container = container
        self.reason = reason
        """What the container waits with: this, or `CreateContainerConfigError`."""
        super().__init__(executor, f"container {container}: {message}")
        self.message = message


class PullError(ExecutorError):
    """An image could not be fetched, or not be looked for."""

    def __init__(self, executor: str, image: str, message: str, reason: str = "") -> None:
        self.image = image
        self.reason = reason
        """`RegistryUnavailable`, `SignatureValidationFailed`, or empty for the plain reason."""
        super().__init__(executor, f"image {image}: {message}")
        self.message = message


class ExecutorNotFoundError(SeedpodError, LookupError):
    """No installed executor has this name."""

    def __init__(self, name: str, installed: Sequence[str]) -> None:
        self.name = name
        self.installed = tuple(installed)
        known = ", ".join(installed) or "none"
        super().__init__(f"no executor is named {name!r}; installed: {known}")


class PodFailedError(SeedpodError):
    """A pod the caller counted on has failed; raised only where the caller asked for success."""

    def __init__(self, name: str, status: PodStatus) -> None:
        self.name = name
        self.status = status
        reason = f": {status.reason}" if status.reason else ""
        message = f": {status.message}" if status.message else ""
        super().__init__(f"pod {name} is {status.phase}{reason}{message}")


class DuplicatePodError(SeedpodError, ValueError):
    """A pod of this namespace and name is alive in the engine already."""

    def __init__(self, namespace: str, name: str) -> None:
        self.namespace = namespace
        self.name = name
        super().__init__(f"pod {namespace}/{name} is already running in this engine")


class EngineClosedError(SeedpodError, RuntimeError):
    """The engine is not open: it was not entered yet, or has been left."""

    def __init__(self) -> None:
        super().__init__("the engine is not open; use it inside its 'async with' block")


class InternalError(SeedpodError):
    """A bug of ours: something impossible happened; carries all that led to it."""

    def __init__(self, message: str, story: Sequence[object] = ()) -> None:
        self.story = tuple(story)
        lines = "".join(f"\n  {event}" for event in self.story)
        super().__init__(f"{message}; please report this{lines}")
