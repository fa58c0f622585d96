"""The page that lists where we differ from Kubernetes, as far as scenarios are concerned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs

PAGE: Final = Path(__file__).parents[2] / "docs/explanation/differences.md"
_ROW: Final = re.compile(r'^\| <a id="([^"]+)"></a>', re.MULTILINE)
_SECTION: Final = re.compile(r"^## Scenarios\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_SCENARIO: Final = re.compile(r"^\| `([^`]+)` \| (.+) \|$", re.MULTILINE)


@attrs.frozen
class DifferencesPage:
    """What is listed."""

    rows: frozenset[str]
    """The ids of the first table."""
    scenarios: Mapping[str, str]
    """The scenarios that go otherwise here, each with the reason."""

    @classmethod
    def read(cls, path: Path = PAGE) -> DifferencesPage:
        """What is written on the page."""
        text = path.read_text()
        section = _SECTION.search(text)
        scenarios = dict(_SCENARIO.findall(section[1])) if section else {}
        return cls(frozenset(_ROW.findall(text)), scenarios)
