"""How long an ending container is given: the arithmetic of grace periods.

Two limits belong together. The pod's deadline is when whoever still waits for its turn is let go;
the floor is what every container keeps between its stop signal and the kill, late as it may be.

Source: kubelet, `calculateEffectiveGracePeriod`, `setTerminationGracePeriod` and `killContainer`.
"""

from __future__ import annotations

from typing import Final

from seedpod.spec import PodSpec, Probe

MINIMUM_GRACE_SECONDS: Final = 1.0
"""A pod is never given less, whatever was asked for."""
MINIMUM_STOP_SECONDS: Final = 2.0
"""The least time between a stop signal and the kill."""


def effective_grace(spec: PodSpec, *asked: float | None) -> float:
    """How many seconds a pod that is being ended has.

    Args:
        spec: The pod's; its own grace period counts if nobody asked for another.
        asked: What every call so far allowed, in any order; None where it said nothing.
    """
    seen = [each for each in asked if each is not None]
    if seen:
        return max(float(min(seen)), MINIMUM_GRACE_SECONDS)
    return max(float(spec.termination_grace_period_seconds or 0), MINIMUM_GRACE_SECONDS)


def spec_grace(spec: PodSpec) -> float:
    """How many seconds the pod's own grace period is; a negative one is a single second."""
    seconds = spec.termination_grace_period_seconds
    if seconds is None:
        return MINIMUM_STOP_SECONDS
    return float(seconds) if seconds >= 0 else MINIMUM_GRACE_SECONDS


def container_grace(
    spec: PodSpec, failed_probe: Probe | None = None, *, deletion_seconds: float | None = None
) -> float:
    """How many seconds one container has that is ended while its pod goes on.

    Args:
        spec: The pod's.
        failed_probe: The liveness or startup probe whose failure ends the container; None if
            something else does. Its own grace period may be longer than the pod's.
        deletion_seconds: What the pod itself was given, if it is being deleted.
    """
    if deletion_seconds is not None:
        return float(deletion_seconds)
    if failed_probe is not None and failed_probe.termination_grace_period_seconds is not None:
        return float(failed_probe.termination_grace_period_seconds)
    return spec_grace(spec)


def kill_deadline(signalled_at: float, deadline: float) -> float:
    """When a container that got its stop signal at *signalled_at* is killed.

    Args:
        signalled_at: On the clock of *deadline*, in seconds.
        deadline: When the time of the pod (or of this container) is over.
    """
    return max(deadline, signalled_at + MINIMUM_STOP_SECONDS)
