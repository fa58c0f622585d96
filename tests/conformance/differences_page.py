"""The page that lists where we differ from Kubernetes, as far as scenarios are concerned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs

PAGE: Final = Path(__file__).parents[2] / "docs/explanation/differences.md"
_ROW: Final = re.compile(r'^\| <a id="([^"]+)"></a>(.*)', re.MULTILINE)
_ONLY: Final = re.compile(r"Subprocess executor at `(\w+)` only:")
"""How a row says that it is about one level of isolation."""
_SECTION: Final = re.compile(r"^## Scenarios\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_SCENARIO: Final = re.compile(r"^\| `([^`]+)` \| (.+) \|$", re.MULTILINE)


@attrs.frozen
class DifferencesPage:
    """What is listed."""

    rows: frozenset[str]
    """The ids of the first table."""
    scenarios: Mapping[str, str]
    """The scenarios that go otherwise here, each with the reason."""
    only_at: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """By the id of a row: the level of isolation it is about, if it is about one alone."""

    def rows_at(self, isolation: str | None) -> frozenset[str]:
        """The ids of the rows that are about this level of isolation; None: there are no levels."""
        return frozenset(
            row for row in self.rows if isolation in {None, self.only_at.get(row, isolation)}
        )

    @classmethod
    def read(cls, path: Path = PAGE) -> DifferencesPage:
        """What is written on the page."""
        text = path.read_text()
        section = _SECTION.search(text)
        scenarios = dict(_SCENARIO.findall(section[1])) if section else {}
        rows = dict(_ROW.findall(text))
        only_at = {row: found[1] for row, cells in rows.items() if (found := _ONLY.search(cells))}
        return cls(frozenset(rows), scenarios, only_at)
