"""What probes and hooks ask for over the network: from a manifest's words to a request.

Source: kubelet, `NewRequestForHTTPGetAction`, `ResolveContainerPort`, `RedirectChecker`; Go,
`net/http`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from seedpod._core.action_texts import quoted
from seedpod._core.urls import URL, joined, url_of
from seedpod.spec import ContainerPort, HTTPGetAction, HTTPHeader, TCPSocketAction
from seedpod.spec.frozen import as_map, as_tuple

PROBE_AGENT: Final = "kube-probe/1.36"
HOOK_AGENT: Final = "kube-lifecycle/1.36"
MAXIMUM_REQUESTS: Final = 10
"""How many requests one probe or hook may take, redirects followed."""
REDIRECT_STATUSES: Final = frozenset({301, 302, 303, 307, 308})

_TOKEN: Final = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+")
_ABSOLUTE: Final = re.compile(r"[A-Za-z][-+.A-Za-z0-9]*:")
_WRITTEN_APART: Final = {"Host", "User-Agent", "Content-Length", "Transfer-Encoding", "Trailer"}
_SECRET: Final = ("Authorization", "Cookie", "Cookie2", "Www-Authenticate")


@attrs.frozen(kw_only=True)
class Target:
    """The container that an action is about, and where it is reached."""

    pod: str
    """In full, as messages name it: `name_namespace(uid)`."""
    container: str
    ip: str
    """The pod's own address."""
    ports: tuple[ContainerPort, ...] = attrs.field(default=(), converter=as_tuple)
    """Those of the container."""


@attrs.frozen(kw_only=True)
class HTTPRequest:
    """One GET request."""

    url: URL
    headers: Mapping[str, tuple[str, ...]] = attrs.field(converter=as_map)
    """By canonical name; `Host` among them if it was given."""
    is_bound_to_host: bool = True
    """A redirect to another host is not followed."""
    referer: str = ""
    """The URL that redirected to this one."""


class TargetError(Exception):
    """An action names a port that does not exist, so it cannot be performed at all."""


def http_request(action: HTTPGetAction, target: Target, agent: str) -> HTTPRequest:
    """The request that an `httpGet` asks for.

    Args:
        action: The manifest's words.
        target: The container it is about.
        agent: What it calls itself, unless the manifest says otherwise.

    Raises:
        TargetError: Its port is none.
    """
    scheme = action.scheme.lower() or "http"
    port = port_number(action.port, target.ports)
    found = headers(action.http_headers)
    found.setdefault("User-Agent", (agent,))
    if not found.setdefault("Accept", ("*/*",))[0]:
        del found["Accept"]
    url = url_of(scheme, action.host or target.ip, port, action.path)
    return HTTPRequest(url=url, headers=found)


def tcp_address(action: TCPSocketAction, target: Target) -> tuple[str, int]:
    """The host and the port that a `tcpSocket` asks for.

    Raises:
        TargetError: Its port is none.
    """
    return action.host or target.ip, port_number(action.port, target.ports)


def port_number(port: int | str, ports: Iterable[ContainerPort]) -> int:
    """The number of a port that is given by number, by the name it has in *ports*, or in digits.

    Raises:
        TargetError: There is no such port.
    """
    if isinstance(port, str):
        named = next((each.container_port for each in ports if each.name == port), None)
        if named is None and _NUMBER.fullmatch(port) is None:
            raise TargetError(f"strconv.Atoi: parsing {quoted(port)}: invalid syntax")
        port = int(port) if named is None else named
    if not 0 < port < 65536:
        raise TargetError(f"invalid port number: {port}")
    return port


def headers(given: Iterable[HTTPHeader]) -> dict[str, tuple[str, ...]]:
    """Headers by canonical name, the values of each in their order."""
    found: dict[str, tuple[str, ...]] = {}
    for each in given:
        name = canonical(each.name)
        found[name] = (*found.get(name, ()), each.value)
    return found


def canonical(name: str) -> str:
    """A header's name as Go writes it: `x-request-id` is `X-Request-Id`."""
    if _TOKEN.fullmatch(name) is None:
        return name
    return "-".join([part.capitalize() for part in name.split("-")])


def wire_headers(request: HTTPRequest) -> list[tuple[str, str]]:
    """The headers of *request* as they are sent, in Go's order."""
    given = request.headers
    sent = [("Host", _first(given, "Host") or request.url.authority)]
    if agent := _first(given, "User-Agent"):
        sent.append(("User-Agent", agent))
    rest = {name: values for name, values in given.items() if name not in _WRITTEN_APART}
    if request.referer:
        rest.setdefault("Referer", (request.referer,))
    sent.extend((name, value) for name in sorted(rest) for value in rest[name])
    options = {each.strip().lower() for each in _first(given, "Connection").split(",")}
    if not options & {"close", "upgrade"}:
        sent.append(("Connection", "close"))
    return [(name, value.strip(" \t")) for name, value in sent]


def redirected(request: HTTPRequest, location: str) -> HTTPRequest | None:
    """The request that follows a redirect to *location*; None: it is not followed.

    Raises:
        ValueError: *location* cannot be read.
    """
    try:
        url = joined(request.url, location)
    except ValueError as error:
        message = f"failed to parse Location header {quoted(location)}: {error}"
        raise ValueError(message) from error
    found = dict(request.headers)
    if url.host != request.url.host:
        if request.is_bound_to_host:
            return None
        for name in _SECRET:
            found.pop(name, None)
    if _ABSOLUTE.match(location):
        found.pop("Host", None)
    is_downgrade = request.url.scheme == "https" and url.scheme == "http"
    referer = "" if is_downgrade else str(request.url)
    return attrs.evolve(request, url=url, headers=found, referer=referer)


def _first(given: Mapping[str, tuple[str, ...]], name: str) -> str:
    values = given.get(name)
    return values[0] if values else ""
