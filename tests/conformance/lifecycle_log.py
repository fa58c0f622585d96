"""The lifecycle log of a scenario: what its containers, hooks and probes wrote down, and when.

Each line is `<seconds>.<nanoseconds> <name> <Word> [more]`. The runner adds lines of its own, by
the name `@run`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

RUNNER: Final = "@run"
"""Who writes what the runner does."""


class Line(NamedTuple):
    """One line of the log."""

    time: float
    """Seconds since 1970."""
    name: str
    word: str
    rest: str

    @property
    def text(self) -> str:
        """The line without its time."""
        return f"{self.name} {self.word} {self.rest}".rstrip()


def parse_log(text: str) -> list[Line]:
    """The lines of a log, sorted by time; what is no such line is left out."""
    return sorted(_lines(text), key=lambda line: line.time)


def positions(lines: Sequence[Line], name: str, word: str, start: int = 0) -> list[int]:
    """Where, from *start* on, the lines of this name and word are."""
    return [
        index
        for index in range(start, len(lines))
        if lines[index].name == name and lines[index].word == word
    ]


def line_of_runner(nanoseconds: int, words: str) -> str:
    """A line for what the runner does at this time, in nanoseconds since 1970."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{seconds}.{rest:09d} {RUNNER} {words}\n"


def _lines(text: str) -> Iterator[Line]:
    for raw in text.splitlines():
        words = raw.split(None, 3)
        if len(words) < 3:
            continue
        try:
            yield Line(float(words[0]), words[1], words[2], words[3] if len(words) > 3 else "")
        except ValueError:  # its first word is no time
            continue
