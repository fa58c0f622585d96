"""What was measured: as a table for people, as JSON, and as the record in the README."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

import attrs

from benchmarks.comparison import Comparison
from benchmarks.machine import Machine

README: Final = Path(__file__).with_name("README.md")
BEGIN: Final = "<!-- figures: written by --record -->"
END: Final = "<!-- end of figures -->"
HEADER: Final = ("", "what", "loop", "beside", "ratio (spread)", "ours", "theirs", "target", "")
VERDICTS: Final[Mapping[bool | None, str]] = {True: "met", False: "not met", None: ""}


def table(comparisons: Sequence[Comparison]) -> str:
    """Aligned columns."""
    rows = [HEADER, *(_row(each) for each in comparisons)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def as_json(machine: Machine, comparisons: Sequence[Comparison]) -> str:
    """Everything, down to the figure of each round."""
    document = {
        "machine": attrs.asdict(machine),
        "comparisons": [
            {**attrs.asdict(each), "ratios": each.ratios, "is_met": each.is_met}
            for each in comparisons
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def record(machine: Machine, comparisons: Sequence[Comparison], readme: Path = README) -> None:
    """Put the figures between the two markers of *readme*, in place of what stands there.

    Raises:
        ValueError: The markers are not there.
    """
    before, begin, rest = readme.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{readme}: found no {BEGIN} followed by {END}")
    figures = _markdown(machine, comparisons)
    readme.write_text(f"{before}{begin}\n{figures}\n{end}{after}")


def _markdown(machine: Machine, comparisons: Sequence[Comparison]) -> str:
    rows = [HEADER, ("---",) * len(HEADER), *(_row(each) for each in comparisons)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join((f"{datetime.now(UTC).date()}: {machine}.", "", *lines))


def _row(comparison: Comparison) -> tuple[str, ...]:
    ratios = comparison.ratios
    return (
        comparison.workload,
        comparison.what,
        comparison.loop,
        comparison.beside,
        f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
        f"{_figure(comparison.ours)} {comparison.unit}",
        f"{_figure(comparison.theirs)} {comparison.unit}",
        str(comparison.target or ""),
        VERDICTS[comparison.is_met],
    )


def _figure(figures: Sequence[float]) -> str:
    value = median(figures)
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
