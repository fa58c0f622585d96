"""Servers for the probes of a test, on the loopback: HTTP, gRPC, or whatever a function says."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Final, TypeAlias

import attrs
import trustme
from anyio import (
    BrokenResourceError,
    ClosedResourceError,
    EndOfStream,
    Event,
    create_task_group,
    create_tcp_listener,
)
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSListener
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded
from h2.exceptions import ProtocolError

HOST: Final = "127.0.0.1"
Talk: TypeAlias = Callable[[ByteStream], Awaitable[None]]
"""What a server does with one connection; it is closed afterwards."""


@asynccontextmanager
async def serving(talk: Talk, *, tls: bool = False, host: str = HOST) -> AsyncGenerator[int]:
    """A block in which a server talks to whoever connects to the port; ended with the block."""

    async def served(stream: ByteStream) -> None:
        async with stream:
            try:
                await talk(stream)
            except (BrokenResourceError, ClosedResourceError, EndOfStream, ssl.SSLError):
                pass  # the probe has what it wants

    listener: Any = await create_tcp_listener(local_host=host)
    port: int = listener.extra(SocketAttribute.local_port)
    if tls:
        listener = TLSListener(listener, _certified(), standard_compatible=False)
    async with listener, create_task_group() as group:
        group.start_soon(listener.serve, served)
        yield port
        group.cancel_scope.cancel()


async def closed_port() -> int:
    """A port at which nobody listens."""
    async with await create_tcp_listener(local_host=HOST) as listener:
        port: int = listener.extra(SocketAttribute.local_port)
        return port


@cache
def _certified() -> ssl.SSLContext:
    """A server whose certificate nobody has reason to trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("elsewhere.example").configure_cert(context)
    return context


@attrs.frozen
class Asked:
    """An HTTP request, as it came."""

    line: str
    """`GET / HTTP/1.1`."""
    headers: tuple[tuple[str, str], ...]
    """In order, with the names as they were written."""

    @property
    def path(self) -> str:
        """What is asked for."""
        return self.line.split(" ")[1]

    def all(self, name: str) -> list[str]:
        """The values of every header of this name."""
        return [value for each, value in self.headers if each.lower() == name.lower()]


def http(answer: Callable[[Asked], bytes | None]) -> Talk:
    """A server that answers each request with what *answer* says; None: not at all."""

    async def talk(stream: ByteStream) -> None:
        asked = await _request(stream)
        reply = answer(asked)
        if reply is None:
            await Event().wait()
        else:
            await stream.send(reply)

    return talk


def response(status: int, body: str = "", *, location: str = "") -> bytes:
    """The bytes of an HTTP response."""
    head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body.encode())}\r\n"
    head += f"Location: {location}\r\n" if location else ""
    return f"{head}\r\n{body}".encode()


async def _request(stream: ByteStream) -> Asked:
    data = b""
    while b"\r\n\r\n" not in data:
        data += await stream.receive()
    line, *rest = data.decode("latin-1").partition("\r\n\r\n")[0].split("\r\n")
    headers = (each.partition(": ") for each in rest)
    return Asked(line, tuple((name, value) for name, _, value in headers))


@attrs.frozen
class Health:
    """How a gRPC server answers."""

    body: bytes = b"\x00\x00\x00\x00\x02\x08\x01"
    """A message: SERVING."""
    headers: tuple[tuple[str, str], ...] = (
        (":status", "200"),
        ("content-type", "application/grpc"),
    )
    trailers: tuple[tuple[str, str], ...] = (("grpc-status", "0"),)
    """Empty: the stream ends with the body, or with the headers if there is none."""
    is_silent: bool = False
    """It never answers."""
    reset: int | None = None
    """The stream is reset with this code instead."""

    @classmethod
    def of(cls, status: int) -> Health:
        """One that answers with the number of a serving status."""
        return cls(body=b"\x00\x00\x00\x00\x02\x08" + bytes([status]))

    @classmethod
    def failing(cls, code: int, message: str) -> Health:
        """One that answers with a gRPC error and nothing else."""
        ending = (("grpc-status", str(code)), ("grpc-message", message))
        return cls(body=b"", headers=(*cls().headers, *ending), trailers=())


@attrs.frozen
class Call:
    """What came of a gRPC call."""

    headers: Mapping[bytes, bytes] = attrs.field(factory=dict[bytes, bytes])
    body: bytearray = attrs.field(factory=bytearray)


def grpc(health: Health, calls: list[Call] | None = None) -> Talk:
    """A gRPC server; each call is put into *calls*."""
    made = [] if calls is None else calls

    async def talk(stream: ByteStream) -> None:
        protocol = H2Connection(H2Configuration(client_side=False))
        protocol.initiate_connection()
        await stream.send(protocol.data_to_send())
        while True:
            try:
                found = protocol.receive_data(await stream.receive())
            except ProtocolError:
                return
            for each in found:
                if isinstance(each, RequestReceived):
                    made.append(Call(dict(each.headers)))
                elif isinstance(each, DataReceived):
                    made[-1].body.extend(each.data)
                elif isinstance(each, StreamEnded) and not health.is_silent:
                    _answer(protocol, each.stream_id, health)
            await stream.send(protocol.data_to_send())

    return talk


def _answer(protocol: H2Connection, stream_id: int, health: Health) -> None:
    if health.reset is not None:
        protocol.reset_stream(stream_id, health.reset)
        return
    has_more = bool(health.body or health.trailers)
    protocol.send_headers(stream_id, health.headers, end_stream=not has_more)
    if health.body:
        protocol.send_data(stream_id, health.body, end_stream=not health.trailers)
    if health.trailers:
        protocol.send_headers(stream_id, health.trailers, end_stream=True)
