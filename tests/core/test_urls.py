"""URLs of probes, and of what they are redirected to."""

from __future__ import annotations

import pytest

from seedpod._core.urls import URL, host_port, joined, url_of

BASE = url_of("http", "10.0.0.1", 8080, "/a/b?c=d#e")


@pytest.mark.parametrize(
    ("path", "shown", "target"),
    [
        ("", "", "/"),
        ("/", "/", "/"),
        ("/healthz", "/healthz", "/healthz"),
        ("healthz", "/healthz", "/healthz"),
        ("?full", "?full", "/?full"),
        ("/x?", "/x?", "/x?"),
        ("/x?a=b?c", "/x?a=b?c", "/x?a=b?c"),
        ("/x?y#z", "/x?y#z", "/x?y"),
        ("*", "/*", "/*"),
    ],
)
def test_a_path_brings_its_query_along_and_leaves_its_fragment(
    path: str, shown: str, target: str
) -> None:
    url = url_of("http", "localhost", 93, path)
    assert str(url) == f"http://localhost:93{shown}"
    assert url.target == target


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/a!b'(c)*[d]", "/a!b'(c)*[d]"),
        ("/a%2Fb", "/a%2Fb"),
        ("/a b", "/a%20b"),
        ("/a b%2Fc", "/a%20b/c"),
        ("/é", "/%C3%A9"),
        ("/a!b c", "/a%21b%20c"),
    ],
)
def test_a_path_that_is_well_written_stays_as_it_is(path: str, shown: str) -> None:
    assert url_of("http", "h", 1, path).path == shown


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/100%?x#y", "/100%25%3Fx%23y"),
        ("/a\nb?c", "/a%0Ab%3Fc"),
        ("a:b?c", "/a:b%3Fc"),
        (":x", "/:x"),
    ],
)
def test_a_path_that_cannot_be_read_is_all_path(path: str, shown: str) -> None:
    assert url_of("http", "h", 1, path).path == shown


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("http://elsewhere:99/x?y", "/x?y"),
        ("//elsewhere/x", "/x"),
        ("//elsewhere", ""),
        ("///x", "///x"),
    ],
)
def test_a_host_in_a_path_is_not_asked(path: str, shown: str) -> None:
    assert str(url_of("http", "h", 1, path)) == f"http://h:1{shown}"


def test_what_would_break_the_line_of_a_request_is_escaped_in_a_query() -> None:
    assert url_of("http", "h", 1, "/x?a b=é").target == "/x?a%20b=%C3%A9"


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert str(url_of("https", "::1", 8443, "/x")) == "https://[::1]:8443/x"
    assert host_port("::1", 80) == "[::1]:80"
    assert URL(scheme="http", host="::1", port=None).authority == "[::1]"


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ("/new", "http://10.0.0.1:8080/new"),
        ("new", "http://10.0.0.1:8080/a/new"),
        ("../new", "http://10.0.0.1:8080/new"),
        ("?x", "http://10.0.0.1:8080/a/b?x"),
        ("//other/x", "http://other/x"),
        ("https://10.0.0.1/x y", "https://10.0.0.1/x%20y"),
        ("http://user:word@[::1]:99/x", "http://[::1]:99/x"),
        ("HTTP://Host:/", "http://Host/"),
    ],
)
def test_a_reference_is_read_where_it_stands(reference: str, shown: str) -> None:
    assert str(joined(BASE, reference)) == shown


@pytest.mark.parametrize(
    "reference", ["/a%zz", "/a\x01", "http://h:port/", "http://[::1/", "http://a]/"]
)
def test_a_reference_that_cannot_be_read_is_an_error(reference: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)invalid"):
        joined(BASE, reference)
