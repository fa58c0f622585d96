"""What a machine lacks is named, and is a failure where machines are ours to furnish."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

_CONFTEST = (Path(__file__).parents[1] / "conftest.py").read_text()
_TEST = """
from tests.machine import lacks

def test_with_a_tool():
    lacks("a cgroup to write to")
"""


@pytest.mark.parametrize(("is_ci", "expected"), [("", 0), ("true", 1)])
def test_a_lack_is_named_and_fails_the_run_only_with_ci_set(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, is_ci: str, expected: int
) -> None:
    monkeypatch.setenv("CI", is_ci)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    pytester.makeconftest(_CONFTEST)
    pytester.makepyfile(_TEST)
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["*this machine lacks*", "a cgroup to write to"])
    assert result.ret == expected
