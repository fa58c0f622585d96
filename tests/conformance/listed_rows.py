"""The rows that we answer differently on purpose, as the page of differences lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[2] / "docs/explanation/differences.md"
HEADING: Final = "## Rows of Kubernetes' own tests"
_ID: Final = re.compile(r"\b[a-z]+(?:[-_][a-z]+)*-[0-9]+\b")


def listed_rows(page: str) -> Mapping[str, str]:
    """By the id of a row: why we answer it differently.

    Args:
        page: The text of the page. Below the heading, the first cell of a table's line has the ids,
            the second the reason.

    Raises:
        ValueError: There is no such heading; a line has ids and no reason; an id comes twice.
    """
    _, heading, rest = page.partition(f"{HEADING}\n")
    if not heading:
        raise ValueError(f"no heading {HEADING!r}")
    found: dict[str, str] = {}
    for line in rest.partition("\n## ")[0].splitlines():
        _, _, cells = line.partition("|")
        ids, _, reason = cells.rstrip("| ").partition("|")
        for id_ in _ID.findall(ids):
            if not reason.strip() or id_ in found:
                raise ValueError(f"{id_}: must be listed once, with a reason")
            found[id_] = reason.strip()
    return found
