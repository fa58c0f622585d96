"""The subprocess executor does what every executor has to do."""

from __future__ import annotations

import pytest

from seedpod.abc import Executor
from seedpod.executors.subprocess import SubprocessExecutor
from seedpod.testing.contract import ExecutorContract


class TestSubprocess(ExecutorContract):
    @pytest.fixture
    def executor(self) -> Executor:
        return SubprocessExecutor()
