"""Executors are found by name."""

from __future__ import annotations

import pytest

from seedpod.errors import ExecutorNotFoundError
from seedpod.executors import find_executor, installed_executors
from seedpod.executors.subprocess import SubprocessExecutor


def test_the_subprocess_executor_is_installed() -> None:
    assert "subprocess" in installed_executors()


def test_an_executor_is_found_by_name_and_gets_its_options() -> None:
    executor = find_executor("subprocess", limits="best-effort")
    assert isinstance(executor, SubprocessExecutor)


def test_an_executor_that_is_not_installed_is_an_error_that_lists_those_that_are() -> None:
    with pytest.raises(ExecutorNotFoundError, match=r"'podman'; installed: .*subprocess"):
        find_executor("podman")
