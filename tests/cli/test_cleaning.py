"""What is left of a container's line on a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedpod.cli.cleaning import clean


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"plain \xc3\xa9", "plain é"),
        (b"\xff", "\ufffd"),
        (b"one\rtwo\rthree", "three"),
        (b"dos\r", "dos"),
        (b"a\tb", "a       b"),
        (b"\x1b[2J\x1b[Hhome", "home"),
        (b"\x1b]0;title\x07text", "text"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1bPq#0\x1b\\sixel", "sixel"),
        (b"\x1bcreset", "reset"),
        (b"\xc2\x9b2Jc1", "2Jc1"),
        (b"cut \x1b[", "cut "),
        (b"\x1b[31mred", "\x1b[31mred\x1b[0m"),
        (b"\x1b[1;3\x1b[31mnested", "\x1b[31mnested\x1b[0m"),
    ],
)
def test_only_colours_are_let_through(written: bytes, shown: str) -> None:
    assert clean(written, may_colour=True) == shown


def test_without_colours_none_is_let_through() -> None:
    assert clean(b"\x1b[31mred\x1b[0m", may_colour=False) == "red"


@given(st.binary())
def test_no_control_character_is_left(written: bytes) -> None:
    shown = clean(written, may_colour=False)
    assert all(each.isprintable() or each == " " or ord(each) >= 0xA0 for each in shown)
