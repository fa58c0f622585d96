"""The table at the end of a run: how many rows of each file passed, deviate, failed."""

from __future__ import annotations

from collections import Counter
from typing import Final

import attrs
import pytest

FILE: Final = "file"
DEVIATION: Final = "deviation"
_COLUMNS: Final = ("passed", "deviates", "failed")


@attrs.define(eq=False)
class Tally:
    """What became of the rows so far; a plugin that sees every report."""

    counts: dict[str, Counter[str]] = attrs.field(factory=dict[str, Counter[str]])
    """By file: how often each column."""
    deviations: dict[str, str] = attrs.field(factory=dict[str, str])
    """By the id of a row that deviates: why."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a row when it was called, or when it failed before or after that."""
        properties = dict(report.user_properties)
        file = properties.get(FILE)
        if not isinstance(file, str):
            return
        counts = self.counts.setdefault(file, Counter())
        if report.failed:
            counts["failed"] += 1
        elif report.when == "call":
            reason = properties.get(DEVIATION)
            counts["passed" if reason is None else "deviates"] += 1
            if reason is not None:
                self.deviations[report.nodeid.rpartition("[")[2].rstrip("]")] = str(reason)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table, and why rows deviate."""
        if not self.counts:
            return
        terminalreporter.section("rows of Kubernetes' own tests")
        for line in self.lines():
            terminalreporter.line(line)

    def lines(self) -> list[str]:
        """The table, and below it a line for each row that deviates."""
        total = sum(self.counts.values(), Counter[str]())
        rows = [*sorted(self.counts.items()), ("total", total)]
        width = max(len(name) for name, _ in rows)
        heading = " ".join([" " * width, *(f"{column:>8}" for column in _COLUMNS)])
        table = [
            " ".join([f"{name:<{width}}", *(f"{counts[column]:>8}" for column in _COLUMNS)])
            for name, counts in rows
        ]
        reasons = [f"{id_} deviates: {why}" for id_, why in sorted(self.deviations.items())]
        return [heading, *table, *reasons]
