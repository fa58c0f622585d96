"""What the pages tell a reader to type can be typed."""

from __future__ import annotations

import re

from tests.house.sources import ROOT

_PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_make_command_in_the_pages_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    unknown = [
        f"{page.name}: make {command}"
        for page in _PAGES
        for command in re.findall(r"(?:^|`|\$ )make ([a-z]+)", page.read_text(), re.MULTILINE)
        if command not in targets
    ]
    assert unknown == []


def test_every_target_is_listed_by_make_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    described = re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)
    assert sorted(described) == sorted(phony.split())
