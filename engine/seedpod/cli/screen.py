"""The view on a terminal: lines that scroll by, and under them a table that stays.

The table is drawn anew below whatever is written above it. Rich's own live display is not used: it
writes to the terminal by itself (so a terminal that is held up would hold up the pods), and it
miscounts the lines to erase after the terminal was made narrower.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

import seedpod
from seedpod.cli.cleaning import clean
from seedpod.cli.feed import Item, Notice
from seedpod.cli.story import Story, label
from seedpod.cli.table import Expectations, rows, table
from seedpod.events import Event

_COLOURS: Final = ("cyan", "magenta", "blue", "yellow", "green", "bright_cyan", "bright_magenta")
_LONGEST_NAME: Final = 30


class Screen:
    """Lines above, a table below."""

    refresh_seconds = 1.0
    """Ages grow."""

    def __init__(
        self, pods: Sequence[seedpod.RunningPod], *, has_many_pods: bool, fd: int = 1
    ) -> None:
        self._pods = pods
        self._fd = fd
        self._has_many_pods = has_many_pods
        self._story = Story(has_many_pods=has_many_pods)
        self._expectations = Expectations()
        self._prefixes: dict[tuple[str, str], str] = {}
        self._may_colour = not os.environ.get("NO_COLOR")
        self._drawn: list[int] = []
        """How wide each line of the table is that stands on the terminal now."""
        self._last = ""

    def render(self, items: Sequence[Item]) -> bytes:
        """What to write about *items*, and the table as it is now."""
        for item in items:
            if isinstance(item.what, Event) and item.pod is not None:
                self._expectations.heed(item.pod, item.what)
        columns, lines = self._size()
        above = "".join(f"{line}\n" for line in self._lines(items))
        below = self._table(columns, lines)
        if not above and below == self._last:
            return b""
        erase = self._erasure(columns)
        self._last = below
        self._drawn = [Text.from_ansi(line).cell_len for line in below.splitlines()]
        return f"{erase}{above}{below}".encode()

    def _lines(self, items: Sequence[Item]) -> Iterator[str]:
        told = {id(item): text for item, text in self._story.tell(items)}
        for item in items:
            if isinstance(item.what, seedpod.LogLine) and item.pod is not None:
                yield from self._log(item, item.what)
            elif isinstance(item.what, Notice):
                yield self._styled(Text(item.what.text, style="bold yellow"))
            elif id(item) in told:
                yield self._styled(Text(_printable(told[id(item)]), style="dim"))

    def _log(self, item: Item, line: seedpod.LogLine) -> Iterator[str]:
        if item.pod is None:
            return
        name = label(item.pod, line.container, has_many_pods=self._has_many_pods)
        prefix = self._prefix(name, line.stream)
        if line.lost:
            yield f"{prefix}({line.lost} earlier lines were lost: too much at once)"
        yield prefix + clean(line.text, may_colour=self._may_colour)

    def _prefix(self, name: str, stream: str) -> str:
        if (name, stream) not in self._prefixes:
            self._prefixes[name, stream] = self._new_prefix(name, stream)
        return self._prefixes[name, stream]

    def _new_prefix(self, name: str, stream: str) -> str:
        names = [
            label(handle.pod, each.name, has_many_pods=self._has_many_pods)
            for handle in self._pods
            for each in (*handle.pod.spec.init_containers, *handle.pod.spec.containers)
        ]
        width = min(max(map(len, names), default=0), _LONGEST_NAME)
        colour = _COLOURS[names.index(name) % len(_COLOURS)]
        bar = Text(" | ", style="red" if stream == "stderr" else "dim")
        return self._styled(Text.assemble((f"{name:{width}}", colour), bar))

    def _table(self, columns: int, lines: int) -> str:
        shown = rows(self._pods, self._expectations, time.time())
        height = max(3, lines // 2)
        # One column less: a line that fills the last one wraps on some terminals.
        made = table(shown, has_many_pods=self._has_many_pods, height=height, width=columns)
        text = self._printed(made, columns - 1)
        return "".join(f"{line.rstrip()}\n" for line in text.splitlines())

    def _styled(self, text: Text) -> str:
        return self._printed(text, 80).removesuffix("\n")

    def _printed(self, what: Table | Text, columns: int) -> str:
        """*what* as rich would print it; text is left as long as it is, the terminal wraps it."""
        file = StringIO()
        Console(
            file=file,
            width=max(columns, 20),
            force_terminal=True,
            color_system="standard" if self._may_colour else None,
            highlight=False,
            legacy_windows=False,
        ).print(what, soft_wrap=isinstance(what, Text))
        return file.getvalue()

    def _erasure(self, columns: int) -> str:
        """Moves to where the table begins and clears all from there.

        A terminal that has become narrower has broken the table's lines; each stands on as many
        as it takes.
        """
        height = sum(max(1, -(-width // columns)) for width in self._drawn)
        return f"\r\x1b[{height}A\x1b[J" if height else ""

    def _size(self) -> tuple[int, int]:
        try:
            size = os.get_terminal_size(self._fd)
        except OSError:
            return 80, 24
        return size.columns or 80, size.lines or 24


def _printable(text: str) -> str:
    """Messages may quote what a container wrote."""
    return clean(text.encode(), may_colour=False)
