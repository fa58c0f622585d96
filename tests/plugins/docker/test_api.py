"""Requests to an engine: what it says comes back as it is, and what it is unable to say as well."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Final, TypeAlias

import anyio
import attrs
import pytest

from seedpod_docker._address import Address
from seedpod_docker._api import Api, ApiError, UnreachableError, in_path
from tests.plugins.docker.fake_engine import Asked, answer, answer_json, chunk, head, served

PING: Final = answer(200, b"OK", Api_Version="1.45")
CHUNKED: Final = head(200, Transfer_Encoding="chunked")
UPGRADED: Final = head(101, Connection="Upgrade", Upgrade="tcp")
LEFT_EARLY: Final = pytest.mark.filterwarnings("ignore:Async generator 'httpcore2:ResourceWarning")
"""Of an answer that is not read to its end, httpx2 leaves an inner iterator to the collector."""
Story: TypeAlias = Callable[[Api], Awaitable[Any]]


@attrs.define(eq=False)
class Server:
    """What is at a socket, seen by a client on one event loop."""

    path: Path
    backend: str
    asked: list[Asked] = attrs.field(factory=list[Asked])

    @property
    def title(self) -> str:
        return f"unix://{self.path}"

    def tell(self, story: Story, *pieces: bytes, ping: bytes = PING) -> Any:
        """What comes of *story* with an engine that answers all with *pieces*, but for a ping."""

        def respond(asked: Asked) -> Iterable[bytes]:
            return [ping] if asked.path == "/_ping" else pieces

        with served(self.path, respond) as server:
            try:
                return self.connect(story)
            finally:
                self.asked = [each for each in server.asked if each.path != "/_ping"]

    def connect(self, story: Story) -> Any:
        """What comes of *story* with whatever is there."""

        async def main() -> Any:
            async with Api.connected(Address(kind="unix", path=str(self.path))) as api:
                return await story(api)

        return anyio.run(main, backend=self.backend)

    def unreachable(self, story: Story, *pieces: bytes) -> str:
        with pytest.raises(UnreachableError) as caught:
            self.tell(story, *pieces)
        return str(caught.value)

    def refusal(self, *pieces: bytes, ping: bytes = PING, story: Story | None = None) -> ApiError:
        with pytest.raises(ApiError) as caught:
            self.tell(story or ask, *pieces, ping=ping)
        return caught.value


@pytest.fixture
def server(tmp_path: Path, backend: str) -> Server:
    """A place for an engine of the test's own."""
    return Server(tmp_path / "s", backend)


async def ask(api: Api) -> Any:
    return await api.call("GET", "/info")


async def read_all(api: Api) -> list[bytes]:
    async with api.raw("POST", "/containers/c/attach", {"stream": "1"}) as output:
        found: list[bytes] = []
        while data := await output.read():
            found.append(data)
        assert await output.read() == b""
        return found


async def listen(api: Api) -> list[Any]:
    async with api.streaming("GET", "/events") as events:
        return [event async for event in events]


def test_a_request_is_made_as_it_is_meant(server: Server) -> None:
    async def story(api: Api) -> Any:
        query = {"name": "a b", "filters": json.dumps({"label": ["x=y"]})}
        return await api.call("POST", "/containers/create", query, {"Image": "web:1"}, {"X-A": "1"})

    assert server.tell(story, answer_json({"Id": "1"}, 201)) == {"Id": "1"}
    [asked] = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1.45/containers/create")
    assert asked.query == {"name": "a b", "filters": '{"label": ["x=y"]}'}
    assert json.loads(asked.body) == {"Image": "web:1"}
    assert asked.headers.items() >= {"Content-Type": "application/json", "X-A": "1"}.items()


def test_bytes_are_sent_as_they_are(server: Server) -> None:
    async def story(api: Api) -> None:
        headers = {"Content-Type": "application/x-tar"}
        async with api.streaming("POST", "/images/create", None, b"tar\0", headers) as told:
            assert [each async for each in told] == []

    server.tell(story, answer(200))
    [asked] = server.asked
    assert (asked.body, asked.headers["Content-Type"]) == (b"tar\0", "application/x-tar")


@pytest.mark.parametrize("body", [b"", b"\n", b" \r\n", b"null"])
def test_an_answer_may_be_empty(server: Server, body: bytes) -> None:
    assert server.tell(ask, answer(200, body)) is None


def test_an_answer_without_a_body_is_one(server: Server) -> None:
    assert server.tell(ask, head(204)) is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"message":"No such image: web:1"}\n', "No such image: web:1"),
        (b'{"cause":"x","message":"no such container","response":404}', "no such container"),
        (b"page not found\n", "page not found"),
        (b'["what"]', '["what"]'),
        (b'"what"', '"what"'),
        (b'{"other": 1}', '{"other": 1}'),
        (b'{"message": null}', '{"message": null}'),
        (b'{"message": ""}', "HTTP status 404"),
        (b"", "HTTP status 404"),
        (b" \n", "HTTP status 404"),
    ],
)
def test_a_refusal_is_in_the_engine_s_own_words(server: Server, body: bytes, message: str) -> None:
    error = server.refusal(answer(404, body))
    assert (error.status, error.message, str(error)) == (404, message, message)


@pytest.mark.parametrize("story", [read_all, listen])
def test_a_stream_may_be_refused(server: Server, story: Story) -> None:
    error = server.refusal(answer_json({"message": "no such container"}, 404), story=story)
    assert (error.status, error.message) == (404, "no such container")


@pytest.mark.parametrize(
    ("theirs", "agreed"),
    [("1.40", (1, 40)), ("1.45", (1, 45)), ("1.99", (1, 47)), ("2.0", (1, 47))],
)
def test_the_older_of_two_versions_is_spoken(
    server: Server, theirs: str, agreed: tuple[int, int]
) -> None:
    async def story(api: Api) -> tuple[int, int]:
        await ask(api)
        return api.version

    assert server.tell(story, answer(200), ping=answer(200, Api_Version=theirs)) == agreed
    assert server.asked[0].path == f"/v{agreed[0]}.{agreed[1]}/info"


@pytest.mark.parametrize("theirs", ["1.39", "1.9", "0.99"])
def test_an_engine_may_be_too_old(server: Server, theirs: str) -> None:
    error = server.refusal(ping=answer(200, Api_Version=theirs))
    assert error.message == (
        f"{server.title} speaks version {theirs} of the Docker API; wanted 1.40 or newer"
    )


@pytest.mark.parametrize(
    "ping",
    [
        answer(200, b"hello"),
        answer(200, Api_Version="two"),
        answer(301, Location="https://elsewhere.example/"),
    ],
)
def test_a_server_may_be_no_engine(server: Server, ping: bytes) -> None:
    assert server.refusal(ping=ping).message == f"{server.title} is no Docker Engine"


def test_what_is_no_engine_may_say_what_it_is(server: Server) -> None:
    error = server.refusal(ping=answer(404, b"404 page not found\n"))
    assert error.message == f"{server.title} is no Docker Engine: 404 page not found"


def test_an_engine_that_is_not_well_says_why(server: Server) -> None:
    ping = answer_json({"message": "the disk is full"}, 500, Api_Version="1.45")
    error = server.refusal(ping=ping)
    assert (error.status, error.message) == (500, "the disk is full")


def test_podman_says_that_it_is_podman(server: Server) -> None:
    async def story(api: Api) -> bool:
        return api.is_podman

    assert server.tell(story) is False
    ping = answer(200, Api_Version="1.41", Libpod_API_Version="5.4.0")
    assert server.tell(story, ping=ping) is True


def test_nobody_is_at_a_socket_that_is_not_there(server: Server) -> None:
    with pytest.raises(UnreachableError) as caught:
        server.connect(ask)
    assert str(caught.value).startswith(f"cannot reach the engine at {server.title}: ")


def test_nobody_listens_at_a_socket_that_is_left(server: Server) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(server.path))
    with pytest.raises(UnreachableError) as caught:
        server.connect(ask)
    assert str(caught.value).startswith(f"cannot reach the engine at {server.title}: ")


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [b"HTTP/1.1 200"],
        [b"SSH-2.0-OpenSSH_9.6\r\n"],
        [head(200, Content_Length="100"), b'{"Id":'],
        [CHUNKED, chunk(b'{"Id":')],
        [CHUNKED, b"ff\r\n{"],
        [head(500, Content_Length="100"), b'{"message":'],
    ],
)
@pytest.mark.parametrize("story", [ask, listen, read_all])
def test_an_answer_that_is_cut_is_none(server: Server, story: Story, pieces: list[bytes]) -> None:
    server.unreachable(story, *pieces)


@LEFT_EARLY
@pytest.mark.parametrize("body", [b"<html>", b'{"Id":', b"\xff"])
def test_an_answer_that_is_no_json_is_a_refusal(server: Server, body: bytes) -> None:
    sentence = "the engine has answered what is no JSON: "
    assert server.refusal(answer(200, body)).message.startswith(sentence)
    line = answer(200, body + b"\n")
    assert server.refusal(line, story=listen).message.startswith(sentence)


def test_documents_arrive_one_a_line_however_they_are_cut(server: Server) -> None:
    told = b'{"a": 1}\r\n\n{"b": "\xc3\xa4"}\n{"c": 3}'
    pieces = [chunk(told[at : at + 3]) for at in range(0, len(told), 3)]
    events = server.tell(listen, CHUNKED, *pieces, chunk(b""))
    assert events == [{"a": 1}, {"b": "ä"}, {"c": 3}]


@pytest.mark.parametrize("text", ["\x85", "\u2028", "\u2029", "\x7f"])
def test_a_document_may_hold_what_looks_like_the_end_of_a_line(server: Server, text: str) -> None:
    event = {"label": f"one{text}two"}
    told = json.dumps(event, ensure_ascii=False).encode() + b"\n"
    assert server.tell(listen, CHUNKED, chunk(told * 2), chunk(b"")) == [event, event]


@LEFT_EARLY
def test_a_document_is_there_before_the_next(server: Server) -> None:
    async def story(api: Api) -> Any:
        async with api.streaming("GET", "/events") as events:
            return await anext(aiter(events))

    def respond(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/_ping":
            yield PING
            return
        yield CHUNKED + chunk(b'{"a": 1}\n')
        left.wait(60)

    left = threading.Event()
    with served(server.path, respond):
        try:
            assert server.connect(story) == {"a": 1}
        finally:
            left.set()


def test_a_stream_that_is_cut_has_told_what_it_could(server: Server) -> None:
    async def story(api: Api) -> None:
        async with api.streaming("GET", "/events") as events:
            async for event in events:
                seen.append(event)

    seen: list[Any] = []
    sentence = server.unreachable(story, CHUNKED, chunk(b'{"a": 1}\n{"b"'))
    assert sentence.startswith(f"cannot reach the engine at {server.title}: ")
    assert seen == [{"a": 1}]


def test_what_goes_wrong_in_a_block_is_not_the_engine_s(server: Server) -> None:
    async def story(api: Api) -> None:
        async with api.streaming("GET", "/events"):
            raise KeyError

    with pytest.raises(KeyError):
        server.tell(story, CHUNKED, chunk(b""))


def test_a_connection_becomes_a_stream(server: Server) -> None:
    assert b"".join(server.tell(read_all, UPGRADED, b"one ", b"two")) == b"one two"
    [asked] = server.asked
    assert asked.query == {"stream": "1"}
    assert (asked.headers["Connection"], asked.headers["Upgrade"]) == ("Upgrade", "tcp")


def test_what_comes_at_once_with_the_upgrade_is_not_lost(server: Server) -> None:
    assert server.tell(read_all, UPGRADED + b"hello") == [b"hello"]


def test_an_engine_need_not_switch_protocols(server: Server) -> None:
    assert server.tell(read_all, head(200) + b"hello") == [b"hello"]
    assert server.tell(read_all, CHUNKED, chunk(b"hello"), chunk(b"")) == [b"hello"]


@LEFT_EARLY
def test_a_log_is_no_upgrade(server: Server) -> None:
    async def story(api: Api) -> bytes:
        async with api.raw("GET", "/containers/c/logs", is_upgraded=False) as output:
            return await output.read()

    assert server.tell(story, head(200) + b"hello") == b"hello"
    assert "Upgrade" not in server.asked[0].headers


def test_a_request_may_be_given_up(server: Server) -> None:
    async def story(api: Api) -> str:
        with anyio.move_on_after(0.01):
            await ask(api)
        return "given up"

    def respond(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/_ping":
            yield PING
        else:
            left.wait(60)

    left = threading.Event()
    with served(server.path, respond):
        try:
            assert server.connect(story) == "given up"
        finally:
            left.set()


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("registry.example:5000/a/b:1", "registry.example:5000/a/b:1"),
        ("web@sha256:1", "web@sha256:1"),
        ("a b?c#d%", "a%20b%3Fc%23d%25"),
    ],
)
def test_a_name_is_part_of_a_path(name: str, part: str) -> None:
    assert in_path(name) == part
