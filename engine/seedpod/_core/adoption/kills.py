"""Why a single container is killed.

Source: kubelet, `computePodActions` and `computeInitContainerActions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

import attrs

from seedpod._core import kill_messages
from seedpod._core.probing import Verdict
from seedpod.spec.words import ProbeKind
from seedpod.status import FoundContainer

Verdicts: TypeAlias = Mapping[str, Mapping[ProbeKind, Verdict]]
"""By the name of a container, what its probes say of the newest attempt, as far as they do."""


class KillReason(StrEnum):
    """What decides how long a container has to end."""

    LIVENESS_PROBE = "LivenessProbe"
    """Its liveness probe failed, whose own grace period counts if it has one."""
    STARTUP_PROBE = "StartupProbe"
    """Likewise its startup probe."""
    UNKNOWN = "Unknown"
    """Nobody knows whether it runs: it is killed so that it cannot run twice."""


@attrs.frozen(kw_only=True)
class ContainerToKill:
    """One container that must not go on as it is."""

    name: str
    container_id: str
    message: str
    """As in Kubernetes' Killing event."""
    reason: KillReason | None = None
    """None: it was made from another spec, and has the pod's own grace period."""


def lost(attempt: FoundContainer, kind: str) -> ContainerToKill:
    """Kill what may or may not run; *kind* is `Container` or `Init container`."""
    return _kill(attempt, kill_messages.unknown(kind), KillReason.UNKNOWN)


def changed(attempt: FoundContainer, kind: str) -> ContainerToKill:
    """Kill a container that was made from another spec."""
    return _kill(attempt, kill_messages.changed(kind, attempt.name), None)


def failed(attempt: FoundContainer, kind: str, probe: ProbeKind) -> ContainerToKill:
    """Kill a container whose liveness or startup probe has failed."""
    is_startup = probe is ProbeKind.STARTUP
    reason = KillReason.STARTUP_PROBE if is_startup else KillReason.LIVENESS_PROBE
    return _kill(attempt, kill_messages.failed(kind, attempt.name, probe), reason)


def _kill(attempt: FoundContainer, message: str, reason: KillReason | None) -> ContainerToKill:
    return ContainerToKill(
        name=attempt.name, container_id=attempt.container_id, message=message, reason=reason
    )
