"""The pages: what they show is a file, where they link to exists, what they say can be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from seedpod.cli.commands import seedpod
from tests.docs.pages import EXAMPLES, PAGES, ROOT, Block, anchors, blocks, links

_CODE = [*blocks("yaml", "python", "toml", "json")]
_CONSOLE = [*blocks("console")]
_COMMANDS = [each for block in _CONSOLE for each in block.commands if "--help" not in each]


@pytest.mark.parametrize("block", _CODE, ids=lambda block: block.name)
def test_every_block_of_code_is_in_the_file_it_names(block: Block) -> None:
    assert block.words, f"{block.name}: names no file"
    text = (ROOT / block.words[0]).read_text()
    if "fragment" in block.words:
        assert block.text.rstrip("\n") in text
    else:
        assert block.text == text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken: list[str] = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if link.startswith("https://"):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_can_be_reached_from_the_index() -> None:
    index = ROOT / "docs/index.md"
    reached = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    assert sorted({*PAGES} - reached - {index, ROOT / "README.md"}) == []


@pytest.mark.parametrize("command", [each for each in _COMMANDS if each.startswith("seedpod")])
def test_every_seedpod_command_can_be_typed(command: str) -> None:
    alone = command.split(" | ", maxsplit=1)[0].split(" > ", maxsplit=1)[0].rstrip("&")
    _, *arguments = shlex.split(alone)
    if arguments == ["--version"]:
        return
    name, *rest = arguments
    with click.Context(seedpod, **seedpod.context_settings) as context:
        seedpod.commands[name].make_context(name, rest, parent=context, resilient_parsing=False)


def test_every_file_a_command_names_is_there() -> None:
    named = [word for each in _COMMANDS for word in shlex.split(each) if word.startswith("docs/")]
    assert named
    assert [word for word in named if not (ROOT / word).exists()] == []


def test_every_example_is_in_a_page() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    files = [str(file.relative_to(ROOT)) for file in EXAMPLES.rglob("*.*") if file.is_file()]
    shown = [file for file in files if not re.search(r"\.pyc$", file)]
    assert [file for file in shown if file not in text] == []
