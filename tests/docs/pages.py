"""The pages, taken apart: fenced blocks, commands, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
EXAMPLES: Final = ROOT / "docs/examples"
_FENCE: Final = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@attrs.frozen
class Block:
    """One fenced block: the words after the fence say what it is."""

    page: Path
    language: str
    words: tuple[str, ...]
    text: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.text.splitlines()[0]}"

    @property
    def commands(self) -> list[str]:
        """The lines of a console block that somebody types."""
        return [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]

    @property
    def output(self) -> list[str]:
        """The lines of a console block that nobody types."""
        return [line for line in self.text.splitlines() if not line.startswith("$ ")]


def blocks(*languages: str) -> Iterator[Block]:
    """The fenced blocks of all pages in these languages."""
    for page in PAGES:
        for match in _FENCE.finditer(page.read_text()):
            language, *words = match["info"].split() or [""]
            if language in languages:
                yield Block(page, language, tuple(words), match["text"])


def links(page: Path) -> Iterator[str]:
    """Where the links of *page* lead."""
    for match in _LINK.finditer(_FENCE.sub("", page.read_text())):
        yield match[1]


def anchors(page: Path) -> set[str]:
    """What a link into *page* may name: its headings, and the ids it gives."""
    text = _FENCE.sub("", page.read_text())
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)">', text))
