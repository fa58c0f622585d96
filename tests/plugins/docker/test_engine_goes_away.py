"""An engine that is restarted, or away, or robbed: each time pods get a named state, and heal."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import anyio
import pytest

from seedpod import events
from seedpod.status import Phase, Running, Terminated
from seedpod_docker import DockerExecutor
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.living import STAYS, Told, container, living, pod_of


def _ids(engine: Engine, name: str) -> list[str]:
    return [each["Id"] for each in engine.containers(f"io.seedpod.container.name={name}")]


async def _call(engine: Engine, method: str, path: str) -> None:
    status, said = await anyio.to_thread.run_sync(engine.call, method, path)
    assert status < 300, said


def _is_blocked(told: Told) -> bool:
    """Whether it is said that the engine does not answer."""
    return any(
        isinstance(each, events.PodBlocked)
        and each.reason == "FailedCreatePodSandBox"
        and "cannot reach the engine" in each.message
        for each in told.seen
    )


def test_a_container_that_somebody_removes_is_started_again(docker: Engine, backend: str) -> None:
    async def main() -> None:
        pod = pod_of(container("app", STAYS), restartPolicy="Always")
        async with living(pod, DockerExecutor(host=docker.url)) as told:
            await told.happened(events.ContainerStarted, container="app")
            [first] = _ids(docker, "app")
            await _call(docker, "DELETE", f"/containers/{first}?force=1")
            end = await told.happened(events.ContainerExited, container="app")
            assert isinstance(end, events.ContainerExited)
            assert end.exit_code == 137
            await told.happened(events.ContainerStarted, 2, container="app")

    anyio.run(main, backend=backend)


def test_a_sandbox_that_somebody_removes_is_made_anew(docker: Engine, backend: str) -> None:
    async def main() -> None:
        pod = pod_of(container("app", STAYS), restartPolicy="Always")
        async with living(pod, DockerExecutor(host=docker.url)) as told:
            await told.happened(events.ContainerStarted, container="app")
            [sandbox] = [
                each["Id"]
                for each in docker.containers("io.seedpod.sandbox=0")
                if "io.seedpod.container.name" not in each["Labels"]
            ]
            await _call(docker, "DELETE", f"/containers/{sandbox}?force=1")
            await told.happened(events.SandboxLost)
            await told.happened(events.SandboxOpened, 2)
            await told.happened(events.ContainerStarted, 2, container="app")
            assert docker.containers("io.seedpod.sandbox=0") == []

    anyio.run(main, backend=backend)


def test_pods_begin_anew_after_a_restart_of_the_engine(docker: Engine, backend: str) -> None:
    async def main() -> None:
        pod = pod_of(
            container("app", STAYS),
            initContainers=[container("first", "true")],
            restartPolicy="Always",
        )
        async with living(pod, DockerExecutor(host=docker.url)) as told:
            await told.happened(events.ContainerStarted, container="app")
            await anyio.to_thread.run_sync(docker.restart)
            await told.happened(events.SandboxLost)
            await told.happened(events.ContainerStarted, 2, container="app")
            assert isinstance(told.state("app"), Running)

    anyio.run(main, backend=backend)


def test_pods_begin_anew_after_the_engine_was_killed(docker: Engine, backend: str) -> None:
    async def main() -> None:
        pod = pod_of(container("app", STAYS), restartPolicy="Always")
        async with living(pod, DockerExecutor(host=docker.url)) as told:
            await told.happened(events.ContainerStarted, container="app")
            await anyio.to_thread.run_sync(docker.restart, signal.SIGKILL)
            await told.happened(events.ContainerStarted, 2, container="app")

    anyio.run(main, backend=backend)


def test_a_pod_that_may_not_begin_anew_fails_with_the_engine(docker: Engine, backend: str) -> None:
    async def main() -> None:
        pod = pod_of(container("app", STAYS), restartPolicy="Never")
        async with living(pod, DockerExecutor(host=docker.url)) as told:
            await told.happened(events.ContainerStarted, container="app")
            await anyio.to_thread.run_sync(docker.restart)
            await told.happened(events.PodFinished)
            assert isinstance(told.state("app"), Terminated)
            assert told.status.phase in {Phase.FAILED, Phase.SUCCEEDED}

    anyio.run(main, backend=backend)


def test_a_pod_waits_for_an_engine_that_is_away(docker: Engine, backend: str) -> None:
    async def main() -> None:
        executor = DockerExecutor(host=docker.url)
        idle = pod_of(container("app", STAYS), restartPolicy="Always")
        async with living(idle, executor) as told:
            await told.happened(events.ContainerStarted, container="app")
            await anyio.to_thread.run_sync(docker.stop)
            await told.until(lambda: _is_blocked(told))
            await anyio.to_thread.run_sync(docker.start)
            await told.happened(events.ContainerStarted, 2, container="app")

    anyio.run(main, backend=backend)


def test_a_cancellation_does_not_wait_for_an_engine_that_is_away(
    docker: Engine, backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is bounded; what cannot be removed is named."""

    async def main() -> None:
        pod = pod_of(container("app", STAYS), restartPolicy="Always")
        with anyio.CancelScope() as scope:
            async with living(pod, DockerExecutor(host=docker.url)) as told:
                await told.happened(events.ContainerStarted, container="app")
                await anyio.to_thread.run_sync(docker.stop, signal.SIGKILL)
                scope.cancel()

    anyio.run(main, backend=backend)
    assert "nobody knows whether it has ended" in caplog.text
    assert "left behind" in caplog.text
    docker.start()
    docker.remove_containers()


def test_what_is_written_while_podman_is_away_is_read_later(podman: Engine, backend: str) -> None:
    """Its containers run on, and are told to end when it is back."""

    async def main() -> None:
        script = "trap 'echo bye; exit 0' TERM; n=0; while :; do echo $((n += 1)); sleep 0.1; done"
        pod = pod_of(container("app", script), restartPolicy="Always")
        async with living(pod, DockerExecutor(host=podman.url)) as told:
            await told.happened(events.ContainerStarted, container="app")
            async with told.running.logs() as lines:
                await anext(lines)
                await anyio.to_thread.run_sync(podman.stop)
                told.running.stop_soon(20)
                await told.happened(events.ContainerSignalled)
                await anyio.sleep(6)  # longer than anybody tries to send the signal at once
                await anyio.to_thread.run_sync(podman.start)
                texts = [line.text.decode() async for line in lines]
            end = await told.happened(events.ContainerExited)
            assert isinstance(end, events.ContainerExited)
            assert end.exit_code == 0
            assert texts[-1] == "bye"
            numbers = [int(text) for text in texts[:-1]]
            assert len(numbers) > 40
            assert len(set(numbers)) >= numbers[-1] - numbers[0] - 10, "nearly all are there"

    anyio.run(main, backend=backend)


@contextmanager
def _full_disk(engine: Engine) -> Generator[None]:
    """A block inside which there is no room for another container."""
    containers = engine.directory / "data" / "containers"
    options = ["-o", "nr_inodes=1"]
    subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", containers], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", containers], check=True)


def test_a_pod_waits_for_room_on_the_disk(docker: Engine) -> None:
    async def main() -> None:
        pod = pod_of(container("app", "true"), restartPolicy="Never")
        with ExitStack() as full:
            full.enter_context(_full_disk(docker))
            async with living(pod, DockerExecutor(host=docker.url)) as told:
                blocked = await told.happened(events.PodBlocked, reason="FailedCreatePodSandBox")
                assert isinstance(blocked, events.PodBlocked)
                assert "no space left on device" in blocked.message
                full.close()
                await told.happened(events.PodFinished)
                assert told.status.phase is Phase.SUCCEEDED

    anyio.run(main)
