"""HTTP probes and hooks: one GET request, and the redirects it meets.

No proxy, no compression, one connection for each request; the certificate of an HTTPS server is not
verified. HTTP/1.1 is the business of the library h11, which is imported with the first request.

Source: kubelet, pkg/probe/http and `runHTTPHandler`.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs
from anyio import move_on_after

from seedpod._core.action_texts import (
    BODY_TIMED_OUT,
    FALLEN_BACK,
    HEADERS_TIMED_OUT,
    quoted,
    request_failed,
)
from seedpod._core.requests import (
    MAXIMUM_REQUESTS,
    REDIRECT_STATUSES,
    HTTPRequest,
    redirected,
    wire_headers,
)
from seedpod._runtime.network.connection import (
    Connection,
    NetworkError,
    PlainHTTPError,
    connect,
)
from seedpod.status import Outcome, Result

if TYPE_CHECKING:
    import h11

    _Head: TypeAlias = h11.Response | h11.InformationalResponse

MAXIMUM_BODY: Final = 10 * 1024
"""In bytes; what comes after is not read."""
_MAXIMUM_HEAD: Final = 1 << 20
_PORTS: Final = {"http": 80, "https": 443}


async def http_probe(request: HTTPRequest, timeout_seconds: float) -> Outcome:
    """Ask once: a status from 200 to 399 is success, a redirect that is not followed a warning.

    A body that cannot be read, or not in time, makes the answer unknown.

    Cancellation: no connection is left.
    """
    with closing(_Chain(request)) as chain:
        try:
            with move_on_after(timeout_seconds):
                status, exchange = await chain.follow()
                return _judged(status, await exchange.body())
        except NetworkError as error:
            return _failed(chain, str(error))
        return _failed(chain, BODY_TIMED_OUT if chain.has_ended else HEADERS_TIMED_OUT)


async def http_hook(request: HTTPRequest) -> Outcome:
    """Ask once, without a limit in time: any answer is success.

    Where HTTPS was asked for and HTTP is spoken, HTTP it is, which is worth a warning; credentials
    are kept back then.

    Cancellation: no connection is left.
    """
    outcome = await _hook(request)
    if outcome is not None:
        return outcome
    headers = {name: each for name, each in request.headers.items() if name != "Authorization"}
    plain = attrs.evolve(request, url=attrs.evolve(request.url, scheme="http"), headers=headers)
    outcome = await _hook(plain)
    if outcome is not None and outcome.result is Result.SUCCESS:
        return Outcome(Result.WARNING, FALLEN_BACK)
    return Outcome(Result.FAILURE, request_failed(request.url, str(PlainHTTPError())))


async def _hook(request: HTTPRequest) -> Outcome | None:
    """What came of a hook's request; None: HTTPS was asked for, and HTTP is spoken."""
    with closing(_Chain(request)) as chain:
        try:
            await chain.follow()
        except PlainHTTPError:
            return None
        except NetworkError as error:
            return _failed(chain, str(error))
        return Outcome(Result.SUCCESS)


def _judged(status: int, body: bytes) -> Outcome:
    if not 200 <= status < 400:
        return Outcome(Result.FAILURE, f"HTTP probe failed with statuscode: {status}")
    text = body.decode("utf-8", "replace")
    if status >= 300:
        return Outcome(Result.WARNING, f"Probe terminated redirects, Response body: {text}")
    return Outcome(Result.SUCCESS, text)


def _failed(chain: _Chain, problem: str) -> Outcome:
    if chain.has_ended:
        return Outcome(Result.UNKNOWN, problem)
    return Outcome(Result.FAILURE, request_failed(chain.request.url, problem))


@attrs.define(eq=False)
class _Chain:
    """A request, and those its redirects lead to; one connection at a time."""

    request: HTTPRequest
    """The newest."""
    has_ended: bool = False
    """The head of the last response is there."""
    _exchange: _Exchange | None = None

    async def follow(self) -> tuple[int, _Exchange]:
        """Ask until there is no redirect to follow; the last status, and where its body is read.

        Raises:
            NetworkError: There is no last response.
        """
        for _ in range(MAXIMUM_REQUESTS):
            self._exchange = exchange = await _opened(self.request)
            response = await exchange.head(self.request)
            following = _following(self.request, response)
            if following is None:
                self.has_ended = True
                return response.status_code, exchange
            self.close()
            self.request = following
        raise NetworkError(f"stopped after {MAXIMUM_REQUESTS} redirects")

    def close(self) -> None:
        """Close the connection, if there is one."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.connection.close()


@attrs.define(eq=False)
class _Exchange:
    """One request and its response."""

    connection: Connection
    protocol: h11.Connection
    _has_heard: bool = False
    """Anything has come back."""

    async def head(self, request: HTTPRequest) -> _Head:
        """Send *request*, and wait for the head of the response.

        Raises:
            NetworkError: There is none.
        """
        import h11  # noqa: PLC0415 (only for those who ask by HTTP)

        await self.connection.send(_written(self.protocol, request))
        try:
            event = await self._event()
            while isinstance(event, h11.InformationalResponse) and event.status_code != 101:
                event = await self._event()
        except h11.RemoteProtocolError as error:
            text = f"net/http: HTTP/1.x transport connection broken: {error}"
            raise NetworkError(text) from error
        if isinstance(event, h11.Response | h11.InformationalResponse):
            return event
        raise NetworkError("EOF")

    async def body(self) -> bytes:
        """The beginning of the response's body, as much as is read of one.

        Raises:
            NetworkError: It breaks off.
        """
        import h11  # noqa: PLC0415 (only for those who ask by HTTP)

        found = bytearray()
        try:
            while len(found) < MAXIMUM_BODY:
                event = await self._event()
                if not isinstance(event, h11.Data):
                    break
                found += event.data
        except h11.RemoteProtocolError as error:
            raise NetworkError("unexpected EOF") from error
        return bytes(found[:MAXIMUM_BODY])

    async def _event(self) -> object:
        """What comes next of the response."""
        import h11  # noqa: PLC0415 (only for those who ask by HTTP)

        while (event := self.protocol.next_event()) is h11.NEED_DATA:
            data = await self.connection.receive()
            if not data and self.protocol.their_state is h11.SEND_RESPONSE:
                raise NetworkError("unexpected EOF" if self._has_heard else "EOF")
            self._has_heard = True
            self.protocol.receive_data(data)
        return event


async def _opened(request: HTTPRequest) -> _Exchange:
    """Connect to where *request* goes."""
    import h11  # noqa: PLC0415 (only for those who ask by HTTP)

    url = request.url
    if url.scheme not in _PORTS:
        raise NetworkError(f"unsupported protocol scheme {quoted(url.scheme)}")
    connection = await connect(url.host, _PORTS[url.scheme] if url.port is None else url.port)
    if url.scheme == "https":
        try:
            await connection.secure(url.host)
        except BaseException:
            connection.close()
            raise
    return _Exchange(connection, h11.Connection(h11.CLIENT, _MAXIMUM_HEAD))


def _following(request: HTTPRequest, response: _Head) -> HTTPRequest | None:
    """The request that a response redirects to, if it is to be sent."""
    if response.status_code not in REDIRECT_STATUSES:
        return None
    location = next((value for name, value in response.headers if name == b"location"), b"")
    if not location:
        return None
    try:
        return redirected(request, location.decode("utf-8", "replace"))
    except ValueError as error:
        raise NetworkError(str(error)) from error


def _written(protocol: h11.Connection, request: HTTPRequest) -> bytes:
    """The bytes of a request."""
    import h11  # noqa: PLC0415 (only for those who ask by HTTP)

    headers = [(name.encode(), value.encode()) for name, value in wire_headers(request)]
    try:
        asked = h11.Request(method="GET", target=request.url.target, headers=headers)
        return (protocol.send(asked) or b"") + (protocol.send(h11.EndOfMessage()) or b"")
    except h11.LocalProtocolError as error:
        raise NetworkError(f"net/http: {error}") from error
