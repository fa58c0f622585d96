"""Where in a manifest something stands: a chain of steps, rendered only when it is shown."""

from __future__ import annotations

import re
from typing import Final, TypeAlias, Union

Step: TypeAlias = "str | int"
Path: TypeAlias = Union["tuple[Path, Step]", None]
"""The way to a value: the way to what holds it, and one step more; None is the document."""

_FIELD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def shown(path: Path) -> str:
    """*path* as Kubernetes prints it: `spec.containers[0].resources.limits[cpu]`."""
    steps: list[Step] = []
    while path is not None:
        path, step = path
        steps.append(step)
    return "".join(map(_piece, reversed(steps))).removeprefix(".")


def key_step(key: str) -> str:
    """The step to an entry of a mapping whose keys are the user's own."""
    return f"[{key}]"


def _piece(step: Step) -> str:
    if isinstance(step, int) or not (step.startswith("[") or _FIELD.fullmatch(step)):
        return f"[{step}]"
    return step if step.startswith("[") else f".{step}"
