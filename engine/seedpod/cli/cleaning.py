"""What a container writes, made fit for a terminal on which other things stand."""

from __future__ import annotations

import re
from typing import Final

_SGR: Final = re.compile(r"\x1b\[[0-9;:]*m")
"""Colours and the like: the one thing a container may do to the terminal."""
_ESCAPES: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]?"  # control sequences: the cursor, the screen, the modes
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # strings: titles, links, the clipboard
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def clean(text: bytes, *, may_colour: bool) -> str:
    """One line of output without what moves the cursor or changes the terminal.

    A line that was written over, as progress bars do, is shown as it last looked.
    """
    line = text.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2]
    if not may_colour:
        return _plain(line)
    plain = [_plain(part) for part in _SGR.split(line)]
    colours = _SGR.findall(line)
    made = plain[0] + "".join(
        colour + part for colour, part in zip(colours, plain[1:], strict=True)
    )
    return f"{made}\x1b[0m" if colours else made


def _plain(text: str) -> str:
    return _CONTROLS.sub("", _ESCAPES.sub("", text)).expandtabs()
