"""There is one copy of the package, and a plugin is a stranger to its inside."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.house.sources import ROOT, imports_of, name_of, python_files


def test_nobody_imports_the_source_roots() -> None:
    wrong = [
        f"{name_of(file)}: {name}"
        for file in python_files("engine", "plugins", "tests", "benchmarks", "docs")
        for name in imports_of(file)
        if name.split(".")[0] in {"engine", "plugins"}
    ]
    assert wrong == []


def test_no_second_copy_of_the_package_is_loaded() -> None:
    assert [name for name in sys.modules if name.endswith(".seedpod")] == []


def test_importing_the_package_loads_no_loop_and_nothing_that_only_some_have_use_for() -> None:
    show = "import seedpod, sys; print(*sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", show],
        env=os.environ | {"PYTHONPATH": str(ROOT / "engine")},
        capture_output=True,
        check=True,
    )
    loaded = set(shown.stdout.decode().split())
    assert "seedpod" in loaded
    unwanted = {"trio", "click", "rich", "pytest"}
    unwanted |= {"seedpod.testing", "seedpod.cli", "seedpod.guard"}
    assert loaded & unwanted == set()


def test_a_plugin_knows_only_the_public_api() -> None:
    members = {path.parent.name.replace("-", "_") for path in ROOT.glob("plugins/*/pyproject.toml")}
    wrong = [
        f"{name_of(file)}: {name}"
        for file in python_files("plugins")
        for name in imports_of(file)
        if _is_inside(name) or name.split(".")[0] in members - _member_of(name_of(file))
    ]
    assert wrong == []


def test_the_engine_knows_no_plugin() -> None:
    wrong = [
        f"{name_of(file)}: {name}"
        for file in python_files("engine")
        for name in imports_of(file)
        if name.startswith("seedpod_")
    ]
    assert wrong == []


def _is_inside(name: str) -> bool:
    package, *rest = name.split(".")
    return package == "seedpod" and any(part.startswith("_") for part in rest)


def _member_of(file_name: str) -> set[str]:
    return {file_name.split("/")[1].replace("-", "_")}
