"""The servers that rows on probes describe in words or page by page, and a probe that asks them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from seedpod._core.requests import HTTPRequest
from seedpod._runtime.network.grpc import grpc_probe
from seedpod._runtime.network.http import http_probe
from seedpod._runtime.network.tcp import tcp_probe
from seedpod.status import Outcome
from tests.conformance.rows import Json
from tests.runtime.servers import (
    HOST,
    Asked,
    Health,
    closed_port,
    grpc,
    http,
    response,
    serving,
)

_SHORT: Final = 0.2
"""In seconds; how long a server is waited for that never answers."""


async def asked_by_http(given: Json, request: Callable[[int, str], HTTPRequest]) -> Outcome:
    """What an HTTP probe finds at the server of a row; *request* takes its port and a path."""
    server = given["server"]
    is_silent = _is_silent(server)
    first, pages = _pages(server)
    async with serving(http(lambda asked: _page(pages, asked))) as elsewhere:

        def answer(asked: Asked) -> bytes | None:
            return None if is_silent else _page(pages, asked, elsewhere)

        async with serving(http(answer)) as port:
            seconds = _SHORT if is_silent else given.get("timeoutSeconds", 10)
            return await http_probe(request(port, first), seconds)


async def asked_by_tcp(given: Json) -> Outcome:
    """What a TCP probe finds where a row says whether somebody listens."""
    if not given["listening"]:
        return await tcp_probe(HOST, given.get("port", await closed_port()), 1)
    async with serving(http(lambda _: None)) as port:
        return await tcp_probe(HOST, port, 1)


async def asked_by_grpc(given: Json) -> Outcome:
    """What a gRPC probe finds at the server of a row."""
    words, service = str(given.get("server", "nothing")), given.get("service", "")
    if re.search(r"nothing|nobody|no server|not listen|no host|unreachable|refuse", words):
        return await grpc_probe(HOST, given.get("port", await closed_port()), service, _SHORT)
    if "HTTP" in words:
        async with serving(http(lambda _: response(200))) as port:
            return await grpc_probe(HOST, port, service, _SHORT)
    is_silent = _is_silent(words)
    async with serving(grpc(_health(words, is_silent=is_silent))) as port:
        seconds = _SHORT if is_silent else given["timeoutSeconds"]
        return await grpc_probe(HOST, port, service, seconds)


def _is_silent(server: object) -> bool:
    """Whether a server is described as one that answers too late, or never."""
    if not isinstance(server, Mapping):
        return re.search(r"late|never|sleep|slow|after the timeout", str(server)) is not None
    if any(re.search(r"delay|sleep|after|slow", str(key), re.IGNORECASE) for key in server):
        return True
    return "note" in server and _is_silent(server["note"])


def _pages(server: object) -> tuple[str, Mapping[str, Json]]:
    """The path that is asked for first, and what the server has by path."""
    if not isinstance(server, Mapping):
        return "/", {"/": {}}
    pages = {key.removeprefix("path "): each for key, each in server.items() if "path /" in key}
    if not pages:
        return "/", {"/": server}
    return "/" if "/" in pages else next(iter(pages)), pages


def _page(pages: Mapping[str, Json], asked: Asked, elsewhere: int = 0) -> bytes | None:
    """What the server answers; beside its own pages it has those that are spoken of in words."""
    if answering := re.fullmatch(r"/answering-(\d+)", asked.path):
        return response(int(answering[1]))
    page = pages.get(asked.path, {"status": 404})
    status = _status(page.get("status", 200), asked)
    if not 100 <= status <= 999:
        return b""  # no status: the connection is closed
    if "bodyBytes" in page:
        return response(status, "x" * page["bodyBytes"])
    location = _location(page.get("location", ""), asked.path, elsewhere)
    return response(status, _body(page.get("body", ""), asked), location=location)


def _status(status: int | str, asked: Asked) -> int:
    if isinstance(status, int):
        return status
    words = re.fullmatch(r"(\d+) when the request Host is (\S+), else (\d+)", status)
    assert words is not None, status
    return int(words[1] if asked.all("Host") == [words[2]] else words[3])


def _location(words: str, path: str, elsewhere: int) -> str:
    if answering := re.search(r"a path answering (\d+)", words):
        other = f"http://{HOST}:{elsewhere}" if "other port" in words else ""
        return f"{other}/answering-{answering[1]}"
    return path if "to itself" in words else words.partition(" ")[0]


def _body(words: str, asked: Asked) -> str:
    seen = [(name, value) for name, value in asked.headers if name != "Host"]
    if not words.startswith("<"):
        return words
    if "header names" in words:
        return "\n".join(sorted(name for name, _ in seen))
    if "headers" not in words and "Host" in words:
        return "".join(asked.all("Host"))
    return "".join(f"{name}: {value}\n" for name, value in seen)


def _health(words: str, *, is_silent: bool) -> Health:
    if is_silent:
        return Health(is_silent=True)
    if re.search(r"implement", words):
        return Health.failing(12, "unknown service")
    names = ("SERVICE_UNKNOWN", "NOT_SERVING", "SERVING", "UNKNOWN")
    name = next(each for each in names if each in words)
    return Health.of({"UNKNOWN": 0, "SERVING": 1, "NOT_SERVING": 2, "SERVICE_UNKNOWN": 3}[name])
