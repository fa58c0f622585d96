"""The cells of `kubectl get pods`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from seedpod._core.printer import row as printed
from seedpod.spec import camel_case
from tests.conformance.rows import EPOCH, Row, pod_of, pod_status

_WIDE: Final = {"ip", "node", "readiness_gates"}
# There is no scheduler that would nominate a node; the conditions of a row are for machines.
_UNPRINTED: Final = {"nominatedNode", "rowConditions"}


def check_cells(row: Row) -> None:
    pod = pod_of(row.given)
    status = pod_status(row.given["pod"]["status"])
    is_deleting = bool(pod.metadata.deletion_timestamp)
    cells = attrs.asdict(printed(pod, status, now=EPOCH, is_deleting=is_deleting))
    found = {
        camel_case(name): cell
        for name, cell in cells.items()
        if row.given["wide"] or name not in _WIDE
    }
    assert found == {name: each for name, each in row.expect.items() if name not in _UNPRINTED}


CHECKS: Final[Mapping[str, Callable[[Row], None]]] = {"": check_cells}
