"""gRPC probes, against health services in all states."""

from __future__ import annotations

import anyio
import attrs
import pytest
from anyio.abc import ByteStream

from seedpod._runtime.network.grpc import grpc_probe
from seedpod.status import Outcome, Result
from tests.runtime.servers import (
    HOST,
    Call,
    Health,
    Talk,
    closed_port,
    grpc,
    response,
    serving,
)

SHORT = 0.05
"""In seconds: as long as nobody answers anyway."""
LONG_ENOUGH = 2.0
"""In seconds: for a server to begin, on a machine that is busy."""
RPC = "error: health rpc probe failed: rpc error: code ="


def probed(backend: str, talk: Talk, *, service: str = "", seconds: float = 10) -> Outcome:
    """What a probe finds at a server that talks so; its port is 1 in the text."""

    async def main() -> Outcome:
        async with serving(talk) as port:
            outcome = await grpc_probe(HOST, port, service, seconds)
            return attrs.evolve(
                outcome, message=outcome.message.replace(f"{HOST}:{port}", f"{HOST}:1")
            )

    return anyio.run(main, backend=backend)


def test_a_service_that_serves_is_success(backend: str) -> None:
    assert probed(backend, grpc(Health())) == Outcome(Result.SUCCESS, "service healthy")


@pytest.mark.parametrize(
    ("status", "name"), [(0, "UNKNOWN"), (2, "NOT_SERVING"), (3, "SERVICE_UNKNOWN")]
)
def test_a_service_that_does_not_serve_is_a_failure(backend: str, status: int, name: str) -> None:
    text = f'service unhealthy (responded with "{name}")'
    assert probed(backend, grpc(Health.of(status))) == Outcome(Result.FAILURE, text)


def test_the_call_is_one_of_the_health_service(backend: str) -> None:
    calls: list[Call] = []
    probed(backend, grpc(Health(), calls), service="db")
    (call,) = calls
    assert call.body == b"\x00\x00\x00\x00\x04\x0a\x02db"
    found = dict(call.headers)
    assert found.pop(b":authority").startswith(b"127.0.0.1:")
    assert found == {
        b":method": b"POST",
        b":scheme": b"http",
        b":path": b"/grpc.health.v1.Health/Check",
        b"content-type": b"application/grpc",
        b"user-agent": b"kube-probe/1.36",
        b"te": b"trailers",
    }


@pytest.mark.parametrize(
    ("health", "text"),
    [
        (
            Health.failing(12, "unknown service"),
            "error: this server does not implement the grpc health protocol "
            "(grpc.health.v1.Health): unknown service",
        ),
        (Health.failing(5, "unknown service"), f"{RPC} NotFound desc = unknown service"),
        (Health.failing(4, "late"), "timeout: health rpc did not complete within 10s"),
        (Health(trailers=(("grpc-status", "14"),)), f"{RPC} Unavailable desc = "),
        (Health(reset=7), f"{RPC} Unavailable desc = stream terminated by RST_STREAM"),
        (Health(body=b"\x00" * 12_000), f"{RPC} ResourceExhausted desc = "),
        (Health(body=b""), f"{RPC} Internal desc = cardinality violation"),
        (
            Health(headers=((":status", "404"),), trailers=(), body=b""),
            "error: this server does not implement the grpc health protocol "
            "(grpc.health.v1.Health): unexpected HTTP status code received from server: 404",
        ),
    ],
)
def test_a_call_that_fails_is_a_failure(backend: str, health: Health, text: str) -> None:
    outcome = probed(backend, grpc(health))
    assert outcome.result is Result.FAILURE
    assert outcome.message.startswith(text)


def test_a_service_that_does_not_answer_in_time_is_a_failure(backend: str) -> None:
    outcome = probed(backend, grpc(Health(is_silent=True)), seconds=LONG_ENOUGH)
    text = "timeout: health rpc did not complete within 2s"
    assert outcome == Outcome(Result.FAILURE, text)


@pytest.mark.parametrize("says", [b"", response(400), b"\x00" * 40])
def test_a_server_that_is_none_of_grpc_is_not_connected_to(backend: str, says: bytes) -> None:
    async def talk(stream: ByteStream) -> None:
        await stream.receive()
        await stream.send(says)

    _is_not_connected_to(probed(backend, talk, seconds=SHORT))


def test_a_server_that_says_nothing_is_not_connected_to(backend: str) -> None:
    async def keeps_silent(_: ByteStream) -> None:
        await anyio.sleep_forever()

    _is_not_connected_to(probed(backend, keeps_silent, seconds=SHORT))


def _is_not_connected_to(outcome: Outcome) -> None:
    text = f'failed to connect service "{HOST}:1" within 50ms: context deadline exceeded'
    assert outcome == Outcome(Result.FAILURE, f"timeout: {text}")


def test_a_connection_that_is_refused_is_tried_as_long_as_there_is_time(backend: str) -> None:
    async def main() -> Outcome:
        port = await closed_port()
        outcome = await grpc_probe(HOST, port, "", SHORT)
        return attrs.evolve(outcome, message=outcome.message.replace(str(port), "1"))

    _is_not_connected_to(anyio.run(main, backend=backend))


def test_a_server_that_hangs_up_first_is_asked_again(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seedpod._runtime.network.grpc._FIRST_PAUSE", 0.001)
    tries: list[int] = []

    async def talk(stream: ByteStream) -> None:
        tries.append(len(tries))
        if len(tries) == 3:
            await grpc(Health())(stream)

    assert probed(backend, talk).result is Result.SUCCESS
    assert len(tries) == 3


def test_a_server_that_hangs_up_after_the_call_is_a_failure(backend: str) -> None:
    async def talk(stream: ByteStream) -> None:
        await grpc_hanging_up(stream)

    outcome = probed(backend, talk)
    assert outcome.result is Result.FAILURE
    assert outcome.message.startswith(f"{RPC} Unavailable desc = error reading from server: ")


async def grpc_hanging_up(stream: ByteStream) -> None:
    """Exchange settings, wait for the call, and hang up."""
    await stream.receive()
    await stream.send(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
    data = b""
    while b"kube-probe" not in data and len(data) < 60:
        data += await stream.receive()


def test_a_server_that_is_leaving_is_a_failure(backend: str) -> None:
    async def talk(stream: ByteStream) -> None:
        await stream.receive()
        await stream.send(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
        await stream.receive()
        await stream.send(b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + bytes(8))
        await stream.receive()

    outcome = probed(backend, talk)
    assert outcome.result is Result.FAILURE
    assert "the connection is draining" in outcome.message


def test_a_probe_that_is_cancelled_leaves_no_connection(backend: str) -> None:
    async def main() -> bool:
        has_asked, has_ended = anyio.Event(), anyio.Event()

        async def listens(stream: ByteStream) -> None:
            await stream.receive()
            await stream.send(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
            await stream.receive()
            has_asked.set()
            with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                while True:
                    await stream.receive()
            has_ended.set()

        async with serving(listens) as port:
            async with anyio.create_task_group() as group:
                group.start_soon(grpc_probe, HOST, port, "", 10)
                await has_asked.wait()
                group.cancel_scope.cancel()
            with anyio.fail_after(10):
                await has_ended.wait()
        return has_ended.is_set()

    assert anyio.run(main, backend=backend)
