"""Putting the question of a row to the engine: who answers it, and whether the answer agrees.

The checks of a file of rows are in `checks/`, in the module of its name. It is imported when a row
asks for it, so a module that is missing, or broken, fails its own rows and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final, TypeAlias

from tests.conformance.rows import Row

Check: TypeAlias = Callable[[Row], None]
"""Puts a row's question, and raises AssertionError unless the answer is Kubernetes'."""

_CHECKS: Final = Path(__file__).parent / "checks"


def check_of(row: Row) -> Check | None:
    """What answers the question of *row*; None: nothing does."""
    if not (_CHECKS / f"{row.file}.py").is_file():
        return None
    module = import_module(f"tests.conformance.checks.{row.file}")
    checks: Mapping[str, Check] = getattr(module, "CHECKS", {})
    return checks.get(row.question)


def judge(row: Row, check: Check | None, reason: str | None) -> None:
    """Ask *row*, and compare what comes of it with what the page of differences says.

    Args:
        row: What is asked.
        check: What answers it; None: nothing does.
        reason: Why we answer it differently; None: the page does not list it.

    Raises:
        AssertionError: We answer differently, or not at all, and the page does not say so; or the
            page says so, and we do not.
    """
    if reason is None:
        if check is None:
            raise AssertionError(f"not asked: {row.file}, question {row.question!r}")
        check(row)
    elif check is not None and _agrees(row, check):
        raise AssertionError(f"listed as different ({reason}), and agrees")


def _agrees(row: Row, check: Check) -> bool:
    try:
        check(row)
    except AssertionError:
        return False
    return True
