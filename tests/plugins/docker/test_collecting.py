"""A test that asks for an engine is marked, and left out by name where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins.docker import engines

pytest_plugins = ["pytester"]

_CONFTEST = """
from tests.plugins.docker import engines
engines.lacking = lambda kind: ["the daemon of docker"] if kind == "docker" else []
from tests.conftest import pytest_terminal_summary
from tests.plugins.docker.conftest import *
from tests.plugins.docker import conftest
"""
_TESTS = """
def test_with_docker(docker): pass
def test_with_podman(podman): pass
def test_with_each(engine): pass
def test_with_both(docker, podman): pass
def test_with_none(): pass
"""
_MARK = "container_engine: needs an engine"


@pytest.fixture
def collected(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    pytester.makeini(f"[pytest]\nmarkers = {_MARK}")
    pytester.makeconftest(_CONFTEST)
    pytester.makepyfile(_TESTS)
    return pytester


def test_what_cannot_run_is_left_out_and_what_is_lacking_is_named(
    collected: pytest.Pytester,
) -> None:
    result = _collect(collected)
    assert _tests_of(result) == ["test_with_podman", "test_with_each[podman]", "test_with_none"]
    result.stdout.fnmatch_lines(["*this machine lacks*", "the daemon of docker"])


def test_who_deselects_the_mark_is_told_of_no_lack(collected: pytest.Pytester) -> None:
    result = _collect(collected, "-m", "not container_engine")
    assert _tests_of(result) == ["test_with_none"]
    result.stdout.no_fnmatch_line("*this machine lacks*")


def test_engines_need_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "root, for a docker of the tests' own" in engines.lacking("docker")


def test_engines_need_their_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    assert "conmon, for a podman of the tests' own" in engines.lacking("podman")


def _collect(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(
        "--collect-only", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *arguments
    )


def _tests_of(result: pytest.RunResult) -> list[str]:
    return [line.partition("::")[2] for line in result.outlines if "::" in line]
