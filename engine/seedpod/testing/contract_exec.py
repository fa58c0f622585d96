"""The contract of executors whose containers can run further commands, for probes and hooks.

    class TestMine(ExecContract):
        @pytest.fixture
        def executor(self) -> Executor:
            return MyExecutor()

All of `ExecutorContract` belongs to it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import anyio
import pytest

from seedpod.abc import CanExec, Workload
from seedpod.errors import StartError
from seedpod.testing.contract import ExecutorContract
from seedpod.testing.contract_lab import MARK, Lab, Output, Teller

_STAYS: Final = "trap 'exit 0' TERM; sleep 1000 & echo ready; wait"


@asynccontextmanager
async def _workload(lab: Lab, script: str = _STAYS) -> AsyncGenerator[tuple[CanExec, Workload]]:
    async with lab.running(script) as workload:
        assert isinstance(workload, CanExec)
        yield workload, workload


class ExecContract(ExecutorContract):
    """What every executor has to do whose workloads are `CanExec`."""

    def test_a_command_has_its_exit_code_and_its_output(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            output = Output()
            async with _workload(lab) as (container, _):
                script = "echo out; echo err >&2; exit 3"
                assert await container.exec(self.shell(script), output) == 3
            assert (output.stdout, output.stderr) == (b"out\n", b"err\n")

        tell(story)

    def test_a_command_has_the_environment_of_its_container(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            output = Output()
            async with _workload(lab) as (container, _):
                await container.exec(self.shell(f'printf %s "${MARK}"'), output)
            assert output.stdout.decode() == lab.mark

        tell(story)

    def test_arguments_of_a_command_arrive_as_they_are(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            output = Output()
            command = [*self.shell('printf "%s|" "$@"'), "sh", "$HOME", "a b", "*"]
            async with _workload(lab) as (container, _):
                await container.exec(command, output)
            assert output.stdout == b"$HOME|a b|*|"

        tell(story)

    def test_nothing_of_a_command_runs_when_it_has_returned(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            async with _workload(lab) as (container, _):
                before = len(lab.living())
                await container.exec(self.shell("sleep 1000 & sleep 1000 & exit 0"), Output())
                assert len(lab.living()) == before

        tell(story)

    def test_a_command_that_is_cancelled_is_killed_with_all_it_started(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            async with _workload(lab) as (container, workload):
                before = len(lab.living())
                output = Output()
                async with anyio.create_task_group() as group:
                    hang = "trap '' TERM; sleep 1000 & echo hangs; while :; do sleep 1; done"
                    group.start_soon(container.exec, self.shell(hang), output)
                    await output.has(b"hangs\n")
                    group.cancel_scope.cancel()
                assert len(lab.living()) == before
                await workload.signal("SIGTERM")
                assert (await workload.wait()).exit_code == 0

        tell(story)

    def test_a_command_that_floods_its_output_is_read_to_its_end(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            output = Output()
            async with _workload(lab) as (container, _):
                script = "head -c 10485760 /dev/zero; exit 4"
                assert await container.exec(self.shell(script), output) == 4
            assert len(output.stdout) == 10485760

        tell(story)

    def test_a_command_ends_with_its_container(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            codes: list[int] = []
            output = Output()

            async def run(container: CanExec) -> None:
                script = "echo up; while :; do sleep 1; done"
                codes.append(await container.exec(self.shell(script), output))

            async with _workload(lab) as (container, workload):
                async with anyio.create_task_group() as group:
                    group.start_soon(run, container)
                    await output.has(b"up\n")
                    await workload.signal("SIGTERM")
                    await workload.wait()
                assert codes == [137]
                assert not lab.living()

        tell(story)

    def test_a_command_that_cannot_be_started_is_an_error(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            async with _workload(lab) as (container, _):
                with pytest.raises(StartError, match="no-such-program"):
                    await container.exec(["/nowhere/no-such-program"], Output())
                assert await container.exec(self.shell("exit 0"), Output()) == 0

        tell(story)

    def test_commands_run_beside_each_other(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            codes: list[int] = []

            async def run(container: CanExec, code: int) -> None:
                codes.append(await container.exec(self.shell(f"exit {code}"), Output()))

            async with _workload(lab) as (container, _), anyio.create_task_group() as group:
                for code in range(10):
                    group.start_soon(run, container, code)
            assert sorted(codes) == list(range(10))

        tell(story)

    def test_commands_leave_no_descriptor_and_no_task(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            async with _workload(lab) as (container, _):
                await container.exec(self.shell("true"), Output())
                files, tasks = self.open_files(), len(anyio.get_running_tasks())
                for _ in range(5):
                    await container.exec(self.shell("echo out; sleep 1000 & exit 1"), Output())
                await self.has_no_more_than(files, tasks)

        tell(story)
