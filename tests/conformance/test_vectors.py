"""Every row of Kubernetes' own tests is answered as Kubernetes does, or listed with the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.conformance.asking import check_of, judge
from tests.conformance.listed_rows import PAGE, listed_rows
from tests.conformance.rows import OWN_FOLDER, Row, rows_of
from tests.conformance.tally import DEVIATION, FILE

_LISTED: Final = listed_rows(PAGE.read_text())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each row."""
    folder: Path | None = metafunc.config.getoption("vectors", None)
    try:
        rows = rows_of(folder or OWN_FOLDER)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    metafunc.parametrize("row", [pytest.param(row, id=row.id) for row in rows])


def test_row(row: Row, record_property: Callable[[str, object], None]) -> None:
    record_property(FILE, row.file)
    reason = _LISTED.get(row.id)
    if reason is not None:
        record_property(DEVIATION, reason)
    judge(row, check_of(row), reason)
