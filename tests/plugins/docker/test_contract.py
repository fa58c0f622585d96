"""The executor contract on a real Docker Engine, and on Podman behind its compatible socket."""

from __future__ import annotations

import pytest

from seedpod.abc import Executor
from seedpod.testing.contract_exec import ExecContract
from seedpod.testing.contract_lab import Lab, Teller
from seedpod_docker import DockerExecutor
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.images import SMALL


class EngineContract(ExecContract):
    """What has to be said of containers: their first process is process 1 of a namespace."""

    image = SMALL.reference

    def test_a_process_that_is_killed_by_a_signal_exits_with_128_and_its_number(
        self, tell: Teller
    ) -> None:
        """Process 1 cannot be killed from inside; so it tells how its child ended."""

        async def story(lab: Lab) -> None:
            assert await lab.exit_code("sh -c 'kill -KILL $$'; exit $?") == 137

        tell(story)


class TestDocker(EngineContract):
    @pytest.fixture
    def executor(self, docker: Engine) -> Executor:
        return DockerExecutor(host=docker.url)


class TestPodman(EngineContract):
    @pytest.fixture
    def executor(self, podman: Engine) -> Executor:
        return DockerExecutor(host=podman.url)
