"""The source files of the house, parsed once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "engine" / "seedpod"

AnyFunction: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(*directories: str) -> list[Path]:
    """Every Python file below these directories of the repository, environments left out."""
    found = [file for directory in directories for file in (ROOT / directory).rglob("*.py")]
    return sorted(file for file in found if not {".venv", "build"} & set(file.parts))


def name_of(file: Path) -> str:
    """The file as a person would name it, from the root of the repository."""
    return str(file.relative_to(ROOT))


@cache
def tree_of(file: Path) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse(file.read_text(), str(file))


def functions_of(file: Path) -> Iterator[AnyFunction]:
    """Every function and method of a file, nested ones too."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports_of(file: Path) -> Iterator[str]:
    """The absolute names a file imports."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
