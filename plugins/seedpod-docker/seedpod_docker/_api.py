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
from urllib.parse import quote

import attrs
import httpcore2
import httpx2

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
_NO_LIMITS: Final = httpx2.Timeout(None)
_CUT: Final = (
    httpx2.HTTPError,
    httpcore2.NetworkError,  # of the layer below, when it is read by itself
    httpcore2.ProtocolError,
    OSError,
)


class UnreachableError(Exception):
    """The engine does not answer; the sentence says how it was asked."""


class ApiError(Exception):
    """The engine has refused; the sentence is its own."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        """The HTTP status: 404, 409, 500."""
        self.message = message
        super().__init__(message)


class Raw:
    """A connection that has become a stream of bytes, from the engine to us."""

    def __init__(self, response: httpx2.Response, pieces: AsyncIterator[bytes]) -> None:
        self._network: Any = response.extensions.get("network_stream")
        self._pieces = pieces if response.status_code != _SWITCHED else None

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
            raise UnreachableError(str(error) or type(error).__name__) from error
        return data


@attrs.define(eq=False)
class Api:
    """An open connection to one engine."""

    _client: httpx2.AsyncClient
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
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=_KEPT)
        context = address.ssl_context()
        transport = httpx2.AsyncHTTPTransport(
            # In the clear nobody need be trusted, and those the system trusts take long to load.
            verify=context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            uds=address.path or None,
            limits=limits,
            trust_env=False,
        )
        host = "docker" if address.path else f"{address.host}:{address.port}"
        scheme = "http" if context is None else "https"
        async with httpx2.AsyncClient(
            transport=transport,
            base_url=f"{scheme}://{host}",
            headers={"Accept-Encoding": "identity"},  # streams are read as they come
            timeout=_NO_LIMITS,
        ) as client:
            api = cls(client, address.title)
            await api._agree()
            yield api

    async def _agree(self) -> None:
        """Agree with the engine on a version."""
        response = await self._sent("GET", "/_ping")
        told = response.headers.get("Api-Version", "")
        theirs = _version(told)
        if theirs is None:
            why = f": {_message(response)}" if response.is_error else ""
            raise ApiError(response.status_code, f"{self.title} is no Docker Engine{why}")
        _raise_for(response)
        if theirs < _OLDEST:
            oldest = ".".join(map(str, _OLDEST))
            raise ApiError(
                response.status_code,
                f"{self.title} speaks version {told} of the Docker API; wanted {oldest} or newer",
            )
        self.version = min(theirs, NEWEST)
        self.is_podman = "Libpod-API-Version" in response.headers
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
        response = await self._sent(method, self._prefix + path, query, body, headers)
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
            self._opened(method, self._prefix + path, query, body, headers) as response,
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
            self._opened(method, self._prefix + path, query, body, headers) as response,
            _pieces(response) as pieces,
        ):
            yield Raw(response, pieces)

    async def _sent(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        request = self._request(method, path, query, body, headers)
        try:
            return await self._client.send(request)
        except (httpx2.HTTPError, OSError) as error:
            raise self._unreachable(error) from error

    @asynccontextmanager
    async def _opened(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: object,
        headers: Mapping[str, str] | None,
    ) -> AsyncGenerator[httpx2.Response]:
        request = self._request(method, path, query, body, headers)
        try:
            response = await self._client.send(request, stream=True)
        except (httpx2.HTTPError, OSError) as error:
            raise self._unreachable(error) from error
        try:
            if response.is_error:
                await response.aread()
                _raise_for(response)
            yield response
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error
        finally:
            await response.aclose()

    def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: object,
        headers: Mapping[str, str] | None,
    ) -> httpx2.Request:
        if isinstance(body, bytes):
            return self._client.build_request(
                method, path, params=query, content=body, headers=headers
            )
        return self._client.build_request(method, path, params=query, json=body, headers=headers)

    def _unreachable(self, error: Exception) -> UnreachableError:
        why = str(error) or type(error).__name__
        return UnreachableError(f"cannot reach the engine at {self.title}: {why}")


def in_path(name: str) -> str:
    """*name* as one part of a path: the slashes of an image's name are the engine's to take."""
    return quote(name, safe="/:@")


def _version(text: str) -> tuple[int, int] | None:
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None


def _raise_for(response: httpx2.Response) -> None:
    if response.is_error:
        raise ApiError(response.status_code, _message(response))


def _message(response: httpx2.Response) -> str:
    """The engine's own words."""
    try:
        told: object = response.json()
    except ValueError:
        told = None
    message = cast(Table, told).get("message") if isinstance(told, dict) else None
    text = message if isinstance(message, str) else response.text
    return text.strip() or f"HTTP status {response.status_code}"


def _parsed(document: bytes) -> Any:  # noqa: ANN401 (JSON)
    try:
        return json.loads(document)
    except ValueError as error:
        raise ApiError(200, f"the engine has answered what is no JSON: {error}") from error


def _pieces(response: httpx2.Response) -> aclosing[AsyncGenerator[bytes]]:
    """A block inside which the body arrives; what reads it is closed with the block."""
    return aclosing(response.aiter_raw())


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
