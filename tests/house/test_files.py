"""Files and functions stay of a size that is read in one go, and say what they are."""

from __future__ import annotations

import ast
import re

from tests.house.sources import PACKAGE, ROOT, functions_of, name_of, python_files, tree_of

_AVOIDED = re.compile(r"Manager|Helper|Util|^_?Base[A-Z]|^_?Abstract[A-Z]")


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {
        name_of(file): len(file.read_text().splitlines())
        for file in python_files("engine", "plugins")
    }
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_no_function_is_longer_than_45_lines() -> None:
    lengths = {
        f"{name_of(file)}: {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for file in python_files("engine", "plugins")
        for function in functions_of(file)
    }
    assert {name: length for name, length in lengths.items() if length > 45} == {}


def test_every_module_has_a_docstring() -> None:
    files = python_files("engine", "plugins", "tests", "benchmarks")
    assert [name_of(file) for file in files if not ast.get_docstring(tree_of(file))] == []


def test_every_module_postpones_its_annotations() -> None:
    late = [
        name_of(file)
        for file in python_files("engine", "plugins")
        if len(tree_of(file).body) > 1
        and "from __future__ import annotations" not in file.read_text()
    ]
    assert late == []


def test_no_class_is_named_for_what_it_is_not() -> None:
    classes = [
        f"{name_of(file)}: {node.name}"
        for file in python_files("engine", "plugins")
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ClassDef) and _AVOIDED.search(node.name)
    ]
    assert classes == []


def test_the_source_root_holds_the_package_and_nothing_else() -> None:
    held = {path.name for path in (ROOT / "engine").iterdir()} - {"__pycache__"}
    assert held == {"seedpod"}
    assert (PACKAGE / "py.typed").exists()
