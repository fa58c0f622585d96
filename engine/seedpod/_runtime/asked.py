"""What a probe or a hook asks for, and what that needs beside Seedpod itself."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from seedpod.abc import ActionHandler
from seedpod.spec import GRPCAction, HTTPGetAction, LifecycleHandler, Probe

_PACKAGES: Final[Mapping[type, str]] = {HTTPGetAction: "h11", GRPCAction: "h2"}


def handler_of(source: Probe | LifecycleHandler) -> ActionHandler | None:
    """The one thing that a probe or a hook asks for."""
    last = source.grpc if isinstance(source, Probe) else source.sleep
    return source.exec or source.http_get or source.tcp_socket or last


def missing_package(source: Probe | LifecycleHandler) -> str | None:
    """What has to be installed before a probe or a hook can be performed from here, if anything."""
    package = _PACKAGES.get(type(handler_of(source)))
    if package is None or find_spec(package) is not None:
        return None
    return f"needs the package {package}, which is not installed: pip install 'seedpod[probes]'"
