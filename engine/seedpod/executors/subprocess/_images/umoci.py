"""umoci, the program that makes a root directory of an image's layers.

Whiteouts, hard links, owners, extended attributes, links that lead out of the root: it knows them
all, and it is kept well.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from anyio import run_process

from seedpod.executors.subprocess._images.problem import ImageError

_MARK: Final = "\N{VECTOR OR CROSS PRODUCT}"
"""Stands before what it complains of; other lines tell how far it got."""


async def unpack(image: str, into: str, *, within: Path, hold: int) -> None:
    """Have umoci unpack *image* (`layout:tag`) into the directory *into*, which it makes.

    Args:
        image: Of an OCI layout, relative to *within*: its path may have no colon.
        into: Likewise relative, and not there yet.
        within: A directory.
        hold: A file descriptor that umoci inherits, and so keeps open until it has ended, whatever
            becomes of us.

    Cancellation: umoci is killed; *into* is left half made.

    Raises:
        ImageError: There is no umoci, or it refused.
    """
    program = shutil.which("umoci")
    if program is None:
        raise ImageError("needs umoci to be unpacked; install it: apt-get install umoci")
    try:
        done = await run_process(
            arguments(program, image, into, is_root=os.geteuid() == 0),
            stdin=subprocess.DEVNULL,
            cwd=within,
            check=False,
            start_new_session=True,
            pass_fds=[hold],
            umask=0o022,
        )
    except OSError as error:
        raise ImageError(f"cannot be unpacked: {program}: {error.strerror}") from error
    if done.returncode:
        said = _complaint((done.stdout + done.stderr).decode(errors="replace"))
        how = f"exit status {done.returncode}" if done.returncode > 0 else "it was killed"
        raise ImageError(f"cannot be unpacked: umoci: {said or how}")


def arguments(program: str, image: str, into: str, *, is_root: bool) -> list[str]:
    """The command line; without root's powers files cannot be given to their owners."""
    rootless = [] if is_root else ["--rootless"]
    return [program, "raw", "unpack", *rootless, "--image", image, into]


def _complaint(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    marked = [line.removeprefix(_MARK).strip() for line in lines if line.startswith(_MARK)]
    return "; ".join(marked or lines[-1:])
