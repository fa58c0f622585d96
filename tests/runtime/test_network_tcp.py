"""TCP probes, and the connections that all probes stand on."""

from __future__ import annotations

import errno
import socket
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from anyio.abc import ByteStream

from seedpod._runtime.network.connection import Connection, NetworkError, connect
from seedpod._runtime.network.tcp import tcp_probe
from seedpod.status import Outcome, Result
from tests.runtime.servers import HOST, closed_port, serving


async def _hangs_up(_: ByteStream) -> None:
    pass


async def _full_port() -> tuple[list[socket.socket], int]:
    """A port whose queue is full: a connection to it is neither made nor refused."""
    listener = socket.socket()
    listener.bind((HOST, 0))
    listener.listen(0)
    port: int = listener.getsockname()[1]
    waiting = socket.create_connection((HOST, port))
    return [listener, waiting], port


def test_somebody_who_listens_is_enough(backend: str) -> None:
    async def main() -> Outcome:
        async with serving(_hangs_up) as port:
            return await tcp_probe(HOST, port, 10)

    assert anyio.run(main, backend=backend) == Outcome(Result.SUCCESS)


def test_a_host_can_be_a_name(backend: str) -> None:
    async def main() -> Outcome:
        async with serving(_hangs_up) as port:
            return await tcp_probe("localhost", port, 10)

    assert anyio.run(main, backend=backend) == Outcome(Result.SUCCESS)


def test_nobody_who_listens_is_a_failure(backend: str) -> None:
    async def main() -> tuple[int, Outcome]:
        port = await closed_port()
        return port, await tcp_probe(HOST, port, 10)

    port, outcome = anyio.run(main, backend=backend)
    text = f"dial tcp {HOST}:{port}: connect: connection refused"
    assert outcome == Outcome(Result.FAILURE, text)


@pytest.mark.parametrize(
    ("host", "port", "text"),
    [
        (HOST, -1, "dial tcp: address -1: invalid port"),
        (HOST, 65536, "dial tcp: address 65536: invalid port"),
        ("ü..b", 80, "dial tcp: lookup ü..b: no such host"),
    ],
)
def test_what_is_no_address_is_a_failure(backend: str, host: str, port: int, text: str) -> None:
    outcome = anyio.run(tcp_probe, host, port, 10, backend=backend)
    assert outcome == Outcome(Result.FAILURE, text)


def test_a_name_of_nobody_is_a_failure(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def knows_nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "")

    monkeypatch.setattr("seedpod._runtime.network.connection.getaddrinfo", knows_nobody)
    outcome = anyio.run(tcp_probe, "nobody.example", 80, 10, backend=backend)
    text = "dial tcp: lookup nobody.example: no such host"
    assert outcome == Outcome(Result.FAILURE, text)


def test_a_port_that_does_not_answer_in_time_is_a_failure(backend: str) -> None:
    async def main() -> tuple[int, Outcome]:
        held, port = await _full_port()
        try:
            return port, await tcp_probe(HOST, port, 0.05)
        finally:
            for each in held:
                each.close()

    port, outcome = anyio.run(main, backend=backend)
    assert outcome == Outcome(Result.FAILURE, f"dial tcp {HOST}:{port}: i/o timeout")


def test_a_process_that_can_open_nothing_more_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more(*_: object) -> socket.socket:
        raise OSError(errno.EMFILE, "")

    async def main() -> Outcome:
        with monkeypatch.context() as patch:
            patch.setattr("seedpod._runtime.network.connection.socket.socket", no_more)
            return await tcp_probe(HOST, 80, 10)

    text = f"dial tcp {HOST}:80: socket: too many open files"
    assert anyio.run(main) == Outcome(Result.FAILURE, text)


def test_a_connection_that_is_reset_says_so(backend: str) -> None:
    async def resets(stream: ByteStream) -> None:
        raw = stream.extra(anyio.abc.SocketAttribute.raw_socket)
        await stream.receive()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    async def main() -> None:
        async with serving(resets) as port:
            connection = await connect(HOST, port)
            await connection.send(b"x")
            with pytest.raises(NetworkError, match="read: connection reset by peer"):
                await connection.receive()
            connection.close()

    anyio.run(main, backend=backend)


def test_a_connection_that_is_broken_cannot_be_written_to(backend: str) -> None:
    async def main() -> None:
        async with serving(_hangs_up) as port:
            connection = await connect(HOST, port)
            assert await connection.receive() == b""
            with pytest.raises(NetworkError, match=r"write tcp .*write: "):
                while True:
                    await connection.send(b"x")
                    await anyio.lowlevel.checkpoint()
            connection.close()

    anyio.run(main, backend=backend)


def test_a_name_that_tls_cannot_take_is_a_failure(backend: str) -> None:
    async def main() -> None:
        async with serving(_hangs_up) as port:
            connection = await connect(HOST, port)
            with pytest.raises(NetworkError, match="tls: "):
                await connection.secure(".example")
            connection.close()

    anyio.run(main, backend=backend)


def test_a_flood_keeps_nobody_from_running(backend: str) -> None:
    class Flooded:
        def recv(self, size: int) -> bytes:
            return b"x" * size

    async def main() -> bool:
        socket_: Any = Flooded()
        connection = Connection(socket_)
        with anyio.move_on_after(0.01) as scope:
            while True:
                await connection.receive()
        return scope.cancelled_caught

    assert anyio.run(main, backend=backend)


@pytest.mark.parametrize("others", [1, 2])
def test_of_several_addresses_the_first_that_answers_is_taken(
    backend: str, others: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> Outcome:
        async with serving(_hangs_up) as port:

            async def addresses(*_: object, **__: object) -> list[Any]:
                hosts = [f"127.0.1.{number}" for number in range(others)] + [HOST]
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in hosts]

            monkeypatch.setattr("seedpod._runtime.network.connection.getaddrinfo", addresses)
            return await tcp_probe("many.example", port, 10)

    assert anyio.run(main, backend=backend) == Outcome(Result.SUCCESS)


def test_if_no_address_answers_the_first_refusal_is_told(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def addresses(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.1.{n}", 0)) for n in (1, 2)]

    async def main() -> str:
        port = await closed_port()
        monkeypatch.setattr("seedpod._runtime.network.connection.getaddrinfo", addresses)
        return (await tcp_probe("many.example", port, 10)).message.replace(str(port), "1")

    text = "dial tcp 127.0.1.1:1: connect: connection refused"
    assert anyio.run(main, backend=backend) == text


def test_more_than_fits_is_sent_as_it_is_taken(backend: str) -> None:
    async def counts(stream: ByteStream) -> None:
        count = 0
        while count < 10_000_000:
            count += len(await stream.receive())
        await stream.send(str(count).encode())

    async def main() -> bytes:
        async with serving(counts) as port:
            connection = await connect(HOST, port)
            await connection.send(b"x" * 10_000_000)
            try:
                return await connection.receive()
            finally:
                connection.close()

    assert anyio.run(main, backend=backend) == b"10000000"
