"""Having things mounted on volumes, for the bubblewrap of one container and nobody else.

That is done in a mount namespace which the outer process of bubblewrap then stays in. Further
commands in the container enter it, and so find everything mounted as it was.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from seedpod.executors.subprocess._view.points import Staged
from seedpod.executors.subprocess._view.programs import installed

_PROGRAM: Final = Path(__file__).with_name("_stage_process.py")


def staging(staged: Sequence[Staged], own: Path, *, is_root: bool) -> tuple[str, ...]:
    """What to put before bubblewrap so that *staged* is mounted; nothing if there is nothing.

    Args:
        staged: In the order in which it is mounted.
        own: A directory of the attempt's own.
        is_root: Whether bubblewrap is run by root; anybody else needs a user namespace for this.

    Raises:
        NotStartedError: A program is missing.
    """
    if not staged:
        return ()
    user = () if is_root else ("--user", "--map-root-user")
    what = json.dumps([_described(each, own / f"staged-{n}") for n, each in enumerate(staged)])
    return (
        *(installed("unshare"), *user, "--mount", "--propagation", "private", "--"),
        *(sys.executable, "-I", "-S", str(_PROGRAM), installed("mount"), what),
    )


def staged_for(outer: int, staged: Sequence[Staged], *, is_root: bool) -> tuple[str, ...]:
    """What to put before another bubblewrap so that it finds the same mounted.

    Args:
        outer: The outer process of the one that was started with `staging`.
        staged: As there.
        is_root: As there.

    Raises:
        NotStartedError: A program is missing.
    """
    if not staged:
        return ()
    user = () if is_root else ("--user", "--preserve-credentials")
    return (installed("nsenter"), "--target", str(outer), *user, "--mount", "--")


def _described(staged: Staged, place: Path) -> dict[str, object]:
    return {
        "at": staged.point.at,
        "source": str(staged.point.source),
        "is_part": staged.point.options[0].endswith("-fd"),
        "volume": str(staged.volume),
        "part": staged.part,
        "is_file": staged.point.is_file,
        "place": str(place) if staged.is_read_only else "",
    }
