"""Environment files: `KEY='value'`, one after another, as `fileKeyRef` reads them.

A strict subset of what shells read, so that no file means two things: no blank beside the `=`,
always single quotes, nothing after the closing quote. A value may span lines and stands for itself:
no escapes, no references. Blank lines, and lines that begin with `#`, are skipped.

Source: KEP-3721.
"""

from __future__ import annotations

import re
from typing import Final

import attrs

_SKIPPED: Final = re.compile(r"(?:[^\S\n]*(?:#[^\n]*)?\n)*[^\S\n]*(?:#[^\n]*\Z)?")
"""Blank lines and comments, and the blanks before an entry."""
_ENTRY: Final = re.compile(r"([^\s=#'][^\s=']*)='([^']*)'[^\S\n]*(?:\n|\Z)")
"""One entry with the end of its line; the key is whatever has no blank, quote or `=`."""


@attrs.frozen
class Malformed:
    """The file is not an environment file."""

    line: int
    """The line the first wrong entry begins at, from 1."""

    @property
    def message(self) -> str:
        """The same in words; shows nothing of the file, which may hold secrets."""
        return f"line {self.line}: must read KEY='value'"


def env_file_value(text: str, key: str) -> str | Malformed | None:
    """The value *key* has in the environment file *text*.

    Returns:
        The last value given to it; None when the file does not mention it; `Malformed` when any
        part of the file, before or after, cannot be read.
    """
    found: str | None = None
    position = _past_blanks(text, 0)
    while position < len(text):
        entry = _ENTRY.match(text, position)
        if entry is None:
            return Malformed(line=text.count("\n", 0, position) + 1)
        if entry[1] == key:
            found = entry[2]
        position = _past_blanks(text, entry.end())
    return found


def _past_blanks(text: str, position: int) -> int:
    skipped = _SKIPPED.match(text, position)
    return position if skipped is None else skipped.end()
