"""Unquoted words are what Kubernetes' YAML library takes them for."""

from __future__ import annotations

import pytest

from seedpod._core.manifest.scalars import Scalar, is_plain_text, plain_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0755", 493),
        ("0o755", 493),
        ("-0755", -493),
        ("0x1F", 31),
        ("0b101", 5),
        ("1_000", 1000),
        ("+12", 12),
        ("0", 0),
        ("-0", 0),
        ("9" * 30, int("9" * 30)),
        ("08", 8.0),
        ("1e3", 1000.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1.5e-3", -0.0015),
        ("yes", True),
        ("On", True),
        ("y", True),
        ("TRUE", True),
        ("no", False),
        ("off", False),
        ("N", False),
        ("", None),
        ("~", None),
        ("Null", None),
    ],
)
def test_words_and_numbers(text: str, value: Scalar) -> None:
    found = plain_value(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        *("2024-01-01", "2024-01-01T00:00:00Z", "1:20", "190:20:30", "1.2.3", "10.0.0.1", "=", "-"),
        *("tRUE", "yEs", "nULL", "_1", "0x", "0o8", "0b2", "1e", "1e999", "1k", "500m", "..", "."),
        *("+", "true ", "<<", "\u0661"),
    ],
)
def test_everything_else_is_text(text: str) -> None:
    assert plain_value(text) == text
    assert is_plain_text(text)


@pytest.mark.parametrize("text", [".inf", "-.INF", ".nan"])
def test_numbers_that_json_does_not_have_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a finite number"):
        plain_value(text)
    assert not is_plain_text(text)


def test_a_number_of_absurd_length_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer digits"):
        plain_value("9" * 100_000)
