"""Probe: a question asked of a running container again and again."""

from __future__ import annotations

import attrs

from seedpod.spec.handler import ExecAction, GRPCAction, HTTPGetAction, TCPSocketAction


@attrs.frozen(kw_only=True)
class Probe:
    """One probe; exactly one of its four actions is set. A 0 stands for the default."""

    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    grpc: GRPCAction | None = None
    initial_delay_seconds: int = 0
    """Counted from the start of the container."""
    timeout_seconds: int = 0
    period_seconds: int = 0
    success_threshold: int = 0
    """How many successes in a row change the verdict; 1 for liveness and startup."""
    failure_threshold: int = 0
    """How many failures in a row change the verdict."""
    termination_grace_period_seconds: int | None = None
    """Used instead of the pod's when this probe kills the container."""
