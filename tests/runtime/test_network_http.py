"""HTTP probes and hooks, against servers that do as they like."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import attrs
import pytest
from anyio.abc import ByteStream

from seedpod._core.requests import HOOK_AGENT, PROBE_AGENT, HTTPRequest, Target, http_request
from seedpod._runtime.network.http import http_hook, http_probe
from seedpod.spec import HTTPGetAction, HTTPHeader
from seedpod.status import Outcome, Result
from tests.runtime.servers import HOST, Asked, Talk, closed_port, http, response, serving

SHORT = 0.05
"""In seconds: as long as nobody answers anyway."""
LONG_ENOUGH = 2.0
"""In seconds: for the beginning of an answer, on a machine that is busy."""


def request(port: int, path: str = "/", *given: tuple[str, str], scheme: str = "") -> HTTPRequest:
    target = Target(pod="p_ns(u)", container="c", ip=HOST)
    fields = tuple(HTTPHeader(name=name, value=value) for name, value in given)
    action = HTTPGetAction(port=port, path=path, scheme=scheme, http_headers=fields)
    return http_request(action, target, PROBE_AGENT)


def probed(
    backend: str,
    talk: Talk,
    ask: Callable[[int], HTTPRequest] = request,
    *,
    seconds: float = 10,
    tls: bool = False,
) -> Outcome:
    """What a probe finds at a server that talks so; its port is 1 in the text."""

    async def main() -> Outcome:
        async with serving(talk, tls=tls) as port:
            outcome = await http_probe(ask(port), seconds)
            return attrs.evolve(
                outcome, message=outcome.message.replace(f"{HOST}:{port}", f"{HOST}:1")
            )

    return anyio.run(main, backend=backend)


def says(data: bytes) -> Talk:
    """A server that says *data* whatever it is asked, and hangs up."""
    return http(lambda _: data)


@pytest.mark.parametrize("status", [200, 206, 299])
def test_a_good_status_is_success(backend: str, status: int) -> None:
    assert probed(backend, says(response(status, "fine"))) == Outcome(Result.SUCCESS, "fine")


@pytest.mark.parametrize("status", [400, 404, 500, 599])
def test_a_bad_status_is_a_failure_and_does_not_show_the_body(backend: str, status: int) -> None:
    text = f"HTTP probe failed with statuscode: {status}"
    assert probed(backend, says(response(status, "secret"))) == Outcome(Result.FAILURE, text)


def test_a_request_is_one_line_and_gos_headers(backend: str) -> None:
    found: list[Asked] = []

    def answer(asked: Asked) -> bytes:
        found.append(asked)
        return response(200)

    def ask(port: int) -> HTTPRequest:
        given = [("x-two", "2"), ("X-ONE", "1"), ("x-two", "3"), ("host", "example.com")]
        return request(port, "healthz?full=1#top", *given)

    probed(backend, http(answer), ask)
    (asked,) = found
    assert asked.line == "GET /healthz?full=1 HTTP/1.1"
    assert asked.headers == (
        ("Host", "example.com"),
        ("User-Agent", "kube-probe/1.36"),
        ("Accept", "*/*"),
        ("X-One", "1"),
        ("X-Two", "2"),
        ("X-Two", "3"),
        ("Connection", "close"),
    )


def test_a_header_that_would_break_the_request_is_not_sent(backend: str) -> None:
    def ask(port: int) -> HTTPRequest:
        return request(port, "/", ("X", "1\r\nY: 2"))

    outcome = probed(backend, says(response(200)), ask)
    assert outcome.result is Result.FAILURE
    assert outcome.message.startswith(f'Get "http://{HOST}:1/": net/http: ')


@pytest.mark.parametrize("size", [0, 10 * 1024 - 1, 10 * 1024, 10 * 1024 + 1, 1_000_000])
def test_of_a_body_ten_kibibytes_are_read(backend: str, size: int) -> None:
    outcome = probed(backend, says(response(200, "x" * size)))
    assert outcome == Outcome(Result.SUCCESS, "x" * min(size, 10 * 1024))


def test_a_body_without_an_end_does_not_matter_once_there_is_enough_of_it(backend: str) -> None:
    async def endless(stream: ByteStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await stream.send(b"x" * 4096)

    assert probed(backend, endless) == Outcome(Result.SUCCESS, "x" * 10 * 1024)


@pytest.mark.parametrize(
    "head",
    [
        "HTTP/1.0 200 OK\r\n\r\nfine",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nfi\r\n2\r\nne\r\n0\r\n\r\n",
        "HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine",
        "HTTP/1.1 200\r\nContent-Length: 4\r\nX: \xe9\r\n\r\nfine, and more than was said",
    ],
)
def test_a_response_comes_in_many_forms(backend: str, head: str) -> None:
    assert probed(backend, says(head.encode("latin-1"))) == Outcome(Result.SUCCESS, "fine")


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (b"", "EOF"),
        (b"HTTP/1.1 200 OK\r\nX: ", "unexpected EOF"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "net/http: HTTP/1.x transport connection broken: "),
        (b"HTTP/1.1 -1 None\r\n\r\n", "net/http: HTTP/1.x transport connection broken: "),
    ],
)
def test_what_is_no_response_is_a_failure(backend: str, said: bytes, text: str) -> None:
    outcome = probed(backend, says(said))
    assert outcome.result is Result.FAILURE
    assert outcome.message.startswith(f'Get "http://{HOST}:1/": {text}')


def test_a_change_of_protocol_is_a_status_like_any_other(backend: str) -> None:
    said = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"

    def ask(port: int) -> HTTPRequest:
        return request(port, "/", ("Connection", "upgrade"), ("Upgrade", "x"))

    text = "HTTP probe failed with statuscode: 101"
    assert probed(backend, says(said), ask) == Outcome(Result.FAILURE, text)


def test_nobody_who_listens_is_a_failure(backend: str) -> None:
    async def main() -> tuple[int, Outcome]:
        port = await closed_port()
        return port, await http_probe(request(port), 10)

    port, outcome = anyio.run(main, backend=backend)
    where = f"{HOST}:{port}"
    text = f'Get "http://{where}/": dial tcp {where}: connect: connection refused'
    assert outcome == Outcome(Result.FAILURE, text)


def test_a_server_that_does_not_answer_in_time_is_a_failure(backend: str) -> None:
    outcome = probed(backend, http(lambda _: None), seconds=SHORT)
    late = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    assert outcome == Outcome(Result.FAILURE, f'Get "http://{HOST}:1/": {late}')


def test_a_body_that_does_not_end_in_time_leaves_the_answer_unknown(backend: str) -> None:
    async def hesitates(stream: ByteStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwell")
        await anyio.sleep_forever()

    late = "context deadline exceeded (Client.Timeout or context cancellation while reading body)"
    assert probed(backend, hesitates, seconds=LONG_ENOUGH) == Outcome(Result.UNKNOWN, late)


def test_a_body_that_breaks_off_leaves_the_answer_unknown(backend: str) -> None:
    said = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwell"
    assert probed(backend, says(said)) == Outcome(Result.UNKNOWN, "unexpected EOF")


def test_an_unknown_scheme_is_a_failure(backend: str) -> None:
    outcome = anyio.run(http_probe, request(1, scheme="ftp"), 10, backend=backend)
    text = f'Get "ftp://{HOST}:1/": unsupported protocol scheme "ftp"'
    assert outcome == Outcome(Result.FAILURE, text)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_same_host_is_followed(backend: str, status: int) -> None:
    found: list[Asked] = []

    def answer(asked: Asked) -> bytes:
        found.append(asked)
        return response(200, "fine") if asked.path == "/b?c" else response(status, location="b?c")

    def ask(port: int) -> HTTPRequest:
        return request(port, "/a", ("Host", "example.com"), ("X", "1"))

    assert probed(backend, http(answer), ask) == Outcome(Result.SUCCESS, "fine")
    assert [asked.path for asked in found] == ["/a", "/b?c"]
    assert [asked.all("Host") for asked in found] == [["example.com"]] * 2
    assert [asked.all("X") for asked in found] == [["1"]] * 2


def test_a_redirect_to_another_port_of_the_host_is_followed(backend: str) -> None:
    async def main() -> Outcome:
        async with serving(says(response(200, "fine"))) as other:
            away = response(302, location=f"http://{HOST}:{other}/x")
            async with serving(says(away)) as port:
                return await http_probe(request(port), 10)

    assert anyio.run(main, backend=backend) == Outcome(Result.SUCCESS, "fine")


@pytest.mark.parametrize(
    "said",
    [
        response(302, "moved", location="http://elsewhere.invalid/"),
        response(302, "moved"),
        response(300, "moved", location="/x"),
        response(304, "", location="/x") + b"moved",
    ],
)
def test_a_redirect_that_is_not_followed_is_a_warning(backend: str, said: bytes) -> None:
    outcome = probed(backend, says(said))
    assert outcome.result is Result.WARNING
    assert outcome.message.startswith("Probe terminated redirects, Response body: ")


def test_a_redirect_to_another_host_can_be_followed(backend: str) -> None:
    async def main() -> Outcome:
        async with serving(says(response(200, "fine"))) as other:
            away = response(302, location=f"http://localhost:{other}/x")
            async with serving(says(away)) as port:
                return await http_probe(attrs.evolve(request(port), is_bound_to_host=False), 10)

    assert anyio.run(main, backend=backend) == Outcome(Result.SUCCESS, "fine")


def test_ten_requests_are_enough(backend: str) -> None:
    found: list[Asked] = []

    def loops(asked: Asked) -> bytes:
        found.append(asked)
        return response(302, location="/")

    outcome = probed(backend, http(loops))
    text = f'Get "http://{HOST}:1/": stopped after 10 redirects'
    assert outcome == Outcome(Result.FAILURE, text)
    assert len(found) == 10


def test_a_location_that_cannot_be_read_is_a_failure(backend: str) -> None:
    outcome = probed(backend, says(response(302, location="http://h:x/")))
    assert outcome.result is Result.FAILURE
    assert 'failed to parse Location header "http://h:x/"' in outcome.message


def secure(port: int) -> HTTPRequest:
    return request(port, scheme="HTTPS")


def test_a_certificate_is_not_verified(backend: str) -> None:
    outcome = probed(backend, says(response(200, "x" * 5000)), secure, tls=True)
    assert outcome == Outcome(Result.SUCCESS, "x" * 5000)


def test_a_secure_server_may_hang_up_without_a_word(backend: str) -> None:
    outcome = probed(backend, says(b"HTTP/1.1 200 OK\r\n\r\nfine"), secure, tls=True)
    assert outcome == Outcome(Result.SUCCESS, "fine")


def test_a_server_that_speaks_no_tls_is_a_failure(backend: str) -> None:
    async def complains(stream: ByteStream) -> None:
        await stream.send(response(400))

    text = "http: server gave HTTP response to HTTPS client"
    outcome = probed(backend, complains, secure)
    assert outcome == Outcome(Result.FAILURE, f'Get "https://{HOST}:1/": {text}')


def test_a_server_that_speaks_something_else_than_tls_is_a_failure(backend: str) -> None:
    async def greets(stream: ByteStream) -> None:
        await stream.send(b"SSH-2.0-OpenSSH\r\n")

    outcome = probed(backend, greets, secure)
    assert outcome.result is Result.FAILURE
    assert outcome.message.startswith(f'Get "https://{HOST}:1/": tls: ')


def test_a_server_that_never_says_what_it_speaks_is_a_failure(backend: str) -> None:
    async def keeps_silent(_: ByteStream) -> None:
        await anyio.sleep_forever()

    outcome = probed(backend, keeps_silent, secure, seconds=SHORT)
    assert outcome.result is Result.FAILURE
    assert "context deadline exceeded" in outcome.message


def hooked(backend: str, talk: Talk, *given: tuple[str, str], scheme: str = "") -> Outcome:
    """What comes of a hook at a server that talks so; its port is 1 in the text."""

    async def main() -> Outcome:
        async with serving(talk) as port:
            outcome = await http_hook(request(port, "/bye", *given, scheme=scheme))
            return attrs.evolve(
                outcome, message=outcome.message.replace(f"{HOST}:{port}", f"{HOST}:1")
            )

    return anyio.run(main, backend=backend)


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_to_a_hook_any_answer_is_success(backend: str, status: int) -> None:
    said = response(status, location="http://elsewhere.invalid/")
    assert hooked(backend, says(said)) == Outcome(Result.SUCCESS)


def test_a_hook_without_an_answer_has_failed(backend: str) -> None:
    assert hooked(backend, says(b"")) == Outcome(Result.FAILURE, f'Get "http://{HOST}:1/bye": EOF')


def test_a_hook_falls_back_to_http_and_keeps_its_credentials_back(backend: str) -> None:
    found: list[Asked] = []

    async def plain(stream: ByteStream) -> None:
        first = await stream.receive()
        if first.startswith(b"GET "):
            lines = first.decode().split("\r\n")
            found.append(Asked(lines[0], tuple((line, "") for line in lines[1:])))
        await stream.send(response(400))

    outcome = hooked(backend, plain, ("Authorization", "me"), ("X", "1"), scheme="HTTPS")
    text = "request to HTTPS lifecycle hook got HTTP response, retry with HTTP succeeded"
    assert outcome == Outcome(Result.WARNING, text)
    (asked,) = found
    assert ("X: 1", "") in asked.headers
    assert "Authorization" not in str(asked.headers)


def test_a_hook_that_falls_back_and_fails_says_why_it_fell_back(backend: str) -> None:
    async def insults(stream: ByteStream) -> None:
        first = await stream.receive()
        await stream.send(b"" if first.startswith(b"GET ") else b"HTTP/1.1 400 No\r\n\r\n")

    text = "http: server gave HTTP response to HTTPS client"
    assert hooked(backend, insults, scheme="HTTPS") == Outcome(
        Result.FAILURE, f'Get "https://{HOST}:1/bye": {text}'
    )


def test_a_hook_calls_itself_by_another_name() -> None:
    target = Target(pod="p_ns(u)", container="c", ip=HOST)
    found = http_request(HTTPGetAction(port=1), target, HOOK_AGENT)
    assert found.headers["User-Agent"] == ("kube-lifecycle/1.36",)


@pytest.mark.parametrize("tls", [False, True])
def test_a_probe_that_is_cancelled_leaves_no_connection(backend: str, tls: bool) -> None:
    ended = anyio.Event

    async def main() -> bool:
        has_asked, has_ended = ended(), ended()

        async def listens(stream: ByteStream) -> None:
            await stream.receive()
            has_asked.set()
            with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                await stream.receive()
            has_ended.set()

        async with serving(listens, tls=tls) as port:
            async with anyio.create_task_group() as group:
                asked = request(port, scheme="https" if tls else "http")
                group.start_soon(http_probe, asked, 10)
                await has_asked.wait()
                group.cancel_scope.cancel()
            with anyio.fail_after(10):
                await has_ended.wait()
        return has_ended.is_set()

    assert anyio.run(main, backend=backend)
