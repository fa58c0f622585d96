"""What runs containers, found by name: built in is `subprocess`; plugins bring others.

An executor is any object that follows `seedpod.abc.Executor`. A distribution offers one through the
entry point group `seedpod.executors`; nothing here imports it before it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING, Any, Final, cast

from seedpod.abc import Executor
from seedpod.errors import ExecutorNotFoundError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

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
    return _kind(name)(**options)


def executor_options(name: str) -> tuple[str, ...]:
    """The options an executor's constructor takes, by name.

    Raises:
        ExecutorNotFoundError: Nothing of this name is installed.
        ImportError: The distribution that declares it cannot be imported.
    """
    return tuple(signature(_kind(name)).parameters)


def installed_executors() -> tuple[str, ...]:
    """The names `find_executor` knows, sorted."""
    return tuple(sorted(_declared()))


def _kind(name: str) -> Callable[..., Executor]:
    """What makes executors of this name: a class, mostly."""
    kind = _declared().get(name)
    if kind is None:
        raise ExecutorNotFoundError(name, installed_executors())
    return cast("Callable[..., Executor]", kind.load())


def _declared() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - a third of the package's import

    return {each.name: each for each in entry_points(group=GROUP)}
