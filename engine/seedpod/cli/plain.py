"""The view without a terminal: lines of text, what containers write as they wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import seedpod
from seedpod.cli.feed import Item
from seedpod.cli.story import Story, label


class PlainView:
    """Lines, one after another."""

    refresh_seconds = 3600.0
    """Nothing changes by itself."""

    def __init__(self, *, has_many_pods: bool, is_quiet: bool) -> None:
        self._has_many_pods = has_many_pods
        self._story = None if is_quiet else Story(has_many_pods=has_many_pods)

    def render(self, items: Sequence[Item]) -> bytes:
        """What to write about *items*."""
        told = {} if self._story is None else {id(i): text for i, text in self._story.tell(items)}
        lines: list[bytes] = []
        for item in items:
            if isinstance(item.what, seedpod.LogLine):
                lines += self._log(item, item.what)
            elif id(item) in told:
                lines.append(told[id(item)].encode())
        return b"".join(line + b"\n" for line in lines)

    def _log(self, item: Item, line: seedpod.LogLine) -> Iterator[bytes]:
        if item.pod is None:
            return
        name = label(item.pod, line.container, has_many_pods=self._has_many_pods)
        if line.lost:
            yield f"{name} | ({line.lost} earlier lines were lost: too much at once)".encode()
        yield name.encode() + b" | " + line.text
