"""Gates: which of Kubernetes' newer features count when it is judged what is valid."""

from __future__ import annotations

from typing import Final

import attrs


@attrs.frozen(kw_only=True)
class Gates:
    """Kubernetes' feature gates, by name; by default as release 1.36 has them.

    An older release refuses what a newer one allows, and Kubernetes' own tests ask for both.
    """

    container_restart_rules: bool = True
    """Any container may have a restart policy of its own, and rules for it."""
    restart_all_containers_on_container_exits: bool = True
    """A rule may restart all containers, and a sidecar may have rules."""
    relaxed_environment_variable_validation: bool = True
    """A variable may have any printable name, and not only one that a shell could have."""
    pod_lifecycle_sleep_action_allow_zero: bool = True
    """A pause may take no time."""
    in_place_pod_vertical_scaling: bool = True
    """Init containers may have resize policies."""
    allow_privileged: bool = True
    """Containers may be privileged: an option of a cluster as a whole, `--allow-privileged`."""


TODAY: Final = Gates()
"""As in release 1.36."""
