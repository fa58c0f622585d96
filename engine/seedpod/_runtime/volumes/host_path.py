"""hostPath: what stands on the host, looked at and, where asked for, made.

Source: kubelet, pkg/volume/hostpath.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from seedpod.spec import HostPathType, HostPathVolumeSource

_DIRECTORY_MODE: Final = 0o755
_FILE_MODE: Final = 0o644
_CHECKS: Final = {
    HostPathType.DIRECTORY_OR_CREATE: (stat.S_ISDIR, "directory"),
    HostPathType.DIRECTORY: (stat.S_ISDIR, "directory"),
    HostPathType.FILE_OR_CREATE: (stat.S_ISREG, "file"),
    HostPathType.FILE: (stat.S_ISREG, "file"),
    HostPathType.SOCKET: (stat.S_ISSOCK, "socket file"),
    HostPathType.CHAR_DEVICE: (stat.S_ISCHR, "character device"),
    HostPathType.BLOCK_DEVICE: (stat.S_ISBLK, "block device"),
}


def checked_host_path(source: HostPathVolumeSource) -> Path | str:
    """Where *source* is, made if its type says so; or, in words, what its type does not allow.

    A relative path is taken from the working directory. Nothing made here is ever removed.

    Raises:
        OSError: What should be made cannot be.
    """
    path = Path(source.path).absolute()
    kind = HostPathType(source.type)
    if kind is HostPathType.UNSET:
        return path
    exists = path.exists()
    if kind is HostPathType.DIRECTORY_OR_CREATE and not exists:
        _make_directories(path)
    elif kind is HostPathType.FILE_OR_CREATE and not exists:
        _make_file(path)
    is_kind, word = _CHECKS[kind]
    if path.exists() and is_kind(path.stat().st_mode):
        return path
    return f"hostPath type check failed: {source.path} is not a {word}"


def _make_directories(path: Path) -> None:
    if not path.parent.exists():
        _make_directories(path.parent)
    path.mkdir()
    path.chmod(_DIRECTORY_MODE)  # whatever the umask


def _make_file(path: Path) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, _FILE_MODE)
    try:
        os.fchmod(descriptor, _FILE_MODE)
    finally:
        os.close(descriptor)
