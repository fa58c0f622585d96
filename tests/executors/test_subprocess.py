"""What is the subprocess executor's own: its words, environments, links and breakdown."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from seedpod import Engine
from seedpod.abc import CanOpen, CanReview, ContainerKind, ContainerPlan, Mount, PodContext, Sandbox
from seedpod.errors import CreateError, ExecutorError, StartError
from seedpod.executors.subprocess import SubprocessExecutor, _dispatcher
from seedpod.executors.subprocess._group import Process
from seedpod.executors.subprocess._signals import signal_number
from seedpod.spec import Container, ObjectMeta, Pod
from seedpod.testing.contract_lab import Output
from tests.executors.processes import is_alive

POD = Pod(metadata=ObjectMeta(name="web", namespace="default"))


def plan(*command: str, **fields: Any) -> ContainerPlan:
    defaults: dict[str, Any] = {
        "name": "main",
        "kind": ContainerKind.APP,
        "spec": Container(name="main", working_dir=fields.pop("working_dir", "")),
        "attempt": 0,
        "container_id": "c",
        "command": command,
        "args": (),
        "env": {},
        "mounts": (),
        "write": Output(),
    }
    return ContainerPlan(**{**defaults, **fields})


def tell(
    story: Callable[[Sandbox], Awaitable[None]], backend: str = "asyncio", **options: Any
) -> None:
    """Run *story* with an open pod."""

    async def main() -> None:
        executor = SubprocessExecutor(isolation="none", **options)
        context = PodContext(pod=POD, uid="u", volumes={}, directories=())
        with anyio.fail_after(30):
            async with executor.open(), executor.open_pod(context) as sandbox:
                await story(sandbox)

    anyio.run(main, backend=backend)


def output_of(script: str, **fields: Any) -> str:
    """What a container writes that runs *script*."""
    output = Output()

    async def story(sandbox: Sandbox) -> None:
        async with sandbox.start(plan("sh", "-c", script, write=output, **fields)) as workload:
            await workload.wait()

    tell(story)
    return output.stdout.decode()


def why_not(*command: str, **fields: Any) -> str:
    """Why *command* is not started."""
    reasons: list[str] = []

    async def story(sandbox: Sandbox) -> None:
        with pytest.raises((StartError, CreateError)) as caught:
            async with sandbox.start(plan(*command, **fields)):
                pytest.fail("it was started")
        reasons.append(caught.value.message.removeprefix("container main: "))

    tell(story)
    return reasons[0]


def a_file(path: Path, content: str, mode: int = 0o755) -> str:
    path.write_text(content)
    path.chmod(mode)
    return str(path)


def test_the_executor_has_the_powers_it_claims() -> None:
    executor = SubprocessExecutor(isolation="none")
    assert isinstance(executor, CanOpen)
    assert isinstance(executor, CanReview)


def test_a_command_that_is_nowhere_is_named_with_the_path_that_was_searched() -> None:
    reason = why_not("no-such-program", env={"PATH": "/usr/bin:/nowhere"})
    assert reason == "command not found: no-such-program (searched PATH: /usr/bin:/nowhere)"


def test_commands_are_looked_up_on_the_containers_own_path(tmp_path: Path) -> None:
    a_file(tmp_path / "mine", "#!/bin/sh\necho found\n")
    path = f"{tmp_path}:{os.environ['PATH']}"
    assert output_of("mine", env={"PATH": path}) == "found\n"
    assert "command not found: mine" in why_not("mine")


def test_a_command_by_path_that_is_not_there_is_named() -> None:
    assert why_not("/no/such/program") == "command not found: /no/such/program"


def test_a_command_is_looked_for_in_the_working_directory(tmp_path: Path) -> None:
    a_file(tmp_path / "mine", "not for all", 0o644)
    assert why_not("./mine", working_dir=str(tmp_path)) == f"not executable: {tmp_path}/mine"


def test_a_directory_is_no_command(tmp_path: Path) -> None:
    assert why_not(str(tmp_path)) == f"not a program but a directory: {tmp_path}"


def test_a_script_without_its_interpreter_is_explained(tmp_path: Path) -> None:
    script = a_file(tmp_path / "script", "#!/no/such/sh -e\n")
    assert why_not(script) == f"{script}: its interpreter cannot be run: /no/such/sh -e"


def test_a_text_file_is_no_program(tmp_path: Path) -> None:
    script = a_file(tmp_path / "script", "echo hello\n")
    assert why_not(script) == f"{script}: not a program; a script needs a first line like #!/bin/sh"


def test_a_working_directory_that_is_missing_is_named(tmp_path: Path) -> None:
    missing = f"{tmp_path}/missing"
    assert why_not("true", working_dir=missing) == f"working directory does not exist: {missing}"


def test_a_working_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    file = a_file(tmp_path / "file", "")
    assert why_not("true", working_dir=file) == f"working directory is not a directory: {file}"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("true", "x" * 3_000_000), "too long together"),
        (("x" * 5_000,), "the name of the command or of the working directory is too long"),
        (("true", "a\0b"), "null byte"),
        ((), "there is no command, and no image to take an entrypoint from"),
    ],
)
def test_an_impossible_command_is_explained(command: tuple[str, ...], reason: str) -> None:
    assert reason in why_not(*command)


def test_a_container_runs_in_its_working_directory(tmp_path: Path) -> None:
    assert output_of("pwd", working_dir=str(tmp_path)) == f"{tmp_path}\n"


def test_a_container_has_the_hosts_environment_below_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FROM_HOST", "host")
    monkeypatch.setenv("FROM_BOTH", "host")
    script = "echo $FROM_HOST $FROM_BOTH $HOSTNAME"
    assert output_of(script, env={"FROM_BOTH": "pod"}) == "host pod web\n"


def test_a_manifest_may_set_hostname_itself() -> None:
    assert output_of("echo $HOSTNAME", env={"HOSTNAME": "mine"}) == "mine\n"


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("SIGTERM", 15),
        ("SIGIOT", signal.SIGABRT),
        ("SIGRTMIN", signal.SIGRTMIN),
        ("SIGRTMIN+3", signal.SIGRTMIN + 3),
        ("SIGRTMAX-14", signal.SIGRTMAX - 14),
        ("SIGRTMAX", signal.SIGRTMAX),
    ],
)
def test_signals_go_by_name(name: str, number: int) -> None:
    assert signal_number(name) == number


@pytest.mark.parametrize("name", ["TERM", "15", "SIGNONE", "SIGRTMIN+99", "SIG_BLOCK", ""])
def test_a_signal_that_does_not_exist_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match="must be the name of a signal"):
        signal_number(name)


def test_an_unknown_signal_leaves_the_container_running(backend: str) -> None:
    async def story(sandbox: Sandbox) -> None:
        async with sandbox.start(plan("sleep", "1000")) as workload:
            with pytest.raises(ExecutorError, match="'SIGNONE': must be the name of a signal"):
                await workload.signal("SIGNONE")
            await workload.signal("SIGTERM")
            assert (await workload.wait()).exit_code == 143

    tell(story, backend)


def test_a_signal_other_than_kill_is_for_the_main_process_alone(backend: str) -> None:
    async def story(sandbox: Sandbox) -> None:
        output = Output()
        script = (
            "trap '' USR1; sh -c 'trap \"echo child\" USR1; echo ready; sleep 0.1' & wait; wait"
        )
        async with sandbox.start(plan("sh", "-c", script, write=output)) as workload:
            await output.has(b"ready\n")
            await workload.signal("SIGUSR1")
            await workload.wait()
        assert output.stdout == b"ready\n"

    tell(story, backend)


def test_who_leaves_the_group_keeps_neither_the_end_nor_the_output_waiting(backend: str) -> None:
    async def story(sandbox: Sandbox) -> None:
        output = Output()
        script = "echo $$; setsid sh -c 'echo $$; exec sleep 1000' & read -r _; sleep 0.1"
        async with sandbox.start(plan("sh", "-c", script, write=output)) as workload:
            assert (await workload.wait()).exit_code == 0
        escaped = int(output.stdout.split()[1])
        os.kill(escaped, signal.SIGKILL)

    tell(story, backend)


def test_an_exit_code_that_somebody_else_took_is_unknown(backend: str) -> None:
    async def story(sandbox: Sandbox) -> None:
        output = Output()
        script = "sleep 1000 & echo $$ $!; echo ready; exec sleep 1000"
        async with sandbox.start(plan("sh", "-c", script, write=output)) as workload:
            await output.has(b"ready\n")
            leader, child = map(int, output.stdout.split()[:2])
            os.kill(leader, signal.SIGKILL)
            os.waitpid(leader, 0)  # noqa: ASYNC222 - it is dead
            termination = await workload.wait()
        assert (termination.exit_code, termination.reason) == (137, "ContainerStatusUnknown")
        assert not is_alive(child)

    tell(story, backend)


def test_who_cannot_be_killed_is_named(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def living(groups: set[int]) -> dict[int, tuple[Process, ...]]:
        return {group: (Process(12, "stuck"), Process(13, "too")) for group in groups}

    monkeypatch.setattr(_dispatcher, "_PATIENCE", 0.01)
    monkeypatch.setattr(_dispatcher, "is_group_empty", lambda _: False)
    monkeypatch.setattr(_dispatcher, "living_members", living)

    async def story(sandbox: Sandbox) -> None:
        async with sandbox.start(plan("sh", "-c", "exit 3")) as workload:
            termination = await workload.wait()
        assert termination.exit_code == 3
        assert termination.message == "still there after it was killed: 12 (stuck), 13 (too)"

    tell(story, backend)


def test_an_executor_must_be_open_before_a_pod(backend: str) -> None:
    async def main() -> None:
        context = PodContext(pod=POD, uid="u", volumes={}, directories=())
        with pytest.raises(ExecutorError, match="is not open"):
            async with SubprocessExecutor(isolation="none").open_pod(context):
                pytest.fail("it was opened")

    anyio.run(main, backend=backend)


def test_an_executor_cannot_be_opened_twice_at_once_but_twice_in_a_row(backend: str) -> None:
    async def main() -> None:
        executor = SubprocessExecutor(isolation="none")
        for _ in range(2):
            async with executor.open():
                with pytest.raises(ExecutorError, match="is open already"):
                    async with executor.open():
                        pytest.fail("it was opened")

    anyio.run(main, backend=backend)


def test_a_container_that_cannot_be_followed_is_ended_and_reported(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: _dispatcher.Dispatcher, fd: int, *_: object) -> None:
        if len(self._watched) == 1:
            raise OSError(28, "No space left on device")
        register(self, fd, *_)  # type: ignore[arg-type]

    register = _dispatcher.Dispatcher._register
    monkeypatch.setattr(_dispatcher.Dispatcher, "_register", full)

    async def story(sandbox: Sandbox) -> None:
        with pytest.raises(StartError, match="cannot start a process: No space left on device"):
            async with sandbox.start(plan("sleep", "1000")):
                pytest.fail("it was started")

    tell(story, backend)


def test_a_breakdown_of_the_dispatcher_is_told_to_all_and_leaves_nothing(backend: str) -> None:
    told: list[str] = []

    def broken(stream: str, data: bytes) -> None:
        raise LookupError("a sink that raises")

    async def main() -> None:
        executor = SubprocessExecutor(isolation="none")
        context = PodContext(pod=POD, uid="u", volumes={}, directories=())
        async with executor.open(), executor.open_pod(context) as sandbox:
            with anyio.CancelScope(shield=True):
                async with (
                    sandbox.start(plan("sleep", "1000")) as bystander,
                    sandbox.start(plan("echo", "hello", write=broken)) as workload,
                ):
                    for each in (workload, bystander):
                        with pytest.raises(ExecutorError, match="lost sight") as caught:
                            await each.wait()
                        told.append(repr(caught.value.__cause__))
                with pytest.raises(ExecutorError, match="is not open any more"):
                    async with sandbox.start(plan("true")):
                        pytest.fail("it was started")

    with pytest.raises(ExceptionGroup) as caught:
        anyio.run(main, backend=backend)
    assert told == ["LookupError('a sink that raises')"] * 2
    assert caught.group_contains(LookupError, match="a sink that raises")


def test_a_volume_is_linked_while_the_pod_is_open(backend: str, tmp_path: Path) -> None:
    volume, root = tmp_path / "volume", tmp_path / "root"
    for each in (volume, root):
        each.mkdir()

    async def story(sandbox: Sandbox) -> None:
        mount = Mount(source=volume, mount_path=f"{root}/data", volume="data")
        for word in ("one", "two"):
            command = plan("sh", "-c", f"echo {word} >> {root}/data/file", mounts=(mount,))
            async with sandbox.start(command) as workload:
                await workload.wait()
        assert [each.name for each in root.iterdir()] == ["data"]

    tell(story, backend, link_mounts_under=[root])
    assert (volume / "file").read_text() == "one\ntwo\n"
    assert list(root.iterdir()) == []


def test_a_volume_that_cannot_be_linked_keeps_its_container_from_starting(tmp_path: Path) -> None:
    mount = Mount(source=tmp_path, mount_path="/nowhere/data", volume="data")
    assert why_not("true", mounts=(mount,)).startswith("/nowhere/data: nothing may be linked there")


def test_everything_says_what_it_is() -> None:
    executor = SubprocessExecutor(isolation="none")

    async def story(sandbox: Sandbox) -> None:
        assert repr(sandbox) == "<ProcessSandbox of default/web>"
        async with sandbox.start(plan("sleep", "1000")) as workload:
            assert repr(workload).startswith("<Attempt of main: process ")
            assert repr(workload).endswith(", runs>")
        assert repr(workload).endswith(", exit code 137>")

    assert repr(executor) == "<SubprocessExecutor closed>"
    tell(story)


def test_a_container_has_not_the_hosts_standard_input() -> None:
    before = os.dup(0)
    reading, writing = os.pipe()
    os.dup2(reading, 0)
    try:
        assert output_of("readlink /proc/self/fd/0") == "/dev/null\n"
    finally:
        os.dup2(before, 0)
        for fd in (before, reading, writing):
            os.close(fd)


def test_no_child_is_left_to_the_subprocess_module() -> None:
    assert output_of("echo hello") == "hello\n"
    assert not subprocess._active  # type: ignore[attr-defined]


def test_an_exception_in_an_engines_block_leaves_as_it_was(backend: str) -> None:
    async def main() -> None:
        async with Engine(SubprocessExecutor(isolation="none")):
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        anyio.run(main, backend=backend)
