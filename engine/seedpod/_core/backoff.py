"""How long a container that ended waits before it runs again.

The first restart is immediate; each further one waits twice as long as the one before, up to a cap,
counted from the exit. An attempt that lived longer than the reset window starts the curve anew. The
exit code plays no part.

Chance is an argument: a number from 0 up to 1, drawn by the caller, for policies with jitter.

Source: kubelet, `doBackOff`, `newCrashLoopBackOff` and `GetBackoffKey`; client-go,
`flowcontrol.Backoff`.
"""

from __future__ import annotations

import math
from typing import Any, Self, TypeAlias

import attrs

from seedpod.spec import Container, Pod, ResourceRequirements

BackoffKey: TypeAlias = tuple[str, str, str, str, str, ResourceRequirements]
"""Two attempts with the same key share a curve."""


def _is_positive(_: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{attribute.name}: {value!r}: wanted a number of seconds above 0")


def _is_growing(_: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if not (value >= 1 and math.isfinite(value)):
        raise ValueError(f"{attribute.name}: {value!r}: wanted a number that is at least 1")


def _is_share(_: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if not (value >= 0 and math.isfinite(value)):
        raise ValueError(f"{attribute.name}: {value!r}: wanted a number, 0 or more")


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
    jitter: float = attrs.field(default=0.0, validator=_is_share)
    """How much longer a wait may be by chance, as a share of the wait before it (0.1: a tenth).

    The first wait of a curve, and one that is spelled out, may grow by that share of itself. The
    cap holds.
    """

    @classmethod
    def kubernetes(cls) -> Self:
        """0, 10, 20, 40, ... 300 seconds."""
        return cls()

    @classmethod
    def fast(cls) -> Self:
        """0, 1, 2, 4, ... 60 seconds: Kubernetes' planned faster curve."""
        return cls(initial_seconds=1.0, cap_seconds=60.0)

    @classmethod
    def of_node(
        cls, max_container_restart_period: float | None = None, *, has_reduced_decay: bool = False
    ) -> Self:
        """The curve of a kubelet that is configured so.

        Args:
            max_container_restart_period: `crashLoopBackOff.maxContainerRestartPeriod` of its
                configuration, in seconds: the cap, and the initial wait too if that is longer.
                None: it is not set.
            has_reduced_decay: Whether the gate `ReduceDefaultCrashLoopBackOffDecay` is on. It
                lowers the initial wait, and the cap where the configuration sets none.
        """
        default = cls.fast() if has_reduced_decay else cls.kubernetes()
        if max_container_restart_period is None:
            return default
        return cls(
            initial_seconds=min(default.initial_seconds, max_container_restart_period),
            cap_seconds=max_container_restart_period,
        )


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
    policy: Backoff, state: BackoffState | None, finished_at: float, chance: float = 0.0
) -> tuple[float, BackoffState]:
    """When to start a container again, and what to remember if that is done.

    Args:
        policy: How waits grow.
        state: What the last charge left behind; None before the first.
        finished_at: When the attempt ended, in seconds of any clock that only goes forward.
        chance: From 0 up to 1; it counts for a policy with jitter only.

    Returns:
        The time the next start is due (*finished_at* itself: at once), and the state for the exit
        after it.
    """
    due = due_at(policy, state, finished_at, chance)
    return due, advance(policy, state, finished_at, due, chance)


def charge_after_kill(
    policy: Backoff,
    state: BackoffState | None,
    previous_finished_at: float | None,
    now: float,
    chance: float = 0.0,
) -> tuple[float, BackoffState | None]:
    """The same for a container that was killed to be replaced, by a probe or an update.

    Kubernetes kills and restarts in one step, in which it does not see the exit it has just made:
    it looks at the exit before that one. There is none: the container starts, and nothing is
    remembered. It no longer holds the container back: the container starts, and the curve goes on.
    It does: the step ends, the next one sees the new exit, and from then on it is an exit as any
    other.

    Args:
        policy: How waits grow.
        state: What the last charge left behind; None before the first.
        previous_finished_at: When the attempt before the killed one ended; None: it was the first.
        now: When the killed attempt ended, on the same clock.
        chance: From 0 up to 1; it counts for a policy with jitter only.

    Returns:
        As `charge`; the state is None while there was never anything to charge.
    """
    if previous_finished_at is None:
        return now, state
    if due_at(policy, state, previous_finished_at, chance) > now:
        return charge(policy, state, now, chance)
    return now, advance(policy, state, previous_finished_at, now, chance)


def due_at(
    policy: Backoff, state: BackoffState | None, finished_at: float, chance: float = 0.0
) -> float:
    """When a container that ended at *finished_at* may start again; see `charge`."""
    if state is not None and not has_expired(policy, state, finished_at):
        return finished_at + state.delay
    if policy.delays:
        return finished_at + _spelled_out(policy, policy.delays[0], chance)
    return finished_at


def advance(
    policy: Backoff,
    state: BackoffState | None,
    finished_at: float,
    started_at: float,
    chance: float = 0.0,
) -> BackoffState:
    """What a restart at *started_at*, after an exit at *finished_at*, leaves behind."""
    if state is not None and has_expired(policy, state, finished_at):
        state = None
    restarts = 1 if state is None else state.restarts + 1
    if policy.delays:
        delay = policy.delays[min(restarts, len(policy.delays) - 1)]
        return BackoffState(_spelled_out(policy, delay, chance), started_at, restarts)
    if state is None:
        delay, before = policy.initial_seconds, policy.initial_seconds
    else:
        delay, before = state.delay * policy.factor, state.delay
    grown = delay + chance * policy.jitter * before
    return BackoffState(min(grown, policy.cap_seconds), started_at, restarts)


def has_expired(policy: Backoff, state: BackoffState, at: float) -> bool:
    """Whether *state* counts no more at the time *at*: that of an exit, or simply now.

    Then the curve begins anew, so what has expired now may be forgotten.
    """
    return at - state.last_update > policy.reset_seconds


def backoff_key(pod: Pod, container: Container) -> BackoffKey:
    """What a container's curve belongs to; another key is another curve.

    A new image or new resources may be the cure, so they begin a curve of their own. Another
    command, another environment do not.
    """
    metadata = pod.metadata
    own = (container.name, container.image, container.resources)
    return (metadata.name, metadata.namespace, metadata.uid, *own)


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


def _spelled_out(policy: Backoff, delay: float, chance: float) -> float:
    return delay + chance * policy.jitter * delay


def _decimal(amount: int, size: int) -> str:
    """*amount* / *size* without trailing zeros; *size* is a power of ten."""
    whole, part = divmod(amount, size)
    digits = f"{part:0{len(str(size)) - 1}d}".rstrip("0") if size > 1 else ""
    return f"{whole}.{digits}" if digits else str(whole)
