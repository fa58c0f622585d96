"""What is wrong with probes and lifecycle hooks.

Source: kubernetes, pkg/apis/core/validation: validateProbe, validateLifecycle, validateHandler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from seedpod._core.validation import text
from seedpod._core.validation.report import forbidden, invalid, not_supported, required
from seedpod._core.validation.scope import Scope
from seedpod._core.validation.signals import STOP_SIGNALS
from seedpod.errors import Problem
from seedpod.spec.container import Container
from seedpod.spec.handler import (
    ExecAction,
    GRPCAction,
    HTTPGetAction,
    SleepAction,
    TCPSocketAction,
)
from seedpod.spec.lifecycle import Lifecycle, LifecycleHandler
from seedpod.spec.probe import Probe
from seedpod.spec.words import URIScheme

_Check: TypeAlias = Callable[[Any, Scope, str], Iterator[Problem]]


def probes_problems(container: Container, scope: Scope, path: str) -> Iterator[Problem]:
    """What is wrong with the probes of a *container* that may have some."""
    for field, probe in (
        ("livenessProbe", container.liveness_probe),
        ("startupProbe", container.startup_probe),
    ):
        if probe is not None:
            yield from probe_problems(probe, scope, f"{path}.{field}")
            if probe.success_threshold != 1:
                where = f"{path}.{field}.successThreshold"
                yield invalid(where, probe.success_threshold, "must be 1")
    readiness = container.readiness_probe
    if readiness is not None:
        yield from probe_problems(readiness, scope, f"{path}.readinessProbe")
        seconds = readiness.termination_grace_period_seconds
        if seconds is not None:
            where = f"{path}.readinessProbe.terminationGracePeriodSeconds"
            yield invalid(where, seconds, "must not be set: a readiness probe ends nothing")


def probe_problems(probe: Probe, scope: Scope, path: str) -> Iterator[Problem]:
    """What is wrong with a probe, whatever it is for."""
    yield from handler_problems(probe, _PROBE_ACTIONS, scope, path)
    for name, field in _PROBE_NUMBERS:
        number: int = getattr(probe, name)
        if number < 0:
            yield invalid(f"{path}.{field}", number, "must be 0 or more")
    seconds = probe.termination_grace_period_seconds
    if seconds is not None and seconds <= 0:
        yield invalid(f"{path}.terminationGracePeriodSeconds", seconds, "must be 1 or more")


def lifecycle_problems(lifecycle: Lifecycle, scope: Scope, path: str) -> Iterator[Problem]:
    """What is wrong with the hooks and the stop signal of a container."""
    if lifecycle.post_start is not None:
        yield from hook_problems(lifecycle.post_start, scope, f"{path}.postStart")
    if lifecycle.pre_stop is not None:
        yield from hook_problems(lifecycle.pre_stop, scope, f"{path}.preStop")
    if lifecycle.stop_signal is not None:
        yield from stop_signal_problems(lifecycle.stop_signal, scope.os, f"{path}.stopSignal")


def hook_problems(hook: LifecycleHandler, scope: Scope, path: str) -> Iterator[Problem]:
    """What is wrong with one hook."""
    return handler_problems(hook, _HOOK_ACTIONS, scope, path)


def stop_signal_problems(signal: str, os: str, path: str) -> Iterator[Problem]:
    """What is wrong with the *signal* that asks a container to stop on *os*."""
    if not os:
        yield forbidden(path, "needs spec.os.name to be set", signal)
    elif os in STOP_SIGNALS and signal not in STOP_SIGNALS[os]:
        yield not_supported(path, signal, STOP_SIGNALS[os])


def handler_problems(
    handler: Probe | LifecycleHandler, actions: Mapping[str, str], scope: Scope, path: str
) -> Iterator[Problem]:
    """What is wrong with the action of a probe or hook, which must be one of *actions*."""
    first = ""
    for name, field in actions.items():
        action = getattr(handler, name)
        if action is None:
            continue
        if first:
            yield forbidden(f"{path}.{field}", f"must not be set together with {first}")
        else:
            first = field
            yield from _CHECKS[name](action, scope, f"{path}.{field}")
    if not first:
        yield required(path, f"must have one of {', '.join(actions.values())}")


def sleep_problems(action: SleepAction, scope: Scope, path: str) -> Iterator[Problem]:
    """What is wrong with a pause, which must fit into the grace period."""
    grace = scope.termination_grace_period_seconds
    least = 0 if scope.gates.pod_lifecycle_sleep_action_allow_zero else 1
    if grace is not None and not least <= action.seconds <= grace:
        wanted = f"must be between {least} and terminationGracePeriodSeconds ({grace})"
        yield invalid(path, action.seconds, wanted)


def _exec_problems(action: ExecAction, _: Scope, path: str) -> Iterator[Problem]:
    if not action.command:
        yield required(f"{path}.command", "must be a program and its arguments")


def _http_get_problems(action: HTTPGetAction, _: Scope, path: str) -> Iterator[Problem]:
    if not action.path:
        yield required(f"{path}.path", "must be the path of a URL, such as /healthz")
    yield from _port_problems(action.port, f"{path}.port")
    if action.scheme not in _SCHEMES:
        yield not_supported(f"{path}.scheme", action.scheme, _SCHEMES)
    for header in action.http_headers:
        if not text.is_header_name(header.name):
            yield invalid(f"{path}.httpHeaders", header.name, text.HEADER_NAME)


def _tcp_socket_problems(action: TCPSocketAction, _: Scope, path: str) -> Iterator[Problem]:
    return _port_problems(action.port, f"{path}.port")


def _grpc_problems(action: GRPCAction, _: Scope, path: str) -> Iterator[Problem]:
    return _port_problems(action.port, f"{path}.port")


def _port_problems(port: int | str, path: str) -> Iterator[Problem]:
    if isinstance(port, str):
        if not text.is_port_name(port):
            yield invalid(path, port, f"{text.PORT_NAME}, or a number from 1 to 65535")
    elif not text.is_port_number(port):
        yield invalid(path, port, text.PORT_NUMBER)


_SCHEMES: Final = tuple(each.value for each in URIScheme)
_PROBE_NUMBERS: Final = (
    ("initial_delay_seconds", "initialDelaySeconds"),
    ("timeout_seconds", "timeoutSeconds"),
    ("period_seconds", "periodSeconds"),
    ("success_threshold", "successThreshold"),
    ("failure_threshold", "failureThreshold"),
)
_PROBE_ACTIONS: Final = {
    "exec": "exec",
    "http_get": "httpGet",
    "tcp_socket": "tcpSocket",
    "grpc": "grpc",
}
_HOOK_ACTIONS: Final = {
    "exec": "exec",
    "http_get": "httpGet",
    "tcp_socket": "tcpSocket",
    "sleep": "sleep",
}
_CHECKS: Final[Mapping[str, _Check]] = {
    "exec": _exec_problems,
    "http_get": _http_get_problems,
    "tcp_socket": _tcp_socket_problems,
    "grpc": _grpc_problems,
    "sleep": sleep_problems,
}
