"""Actions that probes and lifecycle hooks perform."""

from __future__ import annotations

import attrs

from seedpod.spec.frozen import as_tuple


@attrs.frozen(kw_only=True)
class ExecAction:
    """Run a command inside the container."""

    command: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    """Program and arguments; no shell."""


@attrs.frozen(kw_only=True)
class HTTPHeader:
    """One header of a request."""

    name: str = ""
    value: str = ""


@attrs.frozen(kw_only=True)
class HTTPGetAction:
    """Send a GET request to the container."""

    port: int | str = 0
    """A number, or the name of one of the container's ports."""
    path: str = ""
    host: str = ""
    """Empty: the pod's own address."""
    scheme: str = ""
    """`HTTP` or `HTTPS`."""
    http_headers: tuple[HTTPHeader, ...] = attrs.field(default=(), converter=as_tuple)


@attrs.frozen(kw_only=True)
class TCPSocketAction:
    """Open a connection to the container, and close it."""

    port: int | str = 0
    """A number, or the name of one of the container's ports."""
    host: str = ""
    """Empty: the pod's own address."""


@attrs.frozen(kw_only=True)
class GRPCAction:
    """Ask the container's gRPC health service."""

    port: int = 0
    service: str = ""


@attrs.frozen(kw_only=True)
class SleepAction:
    """Wait."""

    seconds: int = 0
