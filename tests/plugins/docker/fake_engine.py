"""Something that answers as an engine would, or as none would: bytes a test has chosen."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import parse_headers
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import attrs

from seedpod_docker._address import Address


@attrs.frozen
class Asked:
    """A request, as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """What is asked for, without what follows a question mark."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """What follows it."""
        return dict(parse_qsl(urlsplit(self.target).query))


Answer: TypeAlias = Callable[[Asked], Iterable[bytes]]
"""What is sent, piece by piece; then the connection is closed."""


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer; in *headers* an underscore stands for a hyphen."""
    fields = {"Content-Length": str(len(body)), **headers}
    return head(status, **fields) + body


def answer_json(value: object, status: int = 200, **headers: str) -> bytes:
    """A whole answer of JSON."""
    return answer(status, json.dumps(value).encode(), **headers)


def head(status: int, **headers: str) -> bytes:
    """What comes before the body."""
    fields = {"Connection": "close", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *lines, "", ""]).encode()


def chunk(data: bytes) -> bytes:
    """A piece of a body with `Transfer-Encoding: chunked`; an empty one is the last."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


@attrs.define(eq=False)
class Served:
    """A server at a socket in the file system, and all it was asked."""

    path: Path
    asked: list[Asked] = attrs.field(factory=list[Asked])

    @property
    def address(self) -> Address:
        """Where it is."""
        return Address(kind="unix", path=str(self.path))


@contextmanager
def served(path: Path, respond: Answer) -> Generator[Served]:
    """A block in which *respond* decides what whoever connects to the socket is sent."""
    found = Served(path)

    class Connected(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            request = _read(self.rfile)
            if request is None:
                return
            found.asked.append(request)
            try:
                for piece in respond(request):
                    self.wfile.write(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass  # who asked has what it wants

    class Server(socketserver.ThreadingUnixStreamServer):
        request_queue_size = 64

    with Server(str(path), Connected) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
            path.unlink()


def _read(stream: Any) -> Asked | None:
    method, _, rest = stream.readline().decode().partition(" ")
    if not method:
        return None
    headers = parse_headers(stream)
    body = stream.read(int(headers.get("Content-Length", "0")))
    return Asked(method, rest.split(" ")[0], dict(headers.items()), body)
