"""How long a container that ended waits before it runs again.

The first restart is immediate; each further one waits twice as long as the one before, up to a cap,
counted from the exit. An attempt that lived longer than the reset window starts the curve anew. The
exit code plays no part.

Source: kubelet, `doBackOff` and `newCrashLoopBackOff`; client-go, `flowcontrol.Backoff`.
"""

from __future__ import annotations

import math
from typing import Any, Self

import attrs


def _is_positive(_: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{attribute.name}: {value!r}: wanted a number of seconds above 0")


def _is_growing(_: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if not (value >= 1 and math.isfinite(value)):
        raise ValueError(f"{attribute.name}: {value!r}: wanted a number that is at least 1")


def _are_waits(_: object, attribute: attrs.Attribute[Any], value: tuple[float, ...] | None) -> None:
    if value is None:
        return
    if not value:
        raise ValueError(f"{attribute.name}: (): wanted at least one number of seconds")
    for index, each in enumerate(value):
        if not (each >= 0 and math.isfinite(each)):
            path = f"{attribute.name}[{index}]"
            raise ValueError(f"{path}: {each!r}: wanted a number of seconds, 0 or more")


@attrs.frozen(kw_only=True)
class Backoff:
    """How the waits before restarts grow; the defaults are Kubernetes'.

    Raises:
        ValueError: A number is out of its range.
    """

    initial_seconds: float = attrs.field(default=10.0, validator=_is_positive)
    """The wait before the second restart (the first is immediate); above the cap it is the cap."""
    factor: float = attrs.field(default=2.0, validator=_is_growing)
    """How many times longer each wait is than the one before."""
    cap_seconds: float = attrs.field(default=300.0, validator=_is_positive)
    """No wait is longer."""
    reset_seconds: float = attrs.field(default=600.0, validator=_is_positive)
    """An attempt that lives longer than this makes the next restart the first again."""
    delays: tuple[float, ...] | None = attrs.field(default=None, validator=_are_waits)
    """Every wait, spelled out: before restart 1, 2, ...; the last repeats. None: as above."""

    @classmethod
    def kubernetes(cls) -> Self:
        """0, 10, 20, 40, ... 300 seconds."""
        return cls()

    @classmethod
    def fast(cls) -> Self:
        """0, 1, 2, 4, ... 60 seconds: Kubernetes' planned faster curve."""
        return cls(initial_seconds=1.0, cap_seconds=60.0)


@attrs.frozen
class BackoffState:
    """What is remembered between two exits of one container."""

    delay: float
    """How long the next restart waits, in seconds from the exit before it."""
    last_update: float
    """When the last restart was decided, on the same clock as exits."""
    restarts: int = 1
    """How many restarts were charged since the curve began."""


def charge(
    policy: Backoff, state: BackoffState | None, finished_at: float
) -> tuple[float, BackoffState]:
    """When to start a container again, and what to remember if that is done.

    Args:
        policy: How waits grow.
        state: What the last charge left behind; None before the first.
        finished_at: When the attempt ended, in seconds of any clock that only goes forward.

    Returns:
        The time the next start is due (*finished_at* itself: at once), and the state for the exit
        after it.
    """
    due = due_at(policy, state, finished_at)
    return due, advance(policy, state, finished_at, due)


def due_at(policy: Backoff, state: BackoffState | None, finished_at: float) -> float:
    """When a container that ended at *finished_at* may start again."""
    if state is not None and not _has_expired(policy, state, finished_at):
        return finished_at + state.delay
    return finished_at + (policy.delays[0] if policy.delays else 0.0)


def advance(
    policy: Backoff, state: BackoffState | None, finished_at: float, started_at: float
) -> BackoffState:
    """What a restart at *started_at*, after an exit at *finished_at*, leaves behind."""
    if state is not None and _has_expired(policy, state, finished_at):
        state = None
    restarts = 1 if state is None else state.restarts + 1
    if policy.delays:
        delay = policy.delays[min(restarts, len(policy.delays) - 1)]
    elif state is None:
        delay = min(policy.initial_seconds, policy.cap_seconds)
    else:
        delay = min(state.delay * policy.factor, policy.cap_seconds)
    return BackoffState(delay, started_at, restarts)


def crash_loop_message(delay: float, container: str, pod: str) -> str:
    """What a container in `CrashLoopBackOff` says of itself.

    Args:
        delay: The wait in seconds.
        container: Its name.
        pod: The pod in full: `name_namespace(uid)`.
    """
    return f"back-off {go_duration(delay)} restarting failed container={container} pod={pod}"


def go_duration(seconds: float) -> str:
    """A duration as Go prints it: `10s`, `1m20s`, `5m0s`, `1h0m0s`, `1.5s`, `500ms`.

    Source: Go, `time.Duration.String`.
    """
    nanoseconds = round(abs(seconds) * 1_000_000_000)
    sign = "-" if seconds < 0 and nanoseconds else ""
    if nanoseconds == 0:
        return "0s"
    for unit, size in (("ns", 1), ("\N{MICRO SIGN}s", 1_000), ("ms", 1_000_000)):
        if nanoseconds < size * 1_000:
            return f"{sign}{_decimal(nanoseconds, size)}{unit}"
    minutes, rest = divmod(nanoseconds, 60_000_000_000)
    hours, minutes = divmod(minutes, 60)
    large = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{large}{_decimal(rest, 1_000_000_000)}s"


def _has_expired(policy: Backoff, state: BackoffState, finished_at: float) -> bool:
    return finished_at - state.last_update > policy.reset_seconds


def _decimal(amount: int, size: int) -> str:
    """*amount* / *size* without trailing zeros; *size* is a power of ten."""
    whole, part = divmod(amount, size)
    digits = f"{part:0{len(str(size)) - 1}d}".rstrip("0") if size > 1 else ""
    return f"{whole}.{digits}" if digits else str(whole)
