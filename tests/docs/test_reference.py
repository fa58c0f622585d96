"""The reference names what there is, and nothing that is not."""

from __future__ import annotations

import inspect
import re
import shlex
from pathlib import Path

import attrs
import pytest

import seedpod
from seedpod import abc, deriving, errors, events
from seedpod.cli import main
from tests.docs.pages import ROOT, Block, blocks

_REFERENCE = ROOT / "docs/reference"
_HELP = [
    block for block in blocks("console") if block.commands and block.commands[0].endswith("--help")
]


@pytest.mark.parametrize("block", _HELP, ids=lambda block: block.commands[0])
def test_the_help_is_what_the_page_shows(
    block: Block, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(shlex.split(block.commands[0])[1:]) == 0
    assert capsys.readouterr().out.split() == " ".join(block.output).split()


def test_every_command_has_its_help_in_the_page() -> None:
    from seedpod.cli.commands import seedpod as command

    shown = {block.commands[0] for block in _HELP}
    assert shown == {"seedpod --help", *(f"seedpod {name} --help" for name in command.commands)}


def test_every_event_is_listed_with_its_fields() -> None:
    common = [field.name for field in attrs.fields(events.Event)]
    expected = {
        name: [field.name for field in attrs.fields(each) if field.name not in common]
        for name, each in vars(events).items()
        if inspect.isclass(each)
        and issubclass(each, events.Event)
        and each not in {events.Event, events.ContainerEvent}
    }
    listed = _rows("events.md")
    others = {*common, *(reason.value for reason in events.StopReason)}
    assert {*listed} == {*expected} | others
    assert {name: _words(listed[name][1]) for name in expected} == expected


def test_every_error_is_listed_with_its_bases() -> None:
    expected = {
        name: [base.__name__ for base in each.__bases__]
        for name, each in vars(errors).items()
        if inspect.isclass(each) and issubclass(each, errors.SeedpodError)
    }
    listed = {name: _words(row[1]) for name, row in _rows("errors.md").items()}
    assert {name: bases for name, bases in listed.items() if name.endswith("Error")} == expected


def test_every_kind_of_problem_is_listed() -> None:
    listed = _rows("errors.md")
    found = {kind.name: listed.get(kind.name, ["", ""])[1] for kind in errors.ProblemKind}
    assert found == {kind.name: f"`{kind.value}`" for kind in errors.ProblemKind}


@pytest.mark.parametrize("of", [seedpod.Engine, seedpod.RunningPod])
def test_every_public_member_is_in_the_page(of: type) -> None:
    text = (_REFERENCE / "api.md").read_text()
    members = [name for name in vars(of) if not name.startswith("_")]
    assert [name for name in members if not re.search(rf"`(await )?{name}\b", text)] == []


def test_every_public_name_is_in_the_page() -> None:
    text = (_REFERENCE / "api.md").read_text()
    assert [name for name in seedpod.__all__ if not re.search(rf"`{name}\b", text)] == []


def test_every_name_for_authors_of_executors_is_in_their_page() -> None:
    text = (ROOT / "docs/how-to/write-an-executor.md").read_text()
    powers = [name for name in vars(abc) if re.match("Can|Has", name)]
    assert powers
    names = [*powers, *deriving.__all__]
    assert [name for name in names if not re.search(rf"`{name}\b", text)] == []


@pytest.mark.parametrize(
    ("section", "room"),
    [
        ("In the core", "engine/seedpod/_core"),
        ("In the runtime", "engine/seedpod/_runtime"),
        ("In the subprocess executor", "engine/seedpod/executors/subprocess"),
    ],
)
def test_every_file_of_a_room_is_on_the_map(section: str, room: str) -> None:
    parts = [each for each in (ROOT / room).iterdir() if not each.name.startswith("__")]
    names = [f"{each.name}/" if each.is_dir() else each.stem for each in parts]
    assert sorted(_mapped(section)) == sorted(names)


def test_every_directory_of_tests_is_on_the_map() -> None:
    found = [each.name for each in (ROOT / "tests").iterdir() if each.is_dir()]
    names = [f"tests/{name}" for name in found if not name.startswith("__")]
    assert sorted(_mapped("The tests")) == sorted(names)


def _mapped(section: str) -> list[str]:
    """What the first cells of a section's table name."""
    page = (ROOT / "docs/explanation/architecture.md").read_text()
    text = page.partition(f"## {section}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([\w/]+)`", cell)]


def _rows(page: str) -> dict[str, list[str]]:
    """The rows of the tables of a page whose first cell is code, by that."""
    rows: dict[str, list[str]] = {}
    for line in Path(_REFERENCE / page).read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `"):
            rows[cells[0].strip("` ")] = [cells[0], *cells[1:]]
    return rows


def _words(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)
