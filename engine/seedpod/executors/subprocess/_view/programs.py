"""The programs of the host that views take besides bubblewrap."""

from __future__ import annotations

import shutil
from typing import Final

from seedpod.executors.subprocess._spawn import NotStartedError

_PACKAGES: Final = {
    "env": "coreutils",
    "mount": "mount",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "unshare": "util-linux",
}
"""Debian's, by program."""


def installed(name: str) -> str:
    """The path of the program *name*.

    Raises:
        NotStartedError: It is not there; says what installs it.
    """
    found = shutil.which(name)
    if found is None:
        package = _PACKAGES[name]
        raise NotStartedError(
            f"{name} is not installed; install it with: apt-get install {package}"
        )
    return found
