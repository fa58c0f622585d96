"""The page's list of rows that are answered differently is about rows that exist."""

from __future__ import annotations

import pytest

from tests.conformance.listed_rows import HEADING, PAGE, listed_rows
from tests.conformance.rows import OWN_FOLDER, rows_of

BEFORE = "# Differences\n\n| a-0001 | not in the section |\n\n"


def test_every_listed_row_exists() -> None:
    known = {row.id for row in rows_of(OWN_FOLDER)}
    assert set(listed_rows(PAGE.read_text())) - known == set()


def test_every_row_has_an_id_of_its_own() -> None:
    ids = [row.id for row in rows_of(OWN_FOLDER)]
    assert len(ids) == len(set(ids)) > 900


def test_a_line_lists_one_row_or_several_for_one_reason() -> None:
    table = (
        "| Rows | Why |\n|---|---|\n"
        "| a-0001 | One. |\n"
        "| `b-c-0002`, b_d-0003 and a-0004 | Several: a-0009 \\| not. |\n"
    )
    assert listed_rows(
        f"{BEFORE}{HEADING}\n\nText with a-0005.\n\n{table}\n## Next\n| a-0006 | x |"
    ) == {
        "a-0001": "One.",
        "b-c-0002": "Several: a-0009 \\| not.",
        "b_d-0003": "Several: a-0009 \\| not.",
        "a-0004": "Several: a-0009 \\| not.",
    }


def test_a_section_without_rows_lists_none() -> None:
    assert listed_rows(f"{BEFORE}{HEADING}\n\nEvery row agrees.\n") == {}


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (BEFORE, f"no heading {HEADING!r}"),
        (f"{HEADING}\n| a-0001 | |\n", "a-0001: must be listed once, with a reason"),
        (f"{HEADING}\n| a-0001 |\n", "a-0001: must be listed once, with a reason"),
        (f"{HEADING}\n| a-0001 | x |\n| a-0001 | y |\n", "a-0001: must be listed once"),
    ],
)
def test_a_list_that_leaves_something_open_is_refused(page: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        listed_rows(page)
