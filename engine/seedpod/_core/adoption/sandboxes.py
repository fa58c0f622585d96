"""Whether the sandbox that was found of a pod can be used again.

Source: kubelet, `PodSandboxChanged`.
"""

from __future__ import annotations

from collections.abc import Sequence

from seedpod.spec import PodSpec
from seedpod.status import FoundSandbox


def new_sandbox_attempt(spec: PodSpec, sandboxes: Sequence[FoundSandbox]) -> int | None:
    """The number of the sandbox the pod needs; None if the newest there is will do.

    Args:
        spec: The pod's.
        sandboxes: All that were found, the newest first.
    """
    if not sandboxes:
        return 0
    newest = sandboxes[0]
    is_alone = sum(each.is_ready for each in sandboxes) <= 1
    is_connected = bool(newest.ip) or spec.host_network
    is_alike = newest.has_host_network == spec.host_network
    will_do = newest.is_ready and is_alone and is_alike and is_connected
    return None if will_do else newest.attempt + 1
