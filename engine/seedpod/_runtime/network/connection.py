"""Connection: one TCP connection, plain or with TLS.

Made of the socket itself: a thousand probes a second are a quarter of the work they would be with
streams, and `close` is done when it returns, so that cancellation leaves nothing behind. The
kubelet sets SO_LINGER to one second; that is left out, for it makes `close` wait, and with it all
that runs in this event loop.

Errors are worded as Go words them. Source: Go, `net.OpError`; kubelet, `probe.ProbeDialer`.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import cache, partial
from ipaddress import ip_address
from typing import Final, TypeAlias, TypeVar

import attrs
from anyio import getaddrinfo, wait_readable, wait_writable
from anyio.lowlevel import checkpoint

from seedpod._core.urls import host_port

T = TypeVar("T")
_Wait: TypeAlias = Callable[[socket.socket], Awaitable[None]]

_CHUNK: Final = 65536


class NetworkError(Exception):
    """Nothing can be asked over the network, or what comes back is no answer."""


class PlainHTTPError(NetworkError):
    """A server that was to speak TLS speaks HTTP."""

    def __init__(self) -> None:
        super().__init__("http: server gave HTTP response to HTTPS client")


@attrs.define(eq=False)
class Connection:
    """A TCP connection that is open."""

    _socket: socket.socket
    _tunnel: _Tunnel | None = None
    """What is between here and there, if that is TLS."""

    async def secure(self, host: str) -> None:
        """Speak TLS from now on; whom the other side is, is not verified.

        Cancellation: the connection is of no use any more.

        Raises:
            NetworkError: The other side does not speak it.
        """
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            session = _trusting().wrap_bio(incoming, outgoing, server_hostname=host)
        except ValueError as error:
            raise NetworkError(f"tls: {error}") from error
        self._tunnel = tunnel = _Tunnel(session, incoming, outgoing)
        await self._through(tunnel, session.do_handshake)

    async def send(self, data: bytes) -> None:
        """Send all of *data*.

        Cancellation: an unknown part of it was sent.

        Raises:
            NetworkError: The connection is broken.
        """
        if self._tunnel is None:
            await self._send(data)
        elif data:
            await self._through(self._tunnel, partial(self._tunnel.session.write, data))

    async def receive(self) -> bytes:
        """Wait for what comes next; empty when the other side has ended.

        Lets others run even if it need not wait, so that nobody is kept from it by a flood.

        Cancellation: nothing is lost.

        Raises:
            NetworkError: The connection is broken.
        """
        if self._tunnel is None:
            return await self._receive()
        return await self._through(self._tunnel, self._tunnel.read)

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    async def _through(self, tunnel: _Tunnel, step: Callable[[], T]) -> T:
        """What a step of TLS returns once all has come that it needs; all it says is sent."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._send(tunnel.outgoing.read())
            except ssl.SSLError as error:
                raise NetworkError(f"tls: {error.reason or error}") from error
            else:
                await self._send(tunnel.outgoing.read())
                return result
            tunnel.takes(await self._receive())

    async def _send(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                sent = await _when_ready(
                    self._socket, partial(self._socket.send, rest), wait_writable
                )
                rest = rest[sent:]
        except OSError as error:
            raise self._broken("write", error) from error

    async def _receive(self) -> bytes:
        await checkpoint()
        try:
            take = partial(self._socket.recv, _CHUNK)
            return await _when_ready(self._socket, take, wait_readable)
        except OSError as error:
            raise self._broken("read", error) from error

    def _broken(self, doing: str, error: OSError) -> NetworkError:
        """Go's words for what went wrong."""
        try:
            ends = f"{_shown(self._socket.getsockname())}->{_shown(self._socket.getpeername())}"
        except OSError:
            ends = ""
        return NetworkError(f"{doing} tcp {ends}: {doing}: {_reason(error)}")


@attrs.define(eq=False)
class _Tunnel:
    """TLS between two sides that write to memory; a `Connection` carries it to and fro."""

    session: ssl.SSLObject
    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO
    _has_begun: bool = False

    def takes(self, data: bytes) -> None:
        """Take what has come; nothing means that nothing will.

        Raises:
            PlainHTTPError: It is no TLS, but HTTP.
        """
        if not self._has_begun and data.startswith(b"HTTP/"):
            raise PlainHTTPError
        self._has_begun = True
        if data:
            self.incoming.write(data)
        else:
            self.incoming.write_eof()

    def read(self) -> bytes:
        """What was said; empty when the other side has ended, politely or not."""
        try:
            return self.session.read(_CHUNK)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""


async def connect(host: str, port: int) -> Connection:
    """Connect to a port of a host; of several addresses, to the first that answers.

    Cancellation: no connection is left.

    Raises:
        NetworkError: Nobody answers.
    """
    if not 0 <= port <= 65535:
        raise NetworkError(f"dial tcp: address {port}: invalid port")
    first: NetworkError | None = None
    for family, address in await _addresses(host, port):
        try:
            return Connection(await _connected_socket(family, address))
        except OSError as error:
            step = "socket" if error.errno in {errno.EMFILE, errno.ENFILE} else "connect"
            problem = f"dial tcp {_shown(address)}: {step}: {_reason(error)}"
            first = first or NetworkError(problem)
    raise first or NetworkError(f"dial tcp: lookup {host}: no such host")


async def _connected_socket(family: int, address: tuple[str, int]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        code = made.connect_ex(address)
        if code == errno.EINPROGRESS:
            await wait_writable(made)
            code = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    except BaseException:
        made.close()
        raise
    if code:
        made.close()
        raise OSError(code, os.strerror(code))
    return made


async def _addresses(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
    """The addresses of a host, with their families."""
    try:
        version = ip_address(host).version
    except ValueError:
        pass
    else:
        return [(socket.AF_INET if version == 4 else socket.AF_INET6, (host, port))]
    try:
        found = await getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NetworkError(f"dial tcp: lookup {host}: no such host") from error
    return [(family, (address[0], port)) for family, _, _, _, address in found]


async def _when_ready(waiting: socket.socket, step: Callable[[], T], wait: _Wait) -> T:
    """What *step* returns once the socket is ready for it; *wait* waits for that."""
    while True:
        try:
            return step()
        except BlockingIOError:
            pass
        await wait(waiting)


@cache
def _trusting() -> ssl.SSLContext:
    """A TLS client that believes whoever answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _shown(address: tuple[str, int]) -> str:
    return host_port(address[0], address[1])


def _reason(error: OSError) -> str:
    text = os.strerror(error.errno) if error.errno else str(error)
    return text[:1].lower() + text[1:]
