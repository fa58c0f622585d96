"""Why a pod must fail, whatever its containers do: it has been active for too long.

Source: kubelet, `activeDeadlineHandler`.
"""

from __future__ import annotations

from typing import Final

import attrs

from seedpod.spec import PodSpec


@attrs.frozen
class Eviction:
    """The reason and the message of a pod that must fail."""

    reason: str
    message: str


PAST_DEADLINE: Final = Eviction(
    "DeadlineExceeded", "Pod was active on the node longer than the specified deadline"
)


def deadline_eviction(spec: PodSpec, active_seconds: float | None) -> Eviction | None:
    """Why the pod must fail now; None if it has no deadline, or time left.

    Args:
        spec: The pod's.
        active_seconds: How long ago its status was first made; None if it has none yet.
    """
    deadline = spec.active_deadline_seconds
    if deadline is None or active_seconds is None or active_seconds < deadline:
        return None
    return PAST_DEADLINE
