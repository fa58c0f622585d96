"""What runs containers, found by name: built in is `subprocess`; plugins bring others.

An executor is any object that follows `seedpod.abc.Executor`. A distribution offers one through the
entry point group `seedpod.executors`; nothing here imports it before it is asked for.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, cast

from seedpod.abc import Executor
from seedpod.errors import ExecutorNotFoundError

GROUP: Final = "seedpod.executors"
"""The entry point group executors are found in."""


def find_executor(name: str, **options: Any) -> Executor:  # noqa: ANN401 - each executor has its own
    """A new executor of the kind installed under *name*.

    Args:
        name: As the distribution that brings it declares it: `subprocess`.
        options: Go to the executor's constructor as they are.

    Raises:
        ExecutorNotFoundError: Nothing of this name is installed.
        ImportError: The distribution that declares it cannot be imported.
    """
    kind = _declared().get(name)
    if kind is None:
        raise ExecutorNotFoundError(name, installed_executors())
    return cast("Executor", kind.load()(**options))


def installed_executors() -> tuple[str, ...]:
    """The names `find_executor` knows, sorted."""
    return tuple(sorted(_declared()))


def _declared() -> dict[str, EntryPoint]:
    return {each.name: each for each in entry_points(group=GROUP)}
