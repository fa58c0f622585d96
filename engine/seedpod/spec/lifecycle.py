"""Lifecycle: what is done right after a container starts and right before it is stopped."""

from __future__ import annotations

import attrs

from seedpod.spec.handler import ExecAction, HTTPGetAction, SleepAction, TCPSocketAction


@attrs.frozen(kw_only=True)
class LifecycleHandler:
    """One hook; exactly one of its actions is set."""

    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    """Accepted for compatibility; it always fails when it is run."""
    sleep: SleepAction | None = None


@attrs.frozen(kw_only=True)
class Lifecycle:
    """The hooks of a container, and the signal that asks it to stop."""

    post_start: LifecycleHandler | None = None
    pre_stop: LifecycleHandler | None = None
    stop_signal: str | None = None
    """`SIGTERM`, `SIGUSR1`, ...; None: the image's, or SIGTERM."""
