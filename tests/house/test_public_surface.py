"""What is public says so, and a public coroutine says what cancelling it undoes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import PACKAGE, name_of, python_files, tree_of

_PROTOCOLS = PACKAGE / "abc"


def test_every_name_in_a_public_package_is_re_exported() -> None:
    hidden = [
        f"{name_of(file)}: {name}"
        for file in python_files("engine")
        if file.name == "__init__.py" and _is_public(file)
        for name in _imported_quietly(tree_of(file))
    ]
    assert hidden == []


def test_public_coroutines_say_what_cancelling_them_undoes() -> None:
    silent = [
        f"{name_of(file)}: {owner}{function.name}"
        for file in python_files("engine")
        for owner, function in _public_coroutines(file)
        if "Cancellation:" not in (ast.get_docstring(function) or "")
    ]
    assert silent == []


def _is_public(file: Path) -> bool:
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return not any(part.startswith("_") and part != "__init__" for part in parts)


def _imported_quietly(tree: ast.Module) -> Iterator[str]:
    """Names it imports from our own files, does not use itself, and does not say it exports."""
    said = _all_of(tree) | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and _is_own(node):
            for alias in node.names:
                if alias.asname is None and alias.name not in said:
                    yield alias.name


def _is_own(node: ast.ImportFrom) -> bool:
    return bool(node.level) or (node.module or "").split(".")[0] == "seedpod"


def _all_of(tree: ast.Module) -> set[str]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                return set(ast.literal_eval(value))
            case ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value):
                return set(ast.literal_eval(value))
            case _:
                pass
    return set()


def _public_coroutines(file: Path) -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    """Coroutines a user can reach by a public name; a protocol's are described in `abc` only."""
    reached = None if _is_public(file) else _re_exported_from(file)
    promised = set[str]() if file.parent == _PROTOCOLS else _promised_in_protocols()
    for node in tree_of(file).body:
        name = getattr(node, "name", "_")
        if name.startswith("_") or (reached is not None and name not in reached):
            continue
        if isinstance(node, ast.AsyncFunctionDef):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.AsyncFunctionDef) and not (
                    method.name.startswith("_") or method.name in promised
                ):
                    yield f"{name}.", method


def _re_exported_from(file: Path) -> set[str]:
    """What the package, or a public package in it, takes from a private file."""
    module = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
    return {
        alias.name
        for public in python_files("engine")
        if public.name == "__init__.py" and _is_public(public)
        for node in ast.walk(tree_of(public))
        if isinstance(node, ast.ImportFrom) and module in {node.module, f"seedpod.{node.module}"}
        for alias in node.names
    }


def _promised_in_protocols() -> set[str]:
    return {
        node.name
        for file in sorted(_PROTOCOLS.glob("*.py"))
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.AsyncFunctionDef)
    }
