"""How long an image that could not be pulled is left alone.

The same curve as for restarts, counted from the last attempt to pull: 10 seconds, doubled up to
five minutes. The containers of a pod share it for an image they share. A pull that succeeds does
not end it; time does.

Source: kubelet, `EnsureImageExists`; client-go, `flowcontrol.Backoff`.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import attrs

from seedpod._core.backoff import Backoff, BackoffState, advance, has_expired
from seedpod.spec import Pod

PullKey: TypeAlias = tuple[str, str]
"""Two pulls with the same key share a curve."""

IMAGE_PULLS: Final = Backoff()
"""10, 20, 40, ... 300 seconds; forgotten after 600 seconds without an attempt."""


@attrs.frozen
class FailedPull:
    """What is remembered of an image that could not be fetched; a pod's containers share it."""

    backoff: BackoffState
    reason: str
    message: str


def pull_key(pod: Pod, image: str) -> PullKey:
    """What the curve of *image* belongs to."""
    return pod.metadata.uid, image


def pull_due_at(state: BackoffState | None, now: float, policy: Backoff = IMAGE_PULLS) -> float:
    """When the image may be asked for again; *now*: at once.

    Args:
        state: What the last pull that failed left behind; None before the first.
        now: On the clock of *state*.
        policy: How waits grow.
    """
    if state is None or has_expired(policy, state, now):
        return now
    return max(now, state.last_update + state.delay)


def after_failed_pull(
    state: BackoffState | None,
    failed_at: float,
    chance: float = 0.0,
    policy: Backoff = IMAGE_PULLS,
) -> BackoffState:
    """What a pull that failed at *failed_at* leaves behind.

    Args:
        state: What the one before it left behind; None before the first.
        failed_at: On the clock of *state*.
        chance: From 0 up to 1; it counts for a policy with jitter only.
        policy: How waits grow.
    """
    return advance(policy, state, failed_at, failed_at, chance)
