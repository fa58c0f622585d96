"""Environment files as `fileKeyRef` reads them; the rest of the rules is in the vectors."""

from __future__ import annotations

from seedpod._core.env_file import Malformed, env_file_value


def test_the_last_value_of_a_key_counts() -> None:
    assert env_file_value("A='1'\nA='2'\n", "A") == "2"


def test_a_key_that_is_not_there_has_no_value() -> None:
    assert env_file_value("A='1'\n", "B") is None


def test_an_empty_value_is_a_value() -> None:
    assert env_file_value("A=''", "A") == ""


def test_a_comment_may_end_the_file_without_a_newline() -> None:
    assert env_file_value("A='1'\n# the end", "A") == "1"


def test_a_wrong_line_after_the_key_is_still_wrong() -> None:
    assert env_file_value("A='1'\n\nB=2\n", "A") == Malformed(line=3)


def test_the_line_of_a_wrong_entry_counts_those_of_values() -> None:
    assert env_file_value("A='1\n2'\nB\n", "A") == Malformed(line=3)


def test_the_message_shows_nothing_of_the_file() -> None:
    wrong = env_file_value("PASSWORD=hunter2\n", "PASSWORD")
    assert isinstance(wrong, Malformed)
    assert wrong.message == "line 1: must read KEY='value'"
