"""The subprocess executor does what every executor has to do."""

from __future__ import annotations

import pytest

from seedpod.abc import Executor
from seedpod.executors.subprocess import SubprocessExecutor
from seedpod.testing.contract_exec import ExecContract


class TestSubprocess(ExecContract):
    @pytest.fixture
    def executor(self) -> Executor:
        return SubprocessExecutor()
