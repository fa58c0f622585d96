"""Fixtures and manners of all tests: both loops, nothing left behind, nothing passed over."""

from __future__ import annotations

import os
from collections.abc import Iterator

import hypothesis
import pytest

from tests.leaks import left_since, possessions
from tests.machine import lacking

_IS_CI = os.environ.get("CI", "") not in {"", "0", "false"}

# No deadline: time is virtual where it matters, and a shared machine is slow when it likes.
hypothesis.settings.register_profile("default", max_examples=50, deadline=None, print_blob=True)
hypothesis.settings.register_profile(
    "ci", max_examples=300, deadline=None, print_blob=True, database=None
)
hypothesis.settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if _IS_CI else "default")
)


@pytest.fixture(params=["trio", "asyncio"])
def backend(request: pytest.FixtureRequest) -> str:
    """The name of an event loop: a test that asks for it runs on each."""
    name: str = request.param
    return name


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Fail a test after which a process, a thread or an open file is left."""
    before = possessions()
    yield
    left = left_since(before)
    assert not left, f"left behind: {'; '.join(left)}"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With CI set, a machine on which something could not be tested has not passed."""
    if _IS_CI and lacking() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what could not be tested here."""
    if lacking():
        terminalreporter.section("this machine lacks", yellow=not _IS_CI, red=_IS_CI)
        for what in lacking():
            terminalreporter.line(what)
