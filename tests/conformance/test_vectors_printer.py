"""The cells of `kubectl get pods`, row by row of Kubernetes' tables."""

from __future__ import annotations

import attrs
import pytest

from seedpod._core.printer import row as printed
from tests.conformance.vectors_support import EPOCH, Row, agreeing, pod_of, pod_status

# Cells of `-o wide`, and what a table has for machines: not printed here.
UNPRINTED = {"ip", "node", "nominatedNode", "readinessGates", "rowConditions"}


@pytest.mark.parametrize("row", agreeing("printer"))
def test_cells_are_those_kubectl_prints(row: Row) -> None:
    pod = pod_of(row.given)
    status = pod_status(row.given["pod"]["status"])
    is_deleting = bool(pod.metadata.deletion_timestamp)
    found = attrs.asdict(printed(pod, status, now=EPOCH, is_deleting=is_deleting))
    assert found == {name: each for name, each in row.expect.items() if name not in UNPRINTED}
