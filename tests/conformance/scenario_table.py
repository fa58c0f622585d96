"""The table of scenarios at the end of a session: how many stand how, and which do not pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import attrs
import pytest

from tests.conformance.batch import Batch, Result, Standing

_COLUMNS: Final = (*Standing, "not run")
_REASONS: Final = 4
"""So many reasons are given for one scenario; all of them stand in its failure."""
_WIDTH: Final = 300


@attrs.frozen
class ScenarioTable:
    """A plugin of pytest that writes the table of one batch."""

    batch: Batch

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write it, if anything has run."""
        if self.batch.results:
            backends = " and ".join(dict.fromkeys(backend for backend, _ in self.batch.results))
            terminalreporter.section(f"scenarios: {self.batch.executor.title}, on {backends}")
            for line in lines_of(self.batch):
                terminalreporter.line(line)


def lines_of(batch: Batch) -> Iterator[str]:
    """The table, then a line for each scenario that there is something to say of."""
    yield from _table(batch)
    results = [batch.results[key] for key in sorted(batch.results)]
    used = Counter(row for result in results for row in _rows(result))
    if used:
        listed = ", ".join(f"{row} ({count})" for row, count in sorted(used.items()))
        yield f"differences from a kubelet that are listed: {listed}"
    for scenario in batch.not_runnable:
        yield f"not run   {scenario.id}: needs {', '.join(batch.executor.lacks(scenario.requires))}"
    for standing in (Standing.DEVIATES, Standing.FAILED):
        yield from (_line(each, standing) for each in results if each.standing is standing)
    for each in results:
        if not each.is_steady:
            yield f"unsteady  {_name(each)}: {_counts(each)}"


def _table(batch: Batch) -> Iterator[str]:
    counts = {each.area: Counter[str]() for each in batch.scenarios}
    for result in batch.results.values():
        counts[result.scenario.area][result.standing] += 1
    for scenario in batch.not_runnable:
        counts[scenario.area]["not run"] += 1
    rows = {area: count for area, count in sorted(counts.items()) if count}
    rows["total"] = sum(rows.values(), Counter[str]())
    width = max(len(name) for name in rows)
    yield " ".join([" " * width, *(f"{column:>9}" for column in _COLUMNS)])
    for name, count in rows.items():
        yield " ".join([f"{name:<{width}}", *(f"{count[column]:>9}" for column in _COLUMNS)])


def _line(result: Result, standing: Standing) -> str:
    reasons = [result.listed] if standing is Standing.DEVIATES else [*result.reasons]
    told = "; ".join(" ".join((each or "").split())[:_WIDTH] for each in reasons[:_REASONS])
    more = f"; and {len(reasons) - _REASONS} more" if len(reasons) > _REASONS else ""
    return f"{standing:<9} {_name(result)}: {told}{more}"


def _rows(result: Result) -> set[str]:
    return {row for each in result.runs for row in each.allowed}


def _name(result: Result) -> str:
    return f"{result.backend} {result.scenario.id}"


def _counts(result: Result) -> str:
    went_wrong = sum(bool(each.problems) for each in result.runs)
    return f"{went_wrong} of {len(result.runs)} runs went wrong"
