"""When the host dies the guard ends what it has started; otherwise it goes with the host."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

import seedpod.guard
from seedpod.abc import ContainerKind, ContainerPlan, PodContext
from seedpod.executors.subprocess import SubprocessExecutor
from seedpod.guard import GUARD
from seedpod.spec import Container, ObjectMeta, Pod
from tests.executors.processes import becomes, is_alive, with_environment
from tests.machine import lacks

_HOST = Path(__file__).with_name("host.py")
_MARK = "SEEDPOD_GUARD_TEST"


def marked(mark: str) -> set[int]:
    return with_environment(f"{_MARK}={mark}")


@contextmanager
def host(mark: str, *arguments: object) -> Generator[subprocess.Popen[bytes]]:
    """A host process that has everything up."""
    paths = [each for each in sys.path if each]
    with subprocess.Popen(
        [sys.executable, str(_HOST), *map(str, arguments)],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, _MARK: mark, "PYTHONPATH": os.pathsep.join(paths)},
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n"
            yield process
        finally:
            process.kill()
            for pid in marked(mark):
                os.kill(pid, signal.SIGKILL)


def test_nothing_is_left_one_second_after_the_host_was_killed(backend: str) -> None:
    mark = uuid.uuid4().hex
    with host(mark, backend, 20) as process:
        assert len(marked(mark)) > 20  # the host, the guard, and one or two for each container
        process.kill()
        assert becomes(lambda: not marked(mark), within=1)


@pytest.mark.parametrize("attempt", range(3))
def test_nothing_is_left_of_a_host_that_was_killed_while_it_started_containers(
    backend: str, attempt: int
) -> None:
    mark = uuid.uuid4().hex
    with host(mark, backend, 0) as process:
        process.kill()
        assert becomes(lambda: not marked(mark), within=2)


def test_the_guard_outlives_a_signal_to_everything_of_the_host(backend: str) -> None:
    mark = uuid.uuid4().hex
    with host(mark, backend, 1) as process:
        for pid in marked(mark):
            os.kill(pid, signal.SIGTERM)
        assert becomes(lambda: not marked(mark), within=2)
        assert process.wait() == -signal.SIGTERM


def test_links_and_directories_are_removed_when_the_host_was_killed(
    backend: str, tmp_path: Path
) -> None:
    mark = uuid.uuid4().hex
    under, pod = tmp_path / "under", tmp_path / "pod"
    for each in (under, pod):
        each.mkdir()
    (pod / "volume").mkdir()
    with host(mark, backend, 2, under, pod) as process:
        assert (under / "made" / "here-1" / "volume").is_dir()
        process.kill()
        assert becomes(lambda: not pod.exists() and not list(under.iterdir()), within=2)


GUARD_PROGRAM = Path(seedpod.guard.__file__).with_name("_process.py")


@contextmanager
def guard(*records: str) -> Generator[None]:
    """A guard that was told *records*, and whose host dies at the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-I", "-S", GUARD_PROGRAM, "1", str(os.getsid(0))], stdin=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(
            "".join(f"{word}\0" for each in records for word in each.split()).encode()
        )
        yield


@contextmanager
def container(stdout: int = subprocess.DEVNULL) -> Generator[subprocess.Popen[bytes]]:
    """A process in a session of its own."""
    with subprocess.Popen(["sleep", "1000"], stdout=stdout, start_new_session=True) as process:
        yield process
        process.kill()


def clock_ticks() -> int:
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))


def test_a_container_whose_pid_the_host_could_not_tell_is_found_by_its_output() -> None:
    reading, writing = os.pipe()
    with container(writing) as process:
        inode = os.fstat(writing).st_ino
        os.close(writing)
        os.close(reading)
        with guard(f"expect {inode}"):
            pass
        assert process.poll() == -signal.SIGKILL


def test_a_container_that_was_dropped_is_left_alone() -> None:
    with container() as process:
        with guard(f"expect 1 add 1 {process.pid} {clock_ticks()} drop 1"):
            pass
        assert process.poll() is None


def test_a_stranger_with_the_pid_of_a_container_is_left_alone() -> None:
    with container() as process:
        with guard(f"add 1 {process.pid} {clock_ticks() - 10 * os.sysconf('SC_CLK_TCK')}"):
            pass
        assert process.poll() is None


def test_what_is_left_of_a_session_is_killed_when_its_leader_is_gone() -> None:
    reading, writing = os.pipe()
    script = ["sh", "-c", "sleep 1000 & echo $!"]
    with subprocess.Popen(script, stdout=writing, start_new_session=True) as leader:
        ticks = clock_ticks()
        left = int(os.read(reading, 100))
        leader.wait()
    os.close(reading)
    os.close(writing)
    with guard(f"add 1 {leader.pid} {ticks}"):
        pass
    assert not is_alive(left)


_CGROUP_HOST = """
import os, subprocess, sys, uuid
from seedpod.executors.subprocess._cgroups import Cgroups, GroupLimits, NoCgroups
from seedpod.guard import GUARD

cgroups = Cgroups.found()
if isinstance(cgroups, NoCgroups):
    sys.exit(f"no cgroups: {cgroups.why}")
pod = cgroups.open_pod(f"test-{uuid.uuid4().hex}", GroupLimits())
group = pod.open_container("main-0", GroupLimits())
for path in (*pod.paths, *group.paths):
    GUARD.add_cgroup(path)
leave = [*group.joining(os.environ), "sh", "-c", "setsid sleep 1000 >&- & echo $!"]
pid = subprocess.run(leave, stdout=subprocess.PIPE, check=True).stdout.decode().strip()
print(pid, *pod.paths, *group.paths, flush=True)
input()
"""


def test_cgroups_are_emptied_and_removed_when_the_host_was_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _CGROUP_HOST],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
    ) as process:
        assert process.stdout is not None
        words = process.stdout.readline().decode().split()
        was_there = all(Path(each).is_dir() for each in words[1:])
        process.kill()
        _, why = process.communicate()
    if why.startswith(b"no cgroups: "):
        lacks(why.decode().strip())
        return
    pid, *directories = words
    assert was_there
    assert becomes(lambda: not is_alive(int(pid)), within=2)
    assert becomes(lambda: not any(Path(each).exists() for each in directories), within=2)


def test_a_cgroup_that_was_forgotten_is_left_alone(tmp_path: Path) -> None:
    with guard(f"cgroup {tmp_path} forget {tmp_path}"):
        pass
    assert tmp_path.is_dir()


def test_a_process_that_has_no_number_here_is_not_taken_for_a_group(tmp_path: Path) -> None:
    """It shows as 0, and to signal 0 is to signal one's own process group: here, the guard."""
    kill = "import sys; sys.path.append(sys.argv[1]); import _process as guard\n"
    kill += "guard.kill_cgroup(sys.argv[2].encode())"
    arguments = [sys.executable, "-I", "-c", kill, str(GUARD_PROGRAM.parent), str(tmp_path)]
    with container() as process:
        (tmp_path / "cgroup.procs").write_text(f"0\n{process.pid}\n")
        killer = subprocess.run(arguments, start_new_session=True, check=False)
        assert killer.returncode == 0
        assert process.wait() == -signal.SIGKILL


def run_one(backend: str, story: Callable[[int], object]) -> int:
    """Run two containers one after the other, and *story* with the guard's pid between them."""
    plan = ContainerPlan(
        name="main",
        kind=ContainerKind.APP,
        spec=Container(name="main"),
        attempt=0,
        container_id="c",
        command=("true",),
        args=(),
        env={},
        mounts=(),
        write=lambda *_: None,
    )
    pod = Pod(metadata=ObjectMeta(name="p", namespace="default"))

    async def main() -> int:
        executor = SubprocessExecutor(isolation="none")
        async with (
            executor.open(),
            executor.open_pod(PodContext(pod=pod, uid="u", volumes={}, directories=())) as sandbox,
        ):
            async with sandbox.start(plan) as first:
                await first.wait()
            assert GUARD._process is not None
            story(GUARD._process.pid)
            async with sandbox.start(plan) as second:
                await second.wait()
            return GUARD._process.pid

    return anyio.run(main, backend=backend)


def test_a_guard_that_was_killed_is_replaced_at_the_next_start(backend: str) -> None:
    seen: list[int] = []

    def kill(pid: int) -> None:
        seen.append(pid)
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    assert run_one(backend, kill) not in seen


def test_an_orderly_end_leaves_no_guard(backend: str) -> None:
    pid = run_one(backend, lambda _: None)
    assert not Path(f"/proc/{pid}").exists()


def test_a_forked_child_does_not_keep_the_guard_waiting(
    backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    children: list[int] = []
    reading, writing = os.pipe()

    def fork(_: int) -> None:
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
        children.append(child)

    try:
        run_one(backend, fork)
        assert not caplog.messages  # such as: the guard did not end and was killed
    finally:
        os.close(writing)
        os.close(reading)
        os.waitpid(children[0], 0)
