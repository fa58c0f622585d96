"""The HTTP interface of a Docker Engine: requests, streams, and connections that become streams.

Nothing here knows what a pod is. What the engine answers in words reaches the caller as it is.

Source: Docker Engine API, https://docs.docker.com/reference/api/engine/.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote, urlencode

import attrs
import httpcore2

from seedpod_docker._json import Table

if TYPE_CHECKING:
    from seedpod_docker._address import Address

NEWEST: Final = (1, 47)
"""The newest version that this client was written for; an engine may be older."""
_OLDEST: Final = (1, 40)
_KEPT: Final = 8
"""Idle connections that are kept for the next request."""
_UPGRADE: Final = {"Connection": "Upgrade", "Upgrade": "tcp"}
_SWITCHED: Final = 101
_ERRORS: Final = 400
"""HTTP statuses from here on are refusals."""
_CUT: Final = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    OSError,
)


class EngineError(Exception):
    """The engine has not done what it was asked; one sentence."""


class UnreachableError(EngineError):
    """The engine does not answer; the sentence says how it was asked."""


class ApiError(EngineError):
    """The engine has refused; the sentence is its own."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        """The HTTP status: 404, 409, 500."""
        self.message = message
        super().__init__(message)


class Raw:
    """A connection that has become a stream of bytes, from the engine to us."""

    def __init__(self, response: httpcore2.Response, pieces: AsyncIterator[bytes]) -> None:
        extensions = cast("Mapping[str, Any]", response.extensions)
        self._network: Any = extensions.get("network_stream")
        self._pieces = pieces if response.status != _SWITCHED else None

    async def read(self) -> bytes:
        """What comes next; empty at the end.

        Cancellation: nothing more can be read.

        Raises:
            UnreachableError: The connection was cut.
        """
        try:
            if self._pieces is not None:  # an engine that does not switch protocols
                return await anext(self._pieces, b"")
            data: bytes = await self._network.read(64 * 1024)
        except _CUT as error:
            raise UnreachableError(_why(error)) from error
        return data


@attrs.frozen
class _Door:
    """How one engine is reached."""

    path: str | None
    """Of its socket."""
    context: ssl.SSLContext
    scheme: bytes
    host: bytes
    port: int | None

    @classmethod
    def of(cls, address: Address) -> _Door:
        context = address.ssl_context()
        return cls(
            path=address.path or None,
            # In the clear nobody need be trusted, and those the system trusts take long to load.
            context=context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            scheme=b"http" if context is None else b"https",
            host=(address.host or "docker").encode(),
            port=address.port or None,
        )

    def connections(self, at_most: int | None = None) -> httpcore2.AsyncConnectionPool:
        """A pool of connections to it; None: as many as are wanted."""
        return httpcore2.AsyncConnectionPool(
            ssl_context=self.context,
            max_connections=at_most,
            max_keepalive_connections=_KEPT,
            uds=self.path,
        )

    def request(
        self, method: str, target: str, content: bytes, headers: Mapping[str, str]
    ) -> httpcore2.Request:
        """A request, as it goes over the wire."""
        url = httpcore2.URL(
            scheme=self.scheme, host=self.host, port=self.port, target=target.encode()
        )
        host = self.host if self.port is None else b"%b:%d" % (self.host, self.port)
        all_headers = [(b"Host", host), (b"Content-Length", b"%d" % len(content))]
        all_headers += [(name.encode(), value.encode()) for name, value in headers.items()]
        return httpcore2.Request(method, url, headers=all_headers, content=content)


@attrs.define(eq=False)
class Api:
    """An open connection to one engine."""

    _door: _Door
    _pool: httpcore2.AsyncConnectionPool
    """For requests that are answered at once; whatever stays open has a connection of its own."""
    title: str
    """Where it is: `unix:///var/run/docker.sock`."""
    _prefix: str = ""
    version: tuple[int, int] = _OLDEST
    """Of the interface, as agreed with the engine."""
    is_podman: bool = False
    """It is Podman that answers in Docker's words."""

    @classmethod
    @asynccontextmanager
    async def connected(cls, address: Address) -> AsyncGenerator[Api]:
        """A block inside which requests can be made.

        Cancellation: requests under way are cut.

        Raises:
            UnreachableError: Nobody answers.
            ApiError: The engine is too old or too new.
        """
        door = _Door.of(address)
        async with door.connections() as pool:
            api = cls(door, pool, address.title)
            await api._agree()
            yield api

    async def _agree(self) -> None:
        """Agree with the engine on a version."""
        response = await self._sent(self._request("GET", "/_ping"))
        headers = {name.lower(): value.decode("latin-1") for name, value in response.headers}
        told = headers.get(b"api-version", "")
        theirs = _version(told)
        if theirs is None:
            why = f": {_message(response)}" if response.status >= _ERRORS else ""
            raise ApiError(response.status, f"{self.title} is no Docker Engine{why}")
        _raise_for(response)
        if theirs < _OLDEST:
            oldest = ".".join(map(str, _OLDEST))
            raise ApiError(
                response.status,
                f"{self.title} speaks version {told} of the Docker API; wanted {oldest} or newer",
            )
        self.version = min(theirs, NEWEST)
        self.is_podman = b"libpod-api-version" in headers
        self._prefix = "/v" + ".".join(map(str, self.version))

    async def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 (JSON)
        """Make one request, and return what is answered: JSON as values, or None.

        Cancellation: the engine may or may not have done what was asked.

        Raises:
            UnreachableError: The engine does not answer.
            ApiError: It refuses, or answers what is no JSON.
        """
        response = await self._sent(self._request(method, path, query, body, headers))
        _raise_for(response)
        return _parsed(response.content) if response.content.strip() else None

    @asynccontextmanager
    async def streaming(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[AsyncIterator[Any]]:
        """A block inside which the values of an answer arrive, one JSON document a line.

        Cancellation: the connection is closed.

        Raises:
            UnreachableError: The engine does not answer, or the connection was cut.
            ApiError: It refuses, or a line is no JSON.
        """
        async with (
            self._opened(self._request(method, path, query, body, headers)) as response,
            _pieces(response) as pieces,
        ):
            yield _Documents(pieces)

    @asynccontextmanager
    async def raw(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        *,
        is_upgraded: bool = True,
    ) -> AsyncGenerator[Raw]:
        """A block inside which the answer is a stream of bytes.

        Cancellation: the connection is closed.

        Raises:
            UnreachableError: The engine does not answer.
            ApiError: It refuses.
        """
        headers = _UPGRADE if is_upgraded else None
        async with (
            self._opened(self._request(method, path, query, body, headers)) as response,
            _pieces(response) as pieces,
        ):
            yield Raw(response, pieces)

    async def _sent(self, request: httpcore2.Request) -> httpcore2.Response:
        try:
            response = await self._pool.handle_async_request(request)
            try:
                await response.aread()
            finally:
                await response.aclose()
        except _CUT as error:
            raise self._unreachable(error) from error
        return response

    @asynccontextmanager
    async def _opened(self, request: httpcore2.Request) -> AsyncGenerator[httpcore2.Response]:
        async with self._door.connections(1) as own:
            try:
                response = await own.handle_async_request(request)
            except _CUT as error:
                raise self._unreachable(error) from error
            try:
                if response.status >= _ERRORS:
                    await response.aread()
                    _raise_for(response)
                yield response
            except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
                raise self._unreachable(error) from error
            finally:
                await response.aclose()

    def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpcore2.Request:
        target = self._prefix + path + (f"?{urlencode(query)}" if query else "")
        given = headers or {}
        if body is None or isinstance(body, bytes):
            return self._door.request(method, target, body or b"", given)
        given = {"Content-Type": "application/json", **given}
        return self._door.request(method, target, json.dumps(body).encode(), given)

    def _unreachable(self, error: Exception) -> UnreachableError:
        return UnreachableError(f"cannot reach the engine at {self.title}: {_why(error)}")


def in_path(name: str) -> str:
    """*name* as one part of a path: the slashes of an image's name are the engine's to take."""
    return quote(name, safe="/:@")


def _version(text: str) -> tuple[int, int] | None:
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None


def _why(error: BaseException) -> str:
    """What is to be said of an error, or of what has caused it."""
    cause = error.__cause__ or error.__context__
    return str(error) or (type(error).__name__ if cause is None else _why(cause))


def _raise_for(response: httpcore2.Response) -> None:
    if response.status >= _ERRORS:
        raise ApiError(response.status, _message(response))


def _message(response: httpcore2.Response) -> str:
    """The engine's own words."""
    try:
        told: object = json.loads(response.content)
    except ValueError:
        told = None
    message = cast(Table, told).get("message") if isinstance(told, dict) else None
    text = message if isinstance(message, str) else response.content.decode("utf-8", "replace")
    return text.strip() or f"HTTP status {response.status}"


def _parsed(document: bytes) -> Any:  # noqa: ANN401 (JSON)
    try:
        return json.loads(document)
    except ValueError as error:
        raise ApiError(200, f"the engine has answered what is no JSON: {error}") from error


def _pieces(response: httpcore2.Response) -> aclosing[AsyncGenerator[bytes]]:
    """A block inside which the body arrives; what reads it is closed with the block."""
    return aclosing(response.aiter_stream())


class _Documents:
    """The JSON documents in an answer, one a line; text may hold all other ends of lines."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def __aiter__(self) -> _Documents:
        return self

    async def __anext__(self) -> Any:  # noqa: ANN401 (JSON)
        line = b""
        while not line.strip():
            line = await self._line()
        return _parsed(line)

    async def _line(self) -> bytes:
        while b"\n" not in self._rest:
            piece = await anext(self._pieces, b"")
            if not piece and not self._rest:
                raise StopAsyncIteration
            self._rest += piece or b"\n"  # the last need have none
        line, _, self._rest = self._rest.partition(b"\n")
        return line
