"""The cells of `kubectl get pods`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from seedpod._core.printer import row as printed
from tests.conformance.rows import EPOCH, Row, pod_of, pod_status

# Cells of `-o wide`, and what a table has for machines: not printed here.
_UNPRINTED: Final = {"ip", "node", "nominatedNode", "readinessGates", "rowConditions"}


def check_cells(row: Row) -> None:
    pod = pod_of(row.given)
    status = pod_status(row.given["pod"]["status"])
    is_deleting = bool(pod.metadata.deletion_timestamp)
    found = attrs.asdict(printed(pod, status, now=EPOCH, is_deleting=is_deleting))
    assert found == {name: each for name, each in row.expect.items() if name not in _UNPRINTED}


CHECKS: Final[Mapping[str, Callable[[Row], None]]] = {"": check_cells}
