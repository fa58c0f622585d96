"""URLs as Go's library reads and writes them: that of a probe, and those it is redirected to.

A path of a manifest may bring a query and a fragment along. A path that is well written stays as
it is; any other is read and written anew, and one that cannot be read is escaped as a whole.

Source: Go, `net/url`; kubelet, `formatURL`.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

import attrs

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME: Final = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:(?=/)")
_AUTHORITY: Final = re.compile(r"(?:[^@]*@)?(\[[^\[\]]*\]|[^\[\]:]*)(?::([0-9]*))?")
_KEPT_IN_PATH: Final = "$&+,/:;=@"
_WELL_WRITTEN: Final = _KEPT_IN_PATH + "!'()*[]%"
"""A path made of these and of unreserved characters is left as it was written."""
_PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F)))
"""What a query or a fragment keeps; anything else would break the line it is sent in."""


@attrs.frozen(kw_only=True)
class URL:
    """Where a request goes."""

    scheme: str
    """In lower case."""
    host: str
    """A name or an address, without brackets."""
    port: int | None
    """None: the scheme's own."""
    path: str = ""
    """Escaped; begins with a slash, or is empty."""
    query: str | None = None
    fragment: str = ""

    @property
    def authority(self) -> str:
        """Host and port as they stand in a URL and in the header `Host`."""
        if self.port is None:
            return f"[{self.host}]" if ":" in self.host else self.host
        return host_port(self.host, self.port)

    @property
    def target(self) -> str:
        """What is asked for on the first line of a request."""
        return (self.path or "/") + ("" if self.query is None else f"?{self.query}")

    def __str__(self) -> str:
        query = "" if self.query is None else f"?{self.query}"
        fragment = f"#{self.fragment}" if self.fragment else ""
        return f"{self.scheme}://{self.authority}{self.path}{query}{fragment}"


def host_port(host: str, port: int) -> str:
    """A host and a port in one word; an IPv6 address stands in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def url_of(scheme: str, host: str, port: int, path: str) -> URL:
    """The URL of a manifest's scheme, host, port and path.

    Source: kubelet, `formatURL`.
    """
    rest, _, fragment = path.partition("#")
    if _is_unreadable(rest):
        return URL(
            scheme=scheme, host=host, port=port, path=_rooted(quote(path, safe=_KEPT_IN_PATH))
        )
    rest, mark, query = _SCHEME.sub("", rest).partition("?")
    if rest.startswith("//") and not rest.startswith("///"):
        rest = rest[rest.find("/", 2) :] if "/" in rest[2:] else ""  # its host is not asked for
    return URL(
        scheme=scheme,
        host=host,
        port=port,
        path=_rooted(_as_written(rest)),
        query=_printable(query) if mark else None,
        fragment=_printable(fragment),
    )


def joined(base: URL, reference: str) -> URL:
    """The URL that *reference* (of a header `Location`) means when it is found at *base*.

    Raises:
        ValueError: It cannot be read.
    """
    if _CONTROL.search(reference) or _BAD_ESCAPE.search(reference.partition("?")[0]):
        raise ValueError("invalid character or escape in URL")
    parts = urlsplit(urljoin(str(base), reference))
    authority = _AUTHORITY.fullmatch(parts.netloc)
    if authority is None:
        raise ValueError(f"invalid host or port in {parts.netloc}")
    host, port = authority[1].strip("[]"), authority[2]
    return URL(
        scheme=parts.scheme,
        host=host,
        port=int(port) if port else None,
        path=_rooted(_as_written(parts.path)),
        query=_printable(parts.query) if parts.query else None,
        fragment=_printable(parts.fragment),
    )


def _is_unreadable(path: str) -> bool:
    """Whether Go's parser would refuse *path* (without its fragment)."""
    if _CONTROL.search(path) or _BAD_ESCAPE.search(path.partition("?")[0]):
        return True
    first = path.partition("?")[0].partition("/")[0]
    return ":" in first and _SCHEME.match(path) is None


def _as_written(path: str) -> str:
    if quote(path, safe=_WELL_WRITTEN) == path:
        return path
    return quote(unquote_to_bytes(path), safe=_KEPT_IN_PATH)


def _printable(text: str) -> str:
    return quote(text, safe=_PRINTABLE)


def _rooted(path: str) -> str:
    return path if not path or path.startswith("/") else f"/{path}"
