"""Completion scripts for shells."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

_KINDS: Final[dict[str, type[ShellComplete]]] = {
    "bash": BashComplete,
    "zsh": ZshComplete,
    "fish": FishComplete,
}
SHELLS: Final = tuple(_KINDS)


def script(command: click.Command, shell: str) -> str:
    """What *shell* has to read to complete *command*."""
    # Not by `source()`: that asks the installed bash for its version, and needs one.
    kind = _KINDS[shell](command, {}, "seedpod", "_SEEDPOD_COMPLETE")
    return kind.source_template % kind.source_vars()
