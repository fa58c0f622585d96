"""The list of deviations is about rows that exist."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.deviations import DEVIATIONS, NOT_ASKED
from tests.conformance.vectors_support import rows

TOPICS = sorted(file.stem for file in (Path(__file__).parent / "vectors").glob("*.json"))


def test_every_listed_row_exists() -> None:
    known = {row.id for topic in TOPICS for row in rows(topic)}
    assert set(DEVIATIONS) - known == set()


def test_every_listed_question_exists() -> None:
    known = {(topic, row.question) for topic in TOPICS for row in rows(topic)}
    assert set(NOT_ASKED) - known == set()


def test_every_deviation_has_a_reason() -> None:
    assert [row for row, reason in DEVIATIONS.items() if not reason] == []
    assert [question for question, reason in NOT_ASKED.items() if not reason] == []
