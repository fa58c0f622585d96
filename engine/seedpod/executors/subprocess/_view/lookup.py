"""Finding a command in a view before it is started, to say in words why it could not be.

Bubblewrap is our child, not the command, so nothing tells us of a failed exec but its exit code.
What is looked at is the host's side of what the container sees; where that cannot be told (in /dev
and /proc, in a /tmp of its own) nothing is said against a command.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs

from seedpod.executors.subprocess._in_root import inside, shown_at

_DEFAULT_PATH: Final = "/bin:/usr/bin"
"""What execvp searches if there is no PATH."""
_MAGICS: Final = (b"\x7fELF", b"#!")


@attrs.frozen
class Sources:
    """Which part of a view comes from where on the host."""

    root: Path
    mounted: Mapping[str, Path | None]
    """By the container's path; None: from nowhere that could be looked at."""

    def of(self, path: str) -> Path | None:
        """Where on the host the container's *path* is; None: that cannot be told."""
        path = os.path.normpath(path)
        resolved = shown_at(self.root, inside(self.root, path))
        for each in (path, resolved):
            outer = max(
                (at for at in self.mounted if each == at or each.startswith(at.rstrip("/") + "/")),
                key=len,
                default=None,
            )
            if outer is not None:
                source = self.mounted[outer]
                return None if source is None else inside(source, each[len(outer) :])
        return inside(self.root, path)


def why_not_run(
    argv: Sequence[str], env: Mapping[str, str], directory: str, sources: Sources
) -> str:
    """Why the command cannot be run; empty if nothing speaks against it."""
    name = argv[0]
    search = env.get("PATH", _DEFAULT_PATH).split(":")
    places = [name] if "/" in name else [f"{each or '.'}/{name}" for each in search]
    reasons: list[str] = []
    for place in places:
        at = os.path.join(directory or "/", place)
        try:
            found = sources.of(at)
            if found is None:
                return ""
            mode = found.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError):
            return ""
        reason = _why_not(at, found, mode, sources)
        if not reason:
            return ""
        reasons.append(reason)
    if reasons:
        return reasons[0]
    where = "" if "/" in name else f" (searched PATH: {':'.join(search)})"
    return f"command not found: {name}{where}"


def _why_not(at: str, found: Path, mode: int, sources: Sources) -> str:
    if stat.S_ISDIR(mode):
        return f"not a program but a directory: {at}"
    if not mode & 0o111:
        return f"not executable: {at}"
    try:
        with found.open("rb") as file:
            first = file.readline(256)
    except OSError:
        return ""
    if not first.startswith(_MAGICS):
        return f"{at}: not a program; a script needs a first line like #!/bin/sh"
    if first.startswith(b"#!"):
        words = first[2:].split()
        interpreter = os.fsdecode(words[0]) if words else ""
        try:
            place = sources.of(interpreter)
            if place is not None and not place.exists():
                return f"{at}: its interpreter cannot be run: {interpreter}"
        except (OSError, ValueError):
            return ""
    return ""
