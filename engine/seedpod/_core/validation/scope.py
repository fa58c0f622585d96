"""Scope: what the check of a container sees of the pod around it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from seedpod._core.validation.gates import TODAY, Gates
from seedpod.spec.volume import Volume


@attrs.frozen(kw_only=True)
class Scope:
    """The pod around a container, as far as its container's rules refer to it."""

    restart_policy: str = "Always"
    """The pod's."""
    termination_grace_period_seconds: int | None = 30
    """None: the pod has none, which is a problem of its own."""
    os: str = ""
    """Empty: the pod names none."""
    host_users: bool | None = None
    volumes: Mapping[str, Volume] = attrs.field(factory=dict[str, Volume])
    """The volumes that are right, by name."""
    broken_volumes: frozenset[str] = frozenset()
    """Names of volumes that have problems of their own."""
    resource_claims: frozenset[str] = frozenset()
    may_keep_restart_container: bool = False
    """A regular init container had the resize policy `RestartContainer` before this update."""
    gates: Gates = TODAY
