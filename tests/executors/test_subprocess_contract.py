"""The subprocess executor does what every executor has to do, at each level of isolation."""

from __future__ import annotations

from typing import Literal

import pytest

from seedpod.abc import Executor
from seedpod.executors.subprocess import SubprocessExecutor
from seedpod.testing.contract_exec import ExecContract
from tests.executors.views import levels


@pytest.fixture(params=levels(), scope="module")
def isolation(request: pytest.FixtureRequest) -> Literal["none", "view"]:
    level: Literal["none", "view"] = request.param
    return level


class TestSubprocess(ExecContract):
    @pytest.fixture
    def executor(self, isolation: Literal["none", "view"]) -> Executor:
        return SubprocessExecutor(isolation=isolation)
