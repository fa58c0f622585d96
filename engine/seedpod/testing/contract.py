"""The contract of executors, as tests: whoever writes an executor subclasses one class.

    class TestMine(ExecutorContract):
        @pytest.fixture
        def executor(self) -> Executor:
            return MyExecutor()

Every test runs on trio and on asyncio, in real time; none sleeps but inside a container.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from typing import Final

import anyio
import anyio.lowlevel
import pytest

from seedpod.abc import CanOpen, Executor, PodContext, Workload
from seedpod.errors import StartError
from seedpod.spec import Container, ObjectMeta, Pod, PodSpec
from seedpod.testing.contract_lab import MARK, Lab, Output, Story, Teller
from seedpod.testing.processes import with_environment

_BOUND: Final = 60.0
"""Seconds for one test: a net, not a measure."""
_LOOKS: Final = 500
_PAUSE: Final = 0.01
"""Seconds between two looks whether what is done in the background has come to its end."""
_UNTIL_KILLED: Final = "while :; do sleep 1; done"
_SERIAL: Final = count()


class ExecutorContract:
    """What every executor has to do; a subclass brings the executor."""

    image: str = ""
    """An image with `sh` and the usual small programs, if the executor needs one."""

    @pytest.fixture
    def executor(self) -> Executor:
        """The executor under test, not opened: a subclass brings its own."""
        raise NotImplementedError

    @pytest.fixture(params=["trio", "asyncio"])
    def backend(self, request: pytest.FixtureRequest) -> str:
        """The name of an event loop: each test runs on each."""
        name: str = request.param
        return name

    @pytest.fixture
    def tell(self, executor: Executor, backend: str) -> Teller:
        """Runs a story in an open pod, on an event loop of its own."""
        return lambda story: anyio.run(self._tell, executor, story, backend=backend)

    def shell(self, script: str) -> Sequence[str]:
        """The command that has *script* run by a POSIX shell."""
        return ("sh", "-c", script)

    def living(self, mark: str) -> Sequence[str]:
        """What runs with *mark* in its environment; here, all processes this machine shows."""
        return [f"{pid} {name}" for pid, name in with_environment(f"{MARK}={mark}")]

    def open_files(self) -> int:
        """How many descriptors this process has open."""
        return len(list(Path("/proc/self/fd").iterdir()))

    async def has_no_more_than(self, files: int, tasks: int) -> None:
        """Wait until this process has no more open files and tasks: some end a moment later.

        Cancellation: stops waiting and changes nothing.
        """
        for _ in range(_LOOKS):
            if self.open_files() <= files and len(anyio.get_running_tasks()) <= tasks:
                break
            await anyio.sleep(_PAUSE)
        assert self.open_files() <= files
        assert len(anyio.get_running_tasks()) <= tasks

    async def _tell(self, executor: Executor, story: Story) -> None:
        mark = f"{os.getpid()}-{next(_SERIAL)}"
        pod = Pod(
            metadata=ObjectMeta(name="contract", namespace="default", uid=mark),
            spec=PodSpec(containers=(Container(name="main", image=self.image),)),
        )
        context = PodContext(pod=pod, uid=mark, volumes={}, directories=())
        opened = executor.open() if isinstance(executor, CanOpen) else nullcontext()
        with anyio.fail_after(_BOUND):
            async with opened, executor.open_pod(context) as sandbox:
                await story(Lab(self, sandbox, mark))
        assert not self.living(mark)

    @pytest.mark.parametrize("code", [0, 1, 42, 255])
    def test_a_container_that_ends_by_itself_has_its_exit_code(
        self, tell: Teller, code: int
    ) -> None:
        async def story(lab: Lab) -> None:
            assert await lab.exit_code(f"exit {code}") == code

        tell(story)

    def test_a_process_that_is_killed_by_a_signal_exits_with_128_and_its_number(
        self, tell: Teller
    ) -> None:
        async def story(lab: Lab) -> None:
            assert await lab.exit_code("exec sh -c 'kill -KILL $$'") == 137

        tell(story)

    def test_terminate_ends_a_container_that_does_not_care(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            async with lab.running("trap 'exit 7' TERM; echo ready; sleep 1000 & wait") as workload:
                await workload.signal("SIGTERM")
                assert (await workload.wait()).exit_code == 7

        tell(story)

    def test_another_signal_reaches_the_container_too(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            script = "trap 'exit 8' USR1; echo ready; sleep 1000 & wait"
            async with lab.running(script) as workload:
                await workload.signal("SIGUSR1")
                assert (await workload.wait()).exit_code == 8

        tell(story)

    def test_kill_ends_a_container_that_ignores_being_terminated(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            output = Output()
            script = f"trap 'echo ignored' TERM; echo ready; {_UNTIL_KILLED.replace('1', '0.01')}"
            async with lab.sandbox.start(lab.plan(script, output)) as workload:
                await output.has(b"ready\n")
                await workload.signal("SIGTERM")
                await output.has(b"ignored\n")
                await workload.signal("SIGKILL")
                assert (await workload.wait()).exit_code == 137

        tell(story)

    def test_a_container_may_be_killed_twice(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            async with lab.running(f"echo ready; {_UNTIL_KILLED}") as workload:
                await workload.signal("SIGKILL")
                await workload.signal("SIGKILL")
                assert (await workload.wait()).exit_code == 137
                await workload.signal("SIGKILL")

        tell(story)

    def test_a_container_that_has_ended_may_be_signalled(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            async with lab.sandbox.start(lab.plan("exit 0", Output())) as workload:
                await workload.wait()
                await workload.signal("SIGTERM")
                assert (await workload.wait()).exit_code == 0

        tell(story)

    def test_a_container_may_be_waited_for_twice(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            async with lab.sandbox.start(lab.plan("exit 3", Output())) as workload:
                first = await workload.wait()
                assert await workload.wait() == first
            assert await workload.wait() == first

        tell(story)

    def test_several_tasks_may_wait_for_a_container(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            codes: list[int] = []

            async def wait(workload: Workload) -> None:
                codes.append((await workload.wait()).exit_code)

            script = "trap 'exit 4' TERM; echo ready; sleep 1000 & wait"
            async with lab.running(script) as workload, anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(wait, workload)
                await anyio.wait_all_tasks_blocked()
                await workload.signal("SIGTERM")
            assert codes == [4, 4, 4]

        tell(story)

    def test_a_wait_that_is_cancelled_leaves_the_container_running(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            async with lab.running(f"echo ready; {_UNTIL_KILLED}") as workload:
                with anyio.move_on_after(0):
                    await workload.wait()
                assert lab.living()
                await workload.signal("SIGKILL")
                assert (await workload.wait()).exit_code == 137

        tell(story)

    def test_leaving_the_block_early_kills(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            async with lab.running(f"trap '' TERM; echo ready; {_UNTIL_KILLED}") as workload:
                assert lab.living()
            assert not lab.living()
            assert (await workload.wait()).exit_code == 137

        tell(story)

    def test_leaving_the_block_by_an_error_kills(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            with pytest.raises(LookupError):
                async with lab.running(f"echo ready; {_UNTIL_KILLED}"):
                    raise LookupError
            assert not lab.living()

        tell(story)

    def test_a_cancelled_block_kills_before_it_is_left(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            with anyio.CancelScope() as scope:
                async with lab.running(f"echo ready; {_UNTIL_KILLED}") as workload:
                    scope.cancel()
                    await workload.wait()
            assert not lab.living()

        tell(story)

    @pytest.mark.parametrize("steps", range(12))
    def test_a_start_cancelled_at_any_moment_leaves_nothing(self, tell: Teller, steps: int) -> None:
        async def story(lab: Lab) -> None:
            async with anyio.create_task_group() as group:
                scope = anyio.CancelScope()
                with scope:
                    group.start_soon(_cancel_after, scope, steps)
                    async with lab.sandbox.start(lab.plan(_UNTIL_KILLED, Output())):
                        await anyio.sleep_forever()
            assert not lab.living()

        tell(story)

    def test_a_pod_cancelled_from_outside_leaves_nothing(
        self, executor: Executor, backend: str
    ) -> None:
        async def main() -> None:
            workloads: list[Workload] = []
            with anyio.CancelScope() as scope:

                async def story(lab: Lab) -> None:
                    async with lab.running(f"echo ready; {_UNTIL_KILLED}") as workload:
                        workloads.append(workload)
                        scope.cancel()
                        await anyio.sleep_forever()

                await self._tell(executor, story)
            assert [(await each.wait()).exit_code for each in workloads] == [137]

        anyio.run(main, backend=backend)

    def test_a_container_that_cannot_be_started_is_an_error(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            plan = lab.plan_of(["/nowhere/no-such-program"], Output())
            with pytest.raises(StartError, match="no-such-program"):
                async with lab.sandbox.start(plan):
                    pytest.fail("it was started")
            assert await lab.exit_code("exit 5") == 5

        tell(story)

    def test_what_a_container_leaves_behind_ends_with_it(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            async with lab.sandbox.start(
                lab.plan("sleep 1000 & sleep 1000 & exit 3", Output())
            ) as workload:
                assert (await workload.wait()).exit_code == 3
                assert not lab.living()

        tell(story)

    def test_an_attempt_has_ended_when_everything_of_it_has(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            stubborn = "(trap '' TERM; echo ready; while :; do sleep 0.01; done) &"
            async with lab.running(f"trap 'exit 0' TERM; {stubborn} wait") as workload:
                await workload.signal("SIGTERM")
                await workload.wait()
                assert not lab.living()

        tell(story)

    def test_attempts_leave_no_descriptor_and_no_task(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            async with anyio.create_task_group() as group:
                for _ in range(4):  # what is made once, and shared, is there then
                    group.start_soon(lab.exit_code, "echo warm")
            await lab.exit_code("echo warm")
            files, tasks = self.open_files(), len(anyio.get_running_tasks())
            for _ in range(5):
                await lab.exit_code("echo out; echo err >&2; sleep 1000 & exit 1")
            await self.has_no_more_than(files, tasks)

        tell(story)

    def test_fifty_containers_run_at_once(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            codes: list[int] = []
            up: list[str] = []
            all_up = anyio.Event()

            async def one(number: int) -> None:
                script = f"trap 'exit {number}' TERM; echo ready; sleep 1000 & wait"
                async with lab.running(script) as workload:
                    up.append("up")
                    if len(up) == 50:
                        all_up.set()
                    await all_up.wait()
                    await workload.signal("SIGTERM")
                    codes.append((await workload.wait()).exit_code)

            async with anyio.create_task_group() as group:
                for number in range(50):
                    group.start_soon(one, number)
            assert sorted(codes) == list(range(50))

        tell(story)

    def test_arguments_arrive_as_they_are(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            output = Output()
            args = ["a b", "", "c\nd", "$HOME", "*", "'\"\\", "ü"]
            command = [*self.shell('for each; do printf "%s|" "$each"; done'), "sh"]
            async with lab.sandbox.start(lab.plan_of(command, output, args)) as workload:
                await workload.wait()
            assert output.stdout.decode() == "|".join([*args, ""])

        tell(story)

    def test_the_environment_arrives_as_it_is(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            output = Output()
            env = {"PLAIN": "1", "ODD": "a b\n$PLAIN '\"\\ ü", "EMPTY": ""}
            script = 'printf "%s|" "$PLAIN" "$ODD" "${EMPTY-unset}" "${OTHER-unset}"'
            plan = lab.plan_of(self.shell(script), output, env=env)
            async with lab.sandbox.start(plan) as workload:
                await workload.wait()
            assert output.stdout.decode() == "|".join([*env.values(), "unset", ""])

        tell(story)

    def test_output_arrives_by_stream_and_in_order(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            output = Output()
            script = "for i in 1 2 3 4 5 6 7 8 9; do echo out $i; echo err $i >&2; done"
            await lab.exit_code(script, output)
            assert output.stdout.decode() == "".join(f"out {i}\n" for i in range(1, 10))
            assert output.stderr.decode() == "".join(f"err {i}\n" for i in range(1, 10))

        tell(story)

    def test_a_lot_of_output_arrives_whole(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            output = Output()
            script = "head -c 10485760 /dev/zero; head -c 10485760 /dev/zero >&2; exit 6"
            assert await lab.exit_code(script, output) == 6
            assert (len(output.stdout), len(output.stderr)) == (10485760, 10485760)

        tell(story)

    def test_output_arrives_before_the_end_of_the_container(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            output = Output()
            async with lab.sandbox.start(lab.plan(f"printf half-a-line; {_UNTIL_KILLED}", output)):
                await output.has(b"half-a-line")

        tell(story)

    def test_a_container_reads_nothing(self, tell: Teller) -> None:
        async def story(lab: Lab) -> None:
            assert await lab.exit_code("read line && exit 1; exit 0") == 0

        tell(story)


async def _cancel_after(scope: anyio.CancelScope, steps: int) -> None:
    for _ in range(steps):
        await anyio.lowlevel.checkpoint()
    scope.cancel()
