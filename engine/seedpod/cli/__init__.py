"""The `seedpod` command: a user of the public API like any other."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

_MISSING = "seedpod: the command line needs {name}; install it with: pip install 'seedpod[cli]'"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what *arguments* say (those of this process by default), and return the exit code."""
    try:
        for name in ("click", "rich"):
            import_module(name)
    except ImportError as error:
        sys.stderr.write(_MISSING.format(name=error.name) + "\n")
        return 2
    from seedpod.cli.commands import execute

    return execute(arguments)


__all__ = ["main"]
