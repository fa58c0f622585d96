"""A row passes, deviates as the page says, or fails; and a run tells which."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.asking import check_of, judge
from tests.conformance.rows import OWN_FOLDER, Row, rows_of
from tests.conformance.tally import Tally
from tests.docs.pages import ROOT

ROW = Row("a-0001", {"fn": "f"}, {}, "source", "a")


def agrees(row: Row) -> None:
    """Any answer will do."""


def differs(row: Row) -> None:
    raise AssertionError("another answer")


def breaks(row: Row) -> None:
    raise KeyError("a bug of ours")


def test_a_row_that_agrees_passes() -> None:
    judge(ROW, agrees, None)


def test_a_row_that_differs_fails() -> None:
    with pytest.raises(AssertionError, match="another answer"):
        judge(ROW, differs, None)


def test_a_row_that_nothing_answers_fails() -> None:
    with pytest.raises(AssertionError, match="not asked: a, question 'f'"):
        judge(ROW, None, None)


def test_a_listed_row_may_differ_or_be_answered_by_nothing() -> None:
    judge(ROW, differs, "why")
    judge(ROW, None, "why")


def test_a_listed_row_that_agrees_fails() -> None:
    with pytest.raises(AssertionError, match="listed as different"):
        judge(ROW, agrees, "why")


@pytest.mark.parametrize("reason", [None, "why"])
def test_a_check_that_breaks_is_no_answer(reason: str | None) -> None:
    with pytest.raises(KeyError):
        judge(ROW, breaks, reason)


def test_a_file_or_a_question_that_is_not_known_has_no_check() -> None:
    assert check_of(Row("x-0001", {}, {}, "", "unheard_of")) is None
    assert check_of(Row("x-0001", {"fn": "?"}, {}, "", "backoff")) is None
    assert check_of(Row("x-0001", {}, {}, "", "../../../etc/passwd")) is None
    assert check_of(Row("x-0001", {}, {}, "", "reading")) is None


@pytest.mark.parametrize("text", ["{", "{}", '{"a": 1}', '[{"id": "a-0001"}]', '["a"]', "1"])
def test_a_file_that_is_no_list_of_rows_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    if text == "{}":
        assert rows_of(tmp_path) == []
        return
    with pytest.raises(ValueError, match=r"a\.json: must be a list of rows"):
        rows_of(tmp_path)


def test_a_folder_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no file of rows"):
        rows_of(tmp_path)


def test_a_run_prints_a_table_and_ends_with_a_code(tmp_path: Path) -> None:
    good, other = _own("phase-0001"), _own("phase-0002")
    bad = {**other, "expect": {"phase": "Elsewhere"}}
    unknown = {**good, "id": "phase-9999", "given": {**good["given"], "fn": "tide"}}
    _write(tmp_path / "phase.json", good, bad, unknown)
    _write(tmp_path / "validation.json", _own("validation-0396"))
    _write(tmp_path / "weather.json", {**good, "id": "weather-0001"})

    for arguments in (
        ["tests/conformance", "--vectors", str(tmp_path)],
        ["--vectors", str(tmp_path), "tests/conformance"],
    ):
        code, lines = _run(arguments)
        assert code == pytest.ExitCode.TESTS_FAILED
        table = lines[lines.index("             passed deviates   failed") :]
        assert table[1:5] == [
            "phase             1        0        2",
            "validation        1        0        0",
            "weather           0        0        1",
            "total             2        0        3",
        ]
        failed = {line.split("[")[1].split("]")[0] for line in lines if line.startswith("FAILED")}
        assert failed == {"phase-0002", "phase-9999", "weather-0001"}


def test_the_table_tells_rows_that_deviate_and_why() -> None:
    tally = Tally(
        counts={"phase": Counter(passed=2, failed=1), "printer": Counter(deviates=1)},
        deviations={"printer-0001": "we print it otherwise"},
    )
    assert tally.lines() == [
        "          passed deviates   failed",
        "phase          2        0        1",
        "printer        0        1        0",
        "total          2        1        1",
        "printer-0001 deviates: we print it otherwise",
    ]


def test_a_run_in_which_every_row_agrees_passes(tmp_path: Path) -> None:
    _write(tmp_path / "phase.json", _own("phase-0001"))
    code, lines = _run(["tests/conformance", "--vectors", str(tmp_path)])
    assert code == pytest.ExitCode.OK
    assert "total        1        0        0" in lines


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    code, lines = _run(["tests/conformance", "--vectors", str(tmp_path / "none")])
    assert code == pytest.ExitCode.USAGE_ERROR
    assert any("there is no such directory" in line for line in lines)


def _own(id_: str) -> dict[str, Any]:
    """One of the project's own rows, as it is written."""
    file = OWN_FOLDER / f"{id_.rpartition('-')[0]}.json"
    rows: list[dict[str, Any]] = json.loads(file.read_text())
    return next(row for row in rows if row["id"] == id_)


def _write(file: Path, *rows: dict[str, Any]) -> None:
    file.write_text(json.dumps(rows))


def _run(arguments: list[str]) -> tuple[int, list[str]]:
    """The exit code, and what a run of its own prints."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).splitlines()
