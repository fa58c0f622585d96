"""gRPC probes: one call of the health service.

HTTP/2 is the business of the library h2, which is imported with the first call. A connection counts
once the server has sent its settings; one that is refused is tried again as long as there is time.

Source: kubelet, pkg/probe/grpc; gRPC, connection-backoff.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import attrs
from anyio import move_on_after, sleep

from seedpod._core.grpc_health import (
    MAXIMUM_ANSWER,
    PATH,
    Failed,
    answer,
    call_timed_out,
    connecting_timed_out,
    failure,
    outcome_of,
    request_body,
    reset,
)
from seedpod._core.requests import PROBE_AGENT
from seedpod._core.urls import host_port
from seedpod._runtime.network.connection import Connection, NetworkError, connect
from seedpod.status import Outcome, Result

if TYPE_CHECKING:
    from h2.connection import H2Connection
    from h2.events import Event

_FIRST_PAUSE: Final = 1.0
"""Between two attempts to connect, in seconds."""
_PAUSE_GROWTH: Final = 1.6


async def grpc_probe(host: str, port: int, service: str, timeout_seconds: float) -> Outcome:
    """Ask the health service at a port of a host about *service*.

    Cancellation: no connection is left.
    """
    address = host_port(host, port)
    late = connecting_timed_out(address, timeout_seconds)
    with move_on_after(timeout_seconds):
        channel = await _connected(host, port)
        late = call_timed_out(timeout_seconds)
        try:
            reply = await channel.call(address, service)
        finally:
            channel.close()
        return _judged(reply, timeout_seconds)
    return Outcome(Result.FAILURE, late)


def _judged(reply: _Reply, timeout_seconds: float) -> Outcome:
    failed = reply.failed or failure(reply.headers, reply.trailers)
    return answer(reply.body) if failed is None else outcome_of(failed, timeout_seconds)


async def _connected(host: str, port: int) -> _Channel:
    """Connect, however long it takes."""
    pause = _FIRST_PAUSE
    while True:
        try:
            return await _greeted(await connect(host, port))
        except NetworkError:
            await sleep(pause)
            pause *= _PAUSE_GROWTH


async def _greeted(connection: Connection) -> _Channel:
    """Exchange settings with a server."""
    from h2.config import H2Configuration  # noqa: PLC0415 (only for those who ask by gRPC)
    from h2.connection import H2Connection  # noqa: PLC0415
    from h2.events import RemoteSettingsChanged  # noqa: PLC0415

    channel = _Channel(connection, H2Connection(H2Configuration(client_side=True)))
    try:
        channel.protocol.initiate_connection()
        await channel.flush()
        while not any(isinstance(each, RemoteSettingsChanged) for each in await channel.events()):
            pass
    except BaseException:
        channel.close()
        raise
    return channel


@attrs.define(eq=False)
class _Channel:
    """A connection to a gRPC server."""

    connection: Connection
    protocol: H2Connection

    async def call(self, address: str, service: str) -> _Reply:
        """Call the health service, and return what it replies."""
        from h2.exceptions import ProtocolError  # noqa: PLC0415 (see above)

        reply = _Reply()
        try:
            stream = self.protocol.get_next_available_stream_id()
            self.protocol.send_headers(stream, _request_headers(address))
            self.protocol.send_data(stream, request_body(service), end_stream=True)
            await self.flush()
            while not reply.is_complete:
                reply.takes(await self.events())
        except (NetworkError, ProtocolError) as error:
            reply.failed = Failed("Unavailable", f"error reading from server: {error}")
        return reply

    async def events(self) -> list[Event]:
        """What comes next from the server, once what that asks for is sent back.

        Raises:
            NetworkError: The server has ended, or speaks no HTTP/2.
        """
        from h2.events import ConnectionTerminated  # noqa: PLC0415 (see above)
        from h2.exceptions import ProtocolError  # noqa: PLC0415

        data = await self.connection.receive()
        if not data:
            raise NetworkError("EOF")
        try:
            found = self.protocol.receive_data(data)
        except ProtocolError as error:
            raise NetworkError(f"connection error: {error}") from error
        if any(isinstance(each, ConnectionTerminated) for each in found):
            raise NetworkError("the connection is draining")
        await self.flush()
        return found

    async def flush(self) -> None:
        """Send what is to be sent."""
        await self.connection.send(self.protocol.data_to_send())

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


@attrs.define(eq=False)
class _Reply:
    """What has come of a call so far."""

    headers: dict[str, str] = attrs.field(factory=dict[str, str])
    trailers: dict[str, str] = attrs.field(factory=dict[str, str])
    body: bytes = b""
    failed: Failed | None = None
    is_complete: bool = False

    def takes(self, found: Iterable[Event]) -> None:
        """Take in what came next."""
        from h2.events import (  # noqa: PLC0415 (see above)
            DataReceived,
            ResponseReceived,
            StreamEnded,
            StreamReset,
            TrailersReceived,
        )

        for each in found:
            if isinstance(each, ResponseReceived):
                self.headers = _decoded(each.headers)
            elif isinstance(each, TrailersReceived):
                self.trailers = _decoded(each.headers)
            elif isinstance(each, DataReceived):
                self.body += each.data
                if len(self.body) > MAXIMUM_ANSWER:
                    self._ends(Failed("ResourceExhausted", "grpc: received message is too large"))
            elif isinstance(each, StreamReset):
                self._ends(reset(int(each.error_code)))
            elif isinstance(each, StreamEnded):
                self.is_complete = True

    def _ends(self, failed: Failed) -> None:
        if not self.is_complete:
            self.failed = failed
            self.is_complete = True


def _request_headers(address: str) -> list[tuple[str, str]]:
    return [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", PATH),
        (":authority", address),
        ("content-type", "application/grpc"),
        ("user-agent", PROBE_AGENT),
        ("te", "trailers"),
    ]


def _decoded(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
