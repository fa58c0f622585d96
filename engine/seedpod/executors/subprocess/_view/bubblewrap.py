"""Bubblewrap on this host: where it is, and whether it works."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from typing import Final

import attrs

INSTALL: Final = "apt-get install bubblewrap"
_BOUND: Final = 10.0
"""Seconds a trial may take."""


@attrs.frozen
class Bubblewrap:
    """One that works."""

    program: str
    """An absolute path."""
    is_root: bool
    """Whether it is run by root. Anybody else has a user namespace, in which there is one user."""


@cache
def found_bubblewrap() -> Bubblewrap | str:
    """The host's bubblewrap; or why there is none that works, and what can be done about it.

    It is tried once for each process, which takes some milliseconds.
    """
    program = shutil.which("bwrap")
    if program is None:
        return f"bubblewrap is not installed; install it with: {INSTALL}"
    root = os.open("/", os.O_PATH | os.O_CLOEXEC)
    try:
        done = subprocess.run(
            [
                *(program, "--unshare-pid", "--unshare-uts", "--unshare-ipc", "--die-with-parent"),
                *("--ro-bind-fd", str(root), "/", "--proc", "/proc", "--dev", "/dev"),
                *(program, "--version"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            pass_fds=(root,),
            timeout=_BOUND,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap cannot be run: {error}"
    finally:
        os.close(root)
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
        return f"bubblewrap does not work on this host ({words})"
    return Bubblewrap(program, is_root=os.geteuid() == 0)
