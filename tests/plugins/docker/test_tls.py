"""An engine that is reached over TCP and TLS, with a certificate of the client's own."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute, TaskStatus
from anyio.from_thread import start_blocking_portal
from anyio.streams.tls import TLSListener

from seedpod.errors import ExecutorError
from seedpod_docker import DockerExecutor
from tests.plugins.docker import certificates
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.inside import container, ran

LOCAL = "127.0.0.1"


@asynccontextmanager
async def _serving(engine: Engine, context: ssl.SSLContext) -> AsyncGenerator[int]:
    """A port at which the engine is reached over TLS."""

    async def pass_on(source: ByteStream, target: ByteStream) -> None:
        try:
            async for data in source:
                await target.send(data)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        await target.aclose()

    async def serve(client: ByteStream) -> None:
        async with (
            await anyio.connect_unix(engine.socket) as inside,
            anyio.create_task_group() as group,
        ):
            group.start_soon(pass_on, client, inside)
            group.start_soon(pass_on, inside, client)

    async with await anyio.create_tcp_listener(local_host=LOCAL) as plain:
        listener = TLSListener(plain, context, standard_compatible=False)

        async def listen(*, task_status: TaskStatus[None]) -> None:
            task_status.started()
            await listener.serve(serve)

        async with anyio.create_task_group() as group:
            await group.start(listen)
            yield plain.extra(SocketAttribute.local_port)
            group.cancel_scope.cancel()


@contextmanager
def _door(engine: Engine, context: ssl.SSLContext) -> Generator[int]:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(_serving(engine, context)) as port,
    ):
        yield port


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Docker's settings say that the client's certificate is."""
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    return tmp_path


def test_pods_run_on_an_engine_that_is_reached_over_tls(
    docker: Engine, backend: str, certificate: Path
) -> None:
    with _door(docker, certificates.engine(certificate, LOCAL)) as port:
        executor = DockerExecutor(host=f"tcp://{LOCAL}:{port}")
        probe = {"exec": {"command": ["true"]}, "periodSeconds": 1}
        script = "echo out; head -c 300000 /dev/zero | wc -c; sleep 0.3"
        ended = ran(
            docker, container(script, startupProbe=probe), executor=executor, backend=backend
        )
    assert ended.lines == ["out", "300000"]


def test_an_engine_that_cannot_prove_who_it_is_is_not_spoken_to(
    docker: Engine, backend: str, certificate: Path
) -> None:
    context = certificates.engine(certificate, LOCAL)
    certificates.distrust(certificate)

    async def main(port: int) -> None:
        executor = DockerExecutor(host=f"tcp://{LOCAL}:{port}")
        with pytest.raises(ExecutorError, match=r"cannot reach .* certificate verify failed"):
            async with executor.open():
                pytest.fail("it was opened")

    with _door(docker, context) as port:
        anyio.run(main, port, backend=backend)
