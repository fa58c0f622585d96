"""From the words of a manifest to a request."""

from __future__ import annotations

import pytest

from seedpod._core.requests import (
    HOOK_AGENT,
    PROBE_AGENT,
    HTTPRequest,
    Target,
    TargetError,
    canonical,
    headers,
    http_request,
    port_number,
    redirected,
    tcp_address,
    wire_headers,
)
from seedpod.spec import ContainerPort, HTTPGetAction, HTTPHeader, TCPSocketAction

PORTS = (ContainerPort(name="web", container_port=8080), ContainerPort(container_port=9090))
TARGET = Target(pod="p_ns(u)", container="c", ip="10.0.0.1", ports=PORTS)


def request(
    path: str = "/", *given: tuple[str, str], scheme: str = "", host: str = ""
) -> HTTPRequest:
    fields = tuple(HTTPHeader(name=name, value=value) for name, value in given)
    action = HTTPGetAction(port="web", path=path, scheme=scheme, host=host, http_headers=fields)
    return http_request(action, TARGET, PROBE_AGENT)


@pytest.mark.parametrize(
    ("port", "number"),
    [("web", 8080), (80, 80), ("80", 80), ("+80", 80), ("", 9090), (65535, 65535)],
)
def test_a_port_is_found_by_name_or_number(port: int | str, number: int) -> None:
    assert port_number(port, PORTS) == number


@pytest.mark.parametrize(
    ("port", "why"),
    [
        ("nobody", 'strconv.Atoi: parsing "nobody": invalid syntax'),
        ("8 0", 'strconv.Atoi: parsing "8 0": invalid syntax'),
        (0, "invalid port number: 0"),
        (-1, "invalid port number: -1"),
        ("-1", "invalid port number: -1"),
        (65536, "invalid port number: 65536"),
    ],
)
def test_a_port_that_is_none_is_named(port: int | str, why: str) -> None:
    with pytest.raises(TargetError) as raised:
        port_number(port, PORTS)
    assert str(raised.value) == why


def test_a_host_that_is_given_goes_before_the_pods_address() -> None:
    assert tcp_address(TCPSocketAction(port="web"), TARGET) == ("10.0.0.1", 8080)
    assert tcp_address(TCPSocketAction(port=1, host="db"), TARGET) == ("db", 1)
    assert str(request("x").url) == "http://10.0.0.1:8080/x"
    assert str(request("/x", host="db", scheme="HTTPS").url) == "https://db:8080/x"


def test_the_name_of_a_header_is_written_as_go_writes_it() -> None:
    assert canonical("x-request-ID") == "X-Request-Id"
    assert canonical("x2y_z") == "X2y_z"
    assert canonical("not a name") == "not a name"


def test_a_header_that_is_repeated_keeps_all_its_values_in_order() -> None:
    given = [HTTPHeader(name=name, value=name) for name in ("x-a", "B", "X-A")]
    assert headers(given) == {"X-A": ("x-a", "X-A"), "B": ("B",)}


def test_a_request_says_who_asks_and_takes_anything() -> None:
    assert wire_headers(request()) == [
        ("Host", "10.0.0.1:8080"),
        ("User-Agent", PROBE_AGENT),
        ("Accept", "*/*"),
        ("Connection", "close"),
    ]
    hook = http_request(HTTPGetAction(port=80), TARGET, HOOK_AGENT)
    assert hook.headers["User-Agent"] == ("kube-lifecycle/1.36",)


def test_a_default_header_can_be_replaced_or_taken_away() -> None:
    sent = dict(wire_headers(request("/", ("user-agent", "me"), ("accept", "text/html"))))
    assert (sent["User-Agent"], sent["Accept"]) == ("me", "text/html")
    assert [name for name, _ in wire_headers(request("/", ("User-Agent", ""), ("Accept", "")))] == [
        "Host",
        "Connection",
    ]


def test_a_header_with_an_empty_value_is_sent() -> None:
    assert ("Accept-Encoding", "") in wire_headers(request("/", ("Accept-Encoding", "")))


def test_host_is_what_the_header_says() -> None:
    assert wire_headers(request("/", ("host", "example.com")))[0] == ("Host", "example.com")
    assert wire_headers(request("/", ("host", "")))[0] == ("Host", "10.0.0.1:8080")


def test_headers_that_frame_a_body_are_not_sent() -> None:
    given = [("Content-Length", "5"), ("Transfer-Encoding", "chunked"), ("Trailer", "X")]
    assert wire_headers(request("/", *given)) == wire_headers(request())


def test_headers_are_sorted_and_trimmed() -> None:
    sent = wire_headers(request("/", ("z", " 1\t"), ("b", "2"), ("z", "3")))
    assert sent[2:] == [
        ("Accept", "*/*"),
        ("B", "2"),
        ("Z", "1"),
        ("Z", "3"),
        ("Connection", "close"),
    ]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("close", ["close"]),
        ("foo, Close", ["foo, Close"]),
        ("upgrade", ["upgrade"]),
        ("keep-alive", ["keep-alive", "close"]),
    ],
)
def test_the_connection_is_to_be_closed(given: str, sent: list[str]) -> None:
    found = wire_headers(request("/", ("Connection", given)))
    assert [value for name, value in found if name == "Connection"] == sent


def test_a_redirect_to_the_same_host_is_followed() -> None:
    following = redirected(request("/old", ("X-A", "1")), "/new")
    assert following is not None
    assert str(following.url) == "http://10.0.0.1:8080/new"
    assert ("X-A", "1") in wire_headers(following)
    assert ("Referer", "http://10.0.0.1:8080/old") in wire_headers(following)
    other_port = redirected(request(), "https://10.0.0.1/x")
    assert other_port is not None
    assert (other_port.url.scheme, other_port.url.port) == ("https", None)


def test_a_redirect_to_another_host_is_not_followed() -> None:
    assert redirected(request(), "http://elsewhere:8080/") is None
    assert redirected(request(), "//elsewhere/") is None
    assert redirected(request(host="Name"), "http://name:8080/") is None


def test_a_redirect_to_another_host_takes_no_credentials_along() -> None:
    given = request("/", ("Authorization", "me"), ("Cookie", "c"), ("X-A", "1"))
    unbound = HTTPRequest(url=given.url, headers=given.headers, is_bound_to_host=False)
    following = redirected(unbound, "http://elsewhere/")
    assert following is not None
    assert set(following.headers) == {"User-Agent", "Accept", "X-A"}


def test_the_header_host_survives_a_redirect_that_names_no_scheme() -> None:
    given = request("/", ("Host", "example.com"))
    relative, absolute = redirected(given, "/x"), redirected(given, "http://10.0.0.1:8080/x")
    assert relative is not None
    assert absolute is not None
    assert wire_headers(relative)[0] == ("Host", "example.com")
    assert wire_headers(absolute)[0] == ("Host", "10.0.0.1:8080")


def test_a_referer_is_the_newest_url_unless_one_was_given() -> None:
    def referers(*given: tuple[str, str], scheme: str = "") -> list[str]:
        once = redirected(request("/1", *given, scheme=scheme), "/2")
        assert once is not None
        twice = redirected(once, "http://10.0.0.1:8080/3")
        assert twice is not None
        return [value for name, value in wire_headers(twice) if name == "Referer"]

    assert referers() == ["http://10.0.0.1:8080/2"]
    assert referers(("Referer", "mine")) == ["mine"]
    assert referers(scheme="HTTPS") == []  # not told to whoever listens


def test_a_location_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ValueError, match='failed to parse Location header "http://h:x/"'):
        redirected(request(), "http://h:x/")
