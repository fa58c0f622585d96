"""What is left when the host process is killed: nothing, or the pods, for the next engine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import pytest

import seedpod
from seedpod import events
from seedpod.spec import Pod
from seedpod.status import Running, Terminated
from seedpod_docker import DockerExecutor
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.images import SMALL
from tests.plugins.docker.living import STAYS, living

_HOST: Final = Path(__file__).with_name("host.py")
_BOUND: Final = 5.0
"""Seconds in which nothing of a killed host may be left."""
_UID: Final = "5eed0000-0000-4000-8000-000000000001"
_MOUNT: Final = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}


def _container(name: str, script: str, **fields: Any) -> dict[str, Any]:
    command = ["sh", "-c", script]
    return {"name": name, "image": SMALL.reference, "command": command, **_MOUNT, **fields}


_MANIFEST: Final = json.dumps(
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "kept", "uid": _UID},
        "spec": {
            "restartPolicy": "Always",
            "volumes": [{"name": "data", "emptyDir": {}}],
            "initContainers": [
                _container("first", "echo first >> /data/starts"),
                _container("side", f"echo side >> /data/starts; {STAYS}", restartPolicy="Always"),
            ],
            "containers": [
                _container("app", f"echo app >> /data/starts; echo from the app; {STAYS}")
            ],
        },
    }
)


def _pod() -> Pod:
    [pod] = seedpod.load(_MANIFEST)
    return pod


@contextmanager
def _host(engine: Engine, keep: str, directory: Path) -> Generator[subprocess.Popen[str]]:
    """A block inside which a host process runs the pod, which is ready."""
    with subprocess.Popen(
        [sys.executable, _HOST, engine.url, keep, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as host:
        assert host.stdin is not None
        assert host.stdout is not None
        try:
            host.stdin.write(_MANIFEST)
            host.stdin.close()
            told = iter(host.stdout.readline, "")
            assert "ready\n" in told, "it did not become ready"
            yield host
        finally:
            host.kill()


def _owned(engine: Engine) -> Sequence[str]:
    return sorted(each["Id"] for each in engine.containers("io.seedpod.owner"))


def _starts(directory: Path) -> list[str]:
    """Which containers of the pod have started, in order."""
    [file] = directory.rglob("starts")
    return file.read_text().split()


def test_nothing_of_a_killed_host_is_left_after_five_seconds(
    engine: Engine, tmp_path: Path
) -> None:
    with _host(engine, "none", tmp_path) as host:
        assert len(_owned(engine)) == 3
        host.kill()
        deadline = time.monotonic() + _BOUND
        while _owned(engine) or any(tmp_path.iterdir()):
            assert time.monotonic() < deadline, _owned(engine)
            time.sleep(0.02)


def test_what_a_killed_host_was_to_keep_goes_on_in_the_next_engine(
    engine: Engine, tmp_path: Path, backend: str
) -> None:
    with _host(engine, "pods", tmp_path) as host:
        before = _owned(engine)
        host.kill()
        host.wait()

    async def main() -> None:
        executor = DockerExecutor(host=engine.url, keep="pods")
        async with living(_pod(), executor, tmp_path) as told:
            await told.happened(events.SandboxOpened)
            assert isinstance(told.state("first"), Terminated)
            assert isinstance(told.state("side"), Running)
            assert isinstance(told.state("app"), Running)
            assert [each.restart_count for each in told.status.container_statuses] == [0]
            assert not any(isinstance(each, events.ContainerStarted) for each in told.seen)
            async with told.running.logs("app") as lines:
                line = await anext(aiter(lines))
            assert line.text == b"from the app"
            status = told.status.container("app")
            assert status is not None
            assert isinstance(status.state, Running)
            assert abs(line.time - status.state.started_at.timestamp()) < 1
            assert _starts(tmp_path) == ["first", "side", "app"]
            assert _owned(engine) == before

    anyio.run(main, backend=backend)
    assert _owned(engine) == []
    assert list(tmp_path.iterdir()) == []


def test_two_living_processes_do_not_have_the_same_kept_pod(docker: Engine, tmp_path: Path) -> None:
    async def main() -> None:
        executor = DockerExecutor(host=docker.url, keep="pods")
        async with living(_pod(), executor, tmp_path / "other") as told:
            await told.until(
                lambda: any(
                    isinstance(each, events.PodBlocked) and "another process" in each.message
                    for each in told.seen
                )
            )

    with _host(docker, "pods", tmp_path) as host:
        anyio.run(main)
        before = _owned(docker)
        assert len(before) == 4
        host.kill()
        host.wait()
    anyio.run(_removed, docker)


async def _removed(engine: Engine) -> None:
    executor = DockerExecutor(host=engine.url)
    assert await executor.sweep() == ()
    swept = await executor.sweep(kept=True)
    assert [each.name for each in swept] == [
        "container app of pod default/kept",
        "container first of pod default/kept",
        "container side of pod default/kept",
        "sandbox of pod default/kept",
    ]
    assert all(each.is_kept and "has ended" in each.owner for each in swept)


@pytest.mark.parametrize("keep", ["none", "pods"])
def test_a_new_engine_removes_what_dead_hosts_have_left_unless_it_was_to_be_kept(
    docker: Engine, tmp_path: Path, keep: str
) -> None:
    """A guard that was killed with its host leaves everything to the next engine."""
    with _host(docker, keep, tmp_path) as host:
        _kill_with_guard(host)

    async def main() -> None:
        executor = DockerExecutor(host=docker.url)
        async with executor.open():
            assert len(_owned(docker)) == (4 if keep == "pods" else 0)
        await executor.sweep(kept=True)

    anyio.run(main)


def _kill_with_guard(host: subprocess.Popen[str]) -> None:
    children = Path(f"/proc/{host.pid}/task/{host.pid}/children").read_text().split()
    for pid in children:
        subprocess.run(["kill", "-KILL", pid], check=True)
    host.kill()
    host.wait()
