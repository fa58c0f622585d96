"""The phase of a pod."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from seedpod._core.phase import phase
from seedpod.spec import PodSpec
from tests.conformance.rows import Row, container_statuses, structured


def check_phase(row: Row) -> None:
    given = row.given
    found = phase(
        structured(PodSpec, given["spec"]),
        container_statuses(given["status"].get("initContainerStatuses")),
        container_statuses(given["status"].get("containerStatuses")),
        is_terminal=given["podIsTerminal"],
        has_initialized=given["podHasInitialized"],
    )
    assert found == row.expect["phase"]


CHECKS: Final[Mapping[str, Callable[[Row], None]]] = {"": check_phase}
