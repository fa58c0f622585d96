"""Groups of processes are held to their limits, and gone without a trace afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from seedpod.executors.subprocess._cgroups import (
    CgroupError,
    Cgroups,
    ContainerGroup,
    GroupLimits,
    NoCgroups,
    PodGroup,
    _files,
)
from seedpod.status import Usage
from tests.executors.processes import is_alive
from tests.machine import lacks

Mi = 1 << 20
NONE = GroupLimits()
ENV = {"PATH": os.environ["PATH"]}


def real(*controllers: str) -> Cgroups | None:
    """The cgroups of this machine, unless they lack one of *controllers*."""
    found = Cgroups.found()
    lacking = {name: why for name, why in found.lacking().items() if name in controllers}
    for name, why in lacking.items():
        lacks(f"the cgroup controller {name}: {why}")
    return None if isinstance(found, NoCgroups) or lacking else found


@asynccontextmanager
async def opened_pod(cgroups: Cgroups, limits: GroupLimits = NONE) -> AsyncGenerator[PodGroup]:
    """The group of a pod; it is closed at the end, and gone."""
    pod = cgroups.open_pod(f"test-{uuid.uuid4().hex}", limits)
    try:
        yield pod
    finally:
        with anyio.CancelScope(shield=True):
            assert await pod.close() == []
        assert remaining(*pod.paths) == []


@asynccontextmanager
async def opened(
    cgroups: Cgroups, limits: GroupLimits, of_pod: GroupLimits = NONE
) -> AsyncGenerator[ContainerGroup]:
    """The group of a container in that of a pod; both are closed at the end, and gone."""
    pod = cgroups.open_pod(f"test-{uuid.uuid4().hex}", of_pod)
    group = pod.open_container("main-0", limits)
    try:
        yield group
    finally:
        with anyio.CancelScope(shield=True):
            assert await group.close() == []
            assert await pod.close() == []
            assert remaining(*group.paths, *pod.paths) == []


def remaining(*paths: str) -> list[str]:
    return [each for each in paths if Path(each).exists()]


def run(group: ContainerGroup, *command: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*group.joining(ENV), *command], env=ENV, capture_output=True, check=False
    )


def python(group: ContainerGroup, program: str) -> subprocess.CompletedProcess[bytes]:
    return run(group, sys.executable, "-I", "-S", "-c", program)


def test_a_process_that_takes_more_memory_than_its_limit_is_killed_and_counted() -> None:
    if (cgroups := real("memory")) is None:
        return

    async def main() -> None:
        async with opened(cgroups, GroupLimits(memory=24 * Mi)) as group:
            assert python(group, "bytearray(1 << 20)").returncode == 0
            assert group.oom_kills() == 0
            assert python(group, "bytearray(64 << 20)").returncode == -signal.SIGKILL
            assert group.oom_kills() == 1

    anyio.run(main)


def test_a_kill_for_the_limit_of_the_pod_is_counted_where_it_hit() -> None:
    if (cgroups := real("memory")) is None:
        return

    async def main() -> None:
        async with opened(cgroups, NONE, of_pod=GroupLimits(memory=24 * Mi)) as group:
            assert python(group, "bytearray(64 << 20)").returncode == -signal.SIGKILL
            assert group.oom_kills() == 1

    anyio.run(main)


def test_a_quota_is_in_force() -> None:
    if (cgroups := real("cpu")) is None:
        return
    spin = "import time; end = time.monotonic() + 0.6\nwhile time.monotonic() < end: pass"

    async def main() -> None:
        async with opened(cgroups, GroupLimits(cpu_quota=10_000)) as limited:
            python(limited, spin)
            used = limited.usage().cpu_seconds
        async with opened(cgroups, NONE) as free:
            python(free, spin)
            free_used = free.usage().cpu_seconds
        assert used is not None
        assert free_used is not None
        assert used < 0.2 < free_used

    anyio.run(main)


def test_a_quota_above_that_of_the_pod_is_no_mistake() -> None:
    if (cgroups := real("cpu")) is None:
        return

    async def main() -> None:
        limits, of_pod = GroupLimits(cpu_quota=200_000), GroupLimits(cpu_quota=100_000)
        async with opened(cgroups, limits, of_pod) as group:
            assert run(group, "true").returncode == 0

    anyio.run(main)


def test_no_more_processes_than_the_limit() -> None:
    if (cgroups := real("pids")) is None:
        return
    fork = "import os\nfor _ in range(8):\n    if not os.fork(): os.read(0, 1)"

    async def main() -> None:
        async with opened(cgroups, GroupLimits(pids=4)) as group:
            result = python(group, fork)
            assert b"BlockingIOError" in result.stderr

    anyio.run(main)


def usage_while_it_holds(group: ContainerGroup) -> Usage:
    """The usage of *group* while a process in it holds 32 Mi."""
    hold = "held = b'x' * (32 << 20); print('up', flush=True); input()"
    with subprocess.Popen(
        [*group.joining(ENV), sys.executable, "-c", hold],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=ENV,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        used = group.usage()
        process.communicate(b"\n")
    return used


def test_usage_shows_what_is_held_now() -> None:
    if (cgroups := real("memory")) is None:
        return

    async def main() -> None:
        async with opened(cgroups, NONE) as group:
            used = usage_while_it_holds(group)
        assert used.memory_bytes is not None
        assert 32 * Mi <= used.memory_bytes < 64 * Mi
        assert used.cpu_seconds is not None
        assert used.cpu_seconds > 0

    anyio.run(main)


_LEAVER = """
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    print(os.getpid(), flush=True)
    os.close(1)
    os.read(0, 1)
    os._exit(0)
"""


def leave_one(group: ContainerGroup, stdin: int) -> int:
    """The pid of one that has left its session and has lost its parents."""
    with subprocess.Popen(
        [*group.joining(ENV), sys.executable, "-I", "-S", "-c", _LEAVER],
        stdin=stdin,
        stdout=subprocess.PIPE,
        env=ENV,
    ) as process:
        assert process.stdout is not None
        return int(process.stdout.readline())


@pytest.mark.parametrize("has_kill", [True, False])
def test_closing_kills_who_has_left_the_session(
    backend: str, has_kill: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (cgroups := real()) is None:
        return
    write = _files.write

    def older_kernel(path: str, text: str) -> None:
        if path.endswith("cgroup.kill"):
            raise FileNotFoundError
        write(path, text)

    if not has_kill:
        monkeypatch.setattr(_files, "write", older_kernel)

    async def main() -> None:
        reading, writing = os.pipe()
        try:
            async with opened(cgroups, NONE) as group:
                pid = leave_one(group, reading)
                assert is_alive(pid)
            assert not is_alive(pid)
        finally:
            os.close(reading)
            os.close(writing)

    anyio.run(main, backend=backend)


def test_closing_the_pod_closes_what_its_containers_left_open(backend: str) -> None:
    if (cgroups := real()) is None:
        return

    async def main() -> None:
        reading, writing = os.pipe()
        pod = cgroups.open_pod(f"test-{uuid.uuid4().hex}", NONE)
        group = pod.open_container("main-0", NONE)
        pid = leave_one(group, reading)
        with anyio.CancelScope() as scope:
            scope.cancel()  # which changes nothing
            assert await pod.close() == []
        os.close(reading)
        os.close(writing)
        assert not is_alive(pid)
        assert remaining(*group.paths, *pod.paths) == []
        assert await group.close() == []

    anyio.run(main, backend=backend)


def make_groups_below(*paths: str) -> None:
    for path in paths:
        Path(path, "of-its-own", "and-below").mkdir(parents=True)


def test_groups_that_a_container_has_made_go_with_it() -> None:
    if (cgroups := real()) is None:
        return

    async def main() -> None:
        async with opened(cgroups, NONE) as group:
            make_groups_below(*group.paths)

    anyio.run(main)


def test_a_group_can_be_made_once() -> None:
    if (cgroups := real()) is None:
        return

    async def main() -> None:
        async with opened_pod(cgroups) as pod:
            group = pod.open_container("main-0", NONE)
            with pytest.raises(CgroupError, match="main-0: File exists"):
                pod.open_container("main-0", NONE)
            assert remaining(*group.paths) == [*group.paths]

    anyio.run(main)


def test_what_was_made_of_a_group_is_removed_if_the_rest_cannot_be() -> None:
    if (cgroups := real()) is None:
        return

    async def main() -> None:
        async with opened_pod(cgroups) as pod:
            _files.make(f"{pod.paths[-1]}/main-0")
            with pytest.raises(CgroupError):
                pod.open_container("main-0", NONE)
            left = remaining(*(f"{each}/main-0" for each in pod.paths))
            assert left == [f"{pod.paths[-1]}/main-0"]

    anyio.run(main)
