"""The stamped executor does what every executor has to do, and what it says of itself."""

from __future__ import annotations

import pytest
from stamped_executor import StampedExecutor

import seedpod
from seedpod.testing.contract import ExecutorContract

POD = """
apiVersion: v1
kind: Pod
metadata: {name: stamped}
spec:
  restartPolicy: OnFailure
  containers:
    - {name: app, image: example/app, command: [sh, -c, exit $((1 - ATTEMPT))]}
"""


class TestContract(ExecutorContract):
    @pytest.fixture
    def executor(self):
        return StampedExecutor()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_container_is_told_its_attempt(backend):
    status = seedpod.run(seedpod.load(POD), executor=StampedExecutor(), backend=backend)
    assert status.container("app").restart_count == 1
