"""The group that a pod's volumes belong to: what `fsGroup` makes of an owner and a mode.

`fsGroupChangePolicy` makes no difference: it is about volumes that outlive their pod.

Source: kubelet, pkg/volume/volume_linux.go, `changeFilePermission`.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

_READABLE: Final = 0o440
_WRITABLE: Final = 0o660
_DIRECTORY: Final = stat.S_ISGID | 0o110
"""What is made in a directory belongs to its group, which may enter it."""


def file_mode(mode: int, group: int | None) -> int:
    """The mode of a file that is only read, whose own *mode* says nothing of the *group*."""
    return mode if group is None else mode | _READABLE


def directory_mode(mode: int, group: int | None, *, is_writable: bool) -> int:
    """The same of a directory, in which the group may make files if it *is_writable*."""
    if group is None:
        return mode
    return mode | _DIRECTORY | (_WRITABLE if is_writable else _READABLE)


def give(target: int | Path, group: int | None) -> None:
    """Have *target*, a path or an open file, belong to *group*; None: leave it as it is.

    To be done before the mode is set: another group takes setuid and setgid away.

    Raises:
        OSError: The host process may not.
    """
    if group is not None:
        os.chown(target, -1, group)
