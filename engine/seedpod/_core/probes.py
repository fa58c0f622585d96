"""What goes on beside a container: its probes, and a hook after its start."""

from __future__ import annotations

from seedpod.spec import Container, Probe
from seedpod.spec.words import ProbeKind


def probes(container: Container) -> tuple[tuple[ProbeKind, Probe], ...]:
    """Every probe that *container* has."""
    found = (
        (ProbeKind.STARTUP, container.startup_probe),
        (ProbeKind.READINESS, container.readiness_probe),
        (ProbeKind.LIVENESS, container.liveness_probe),
    )
    return tuple((kind, each) for kind, each in found if each is not None)


def is_accompanied(container: Container) -> bool:
    """Whether an attempt of it has a postStart hook or a probe."""
    lifecycle = container.lifecycle
    return (
        (lifecycle is not None and lifecycle.post_start is not None)
        or container.startup_probe is not None
        or container.readiness_probe is not None
        or container.liveness_probe is not None
    )
