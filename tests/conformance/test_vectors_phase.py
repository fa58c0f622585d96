"""The phase of a pod, row by row of Kubernetes' tables."""

from __future__ import annotations

import pytest

from seedpod._core.phase import phase
from seedpod.spec import PodSpec
from tests.conformance.vectors_support import Row, agreeing, container_statuses, structured


@pytest.mark.parametrize("row", agreeing("phase"))
def test_the_phase_is_the_one_kubernetes_finds(row: Row) -> None:
    given = row.given
    found = phase(
        structured(PodSpec, given["spec"]),
        container_statuses(given["status"].get("initContainerStatuses")),
        container_statuses(given["status"].get("containerStatuses")),
        is_terminal=given["podIsTerminal"],
        has_initialized=given["podHasInitialized"],
    )
    assert found == row.expect["phase"]
