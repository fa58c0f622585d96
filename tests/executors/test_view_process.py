"""A container at the level `view` as a process: how it starts, ends, and is ended.

Much of it every executor has to do, which `test_subprocess_contract` tells.
"""

from __future__ import annotations

import os
import random
import tempfile
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest

from seedpod.abc import CanExec, ContainerPlan, PodContext, Sandbox
from seedpod.errors import CreateError, StartError
from seedpod.executors.subprocess import SubprocessExecutor
from seedpod.executors.subprocess._view.bubblewrap import Bubblewrap
from seedpod.testing.contract_lab import Output
from tests.executors.as_user import assert_passes_as_user
from tests.executors.inside import container, in_a_view, ran
from tests.executors.processes import with_environment
from tests.executors.test_subprocess import POD, a_file, plan


def tell(
    story: Callable[[Sandbox], Awaitable[None]],
    backend: str = "asyncio",
    executor: SubprocessExecutor | None = None,
) -> None:
    """Run *story* with an open pod."""

    async def main() -> None:
        views = executor or SubprocessExecutor(isolation="view")
        context = PodContext(pod=POD, uid="u", volumes={}, directories=())
        with anyio.fail_after(60):
            async with views.open(), views.open_pod(context) as sandbox:
                await story(sandbox)

    anyio.run(main, backend=backend)


def shell(script: str, **fields: Any) -> ContainerPlan:
    return plan("sh", "-c", script, **fields)


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


# --- further commands -------------------------------------------------------------------------


@in_a_view
def test_a_command_has_the_files_processes_and_user_of_its_container(backend: str) -> None:
    async def story(sandbox: Sandbox) -> None:
        output = Output()
        script = "echo x > /tmp/file; echo ready; exec sleep 1000"
        async with sandbox.start(shell(script, write=output)) as workload:
            assert isinstance(workload, CanExec)
            await output.has(b"ready\n")
            look = Output()
            words = (
                "cat /tmp/file; cat /proc/2/comm; id -u; hostname; pwd; readlink /proc/self/ns/pid"
            )
            assert await workload.exec(("sh", "-c", words), look) == 0
            assert look.stdout.decode().splitlines()[:4] == ["x", "sleep", str(os.geteuid()), "web"]
            theirs = Output()
            await workload.exec(("readlink", "/proc/2/ns/pid"), theirs)
            assert theirs.stdout == look.stdout.splitlines(keepends=True)[-1]

    tell(story, backend)


@in_a_view
@pytest.mark.parametrize("code", [0, 1, 2, 42, 126, 127, 128, 137, 255])
def test_a_command_has_its_exit_code(code: int) -> None:
    async def story(sandbox: Sandbox) -> None:
        async with sandbox.start(plan("sleep", "1000")) as workload:
            assert isinstance(workload, CanExec)
            assert await workload.exec(("sh", "-c", f"exit {code}"), Output()) == code

    tell(story)


@in_a_view
def test_commands_can_be_run_in_a_container_that_has_just_started(backend: str) -> None:
    """Its view may not be made yet; there is no moment at which it is refused."""

    async def story(sandbox: Sandbox) -> None:
        for _ in range(5):
            async with sandbox.start(plan("sleep", "1000")) as workload:
                assert isinstance(workload, CanExec)
                assert await workload.exec(("true",), Output()) == 0

    tell(story, backend)


@in_a_view
def test_a_command_that_cannot_be_started_is_explained() -> None:
    async def story(sandbox: Sandbox) -> None:
        async with sandbox.start(plan("sleep", "1000")) as workload:
            assert isinstance(workload, CanExec)
            with pytest.raises(StartError, match="command not found: no-such-program"):
                await workload.exec(("no-such-program",), Output())

    tell(story)


@in_a_view
def test_a_command_ends_with_its_container_wherever_it_has_gone(backend: str) -> None:
    mark = uuid.uuid4().hex

    async def story(sandbox: Sandbox) -> None:
        output = Output()
        one = plan("sleep", "1000", env={"SEEDPOD_VIEW_TEST": mark})
        async with sandbox.start(one) as workload:
            assert isinstance(workload, CanExec)
            codes: list[int] = []

            async def run(container: CanExec) -> None:
                script = "setsid sleep 1000 > /dev/null & echo up; exec sleep 1000"
                codes.append(await container.exec(("sh", "-c", script), output))

            async with anyio.create_task_group() as group:
                group.start_soon(run, workload)
                await output.has(b"up\n")
                await workload.signal("SIGKILL")
                await workload.wait()
            assert codes == [137]
        assert with_environment(f"SEEDPOD_VIEW_TEST={mark}") == set()

    tell(story, backend)


# --- signals and ends -------------------------------------------------------------------------


@in_a_view
@pytest.mark.parametrize(
    ("script", "signal", "code"),
    [
        ("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done", "SIGTERM", 7),
        ("trap 'exit 8' USR1; echo ready; while :; do sleep 0.01; done", "SIGUSR1", 8),
        ("echo ready; exec sleep 1000", "SIGTERM", 143),
        ("echo ready; exec sleep 1000", "SIGINT", 130),
        ("trap '' TERM; setsid sleep 1000 & echo ready; wait", "SIGKILL", 137),
    ],
)
def test_a_signal_reaches_the_command(script: str, signal: str, code: int, backend: str) -> None:
    mark = uuid.uuid4().hex

    async def story(sandbox: Sandbox) -> None:
        output = Output()
        one = shell(script, write=output, env={"SEEDPOD_VIEW_TEST": mark})
        async with sandbox.start(one) as workload:
            await output.has(b"ready\n")
            await workload.signal(signal)
            assert (await workload.wait()).exit_code == code
        assert with_environment(f"SEEDPOD_VIEW_TEST={mark}") == set()

    tell(story, backend)


@in_a_view
def test_a_signal_right_after_the_start_is_not_lost(backend: str) -> None:
    async def story(sandbox: Sandbox) -> None:
        for _ in range(5):
            async with sandbox.start(plan("sleep", "1000")) as workload:
                await workload.signal("SIGTERM")
                assert (await workload.wait()).exit_code == 143

    tell(story, backend)


@in_a_view
def test_every_exit_code_is_the_containers_own() -> None:
    async def story(sandbox: Sandbox) -> None:
        found: dict[int, tuple[int, str]] = {}
        limiter = anyio.CapacityLimiter(8)

        async def run(code: int) -> None:
            async with limiter, sandbox.start(shell(f"exit {code}")) as workload:
                termination = await workload.wait()
                found[code] = (termination.exit_code, termination.reason)

        async with anyio.create_task_group() as group:
            for code in range(256):
                group.start_soon(run, code)
        assert found == {code: (code, "") for code in range(256)}

    tell(story)


# --- starts that fail -------------------------------------------------------------------------


@in_a_view
def test_a_command_that_is_nowhere_is_named() -> None:
    reason = why_not("no-such-program", env={"PATH": "/usr/bin:/nowhere"})
    assert reason == "command not found: no-such-program (searched PATH: /usr/bin:/nowhere)"
    assert why_not("/no/such/program") == "command not found: /no/such/program"
    assert why_not("/usr") == "not a program but a directory: /usr"
    assert why_not("/etc/passwd") == "not executable: /etc/passwd"
    assert why_not() == "there is no command, and no image to take an entrypoint from"
    assert "null byte" in why_not("true", "a\0b")
    assert "too long" in why_not("true", "x" * 3_000_000)


@in_a_view
def test_a_file_that_is_no_program_is_explained(tmp_path: Path) -> None:
    a_file(tmp_path / "text", "echo hello\n")
    a_file(tmp_path / "script", "#!/no/such/sh -e\n")
    a_file(tmp_path / "plain", "#!/bin/sh\n", 0o644)
    volumes = [{"name": "host", "hostPath": {"path": str(tmp_path)}}]

    def message(name: str) -> str:
        mounts = [{"name": "host", "mountPath": "/host"}]
        one = {**container(volumeMounts=mounts), "command": [f"/host/{name}"]}
        end = ran(one, volumes=volumes).end_of()
        assert (end.exit_code, end.reason) in {(128, "StartError"), (127, "StartError")}
        return end.message

    script = "not a program; a script needs a first line like #!/bin/sh"
    assert f"/host/text: {script}" in message("text")
    assert "/host/script: its interpreter cannot be run: /no/such/sh" in message("script")
    assert "not executable: /host/plain" in message("plain")


@in_a_view
@pytest.mark.parametrize("directory", ["/etc/hosts", "/etc/hosts/below", "/proc/none"])
def test_a_working_directory_that_cannot_be_is_explained(directory: str) -> None:
    end = ran(container("true", workingDir=directory), must_end=False)
    [status] = end.status.container_statuses
    state = status.state
    message = getattr(state, "message", "") or getattr(status.last_state, "message", "")
    assert directory.split("/below", maxsplit=1)[0] in message


@in_a_view
def test_a_view_that_cannot_be_made_is_the_end_with_its_words(backend: str) -> None:
    executor = SubprocessExecutor(isolation="view")
    found = executor._bubblewrap
    assert isinstance(found, Bubblewrap)

    async def story(sandbox: Sandbox) -> None:
        async with sandbox.start(plan("true")) as workload:
            termination = await workload.wait()
        assert (termination.exit_code, termination.reason) == (128, "StartError")
        assert termination.message == "bwrap: Can't mkdir /nowhere: Read-only file system"

    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory, "bwrap")
        program.write_text(
            '#!/bin/sh\necho "bwrap: Can\'t mkdir /nowhere: Read-only file system" >&2\nexit 1\n'
        )
        program.chmod(0o755)
        Path(directory).chmod(0o755)
        executor._bubblewrap = attrs.evolve(found, program=str(program))
        tell(story, backend, executor)


@in_a_view
def test_an_end_with_1_is_no_failure_to_start() -> None:
    end = ran(container("echo 'bwrap: not me' >&2; exit 1")).end_of()
    assert (end.exit_code, end.reason, end.message) == (1, "Error", "")


# --- many, and what is left -------------------------------------------------------------------


@pytest.fixture
def leftovers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], list[str]]:
    """What views need on the host and what is there still: files, mounts, processes."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def left() -> list[str]:
        mounts = Path("/proc/self/mounts").read_text().splitlines()
        found = [str(each) for each in tmp_path.iterdir()]
        found += [each for each in mounts if str(tmp_path) in each]
        mine = f"/proc/self/task/{os.getpid()}/children"
        commands = [Path(f"/proc/{each}/comm") for each in Path(mine).read_text().split()]
        return found + [str(each) for each in commands if each.read_text() == "bwrap\n"]

    return left


@in_a_view
def test_twenty_containers_run_at_once(backend: str, leftovers: Callable[[], list[str]]) -> None:

    async def story(sandbox: Sandbox) -> None:
        outputs = [Output() for _ in range(20)]

        async def run(number: int) -> None:
            script = (
                f"echo {number} > /tmp/mine; sleep 0.2; cat /tmp/mine; ls /proc | grep -c '^[0-9]'"
            )
            async with sandbox.start(shell(script, write=outputs[number])) as workload:
                assert (await workload.wait()).exit_code == 0

        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(run, number)
        written = [each.stdout.decode().split()[0] for each in outputs]
        assert written == [str(number) for number in range(20)]

    tell(story, backend)
    assert leftovers() == []


@in_a_view
@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_left_of_what_was_cancelled_at_any_moment(
    backend: str, seed: int, leftovers: Callable[[], list[str]]
) -> None:
    mark, chance = uuid.uuid4().hex, random.Random(seed)

    async def story(sandbox: Sandbox) -> None:
        async def run() -> None:
            script = "setsid sleep 1000 & sleep 1000"
            one = shell(script, env={"SEEDPOD_VIEW_TEST": mark})
            async with sandbox.start(one) as workload:
                assert isinstance(workload, CanExec)
                await workload.exec(("sh", "-c", script), Output())

        for _ in range(10):
            with anyio.move_on_after(
                chance.choice((0.0, 0.002, 0.01, 0.03, 0.1)) * chance.random()
            ):
                async with anyio.create_task_group() as group:
                    for _ in range(3):
                        group.start_soon(run)
            assert with_environment(f"SEEDPOD_VIEW_TEST={mark}") == set()

    tell(story, backend)
    assert leftovers() == []


@in_a_view
def test_an_ordinary_user_has_views_with_the_same_processes() -> None:
    assert_passes_as_user(__file__)
