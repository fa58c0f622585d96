"""Writing the files of a volume so that a reader sees all of an update or nothing of it.

Theory of operation: the volume's root holds

- `..YYYY_MM_DD_HH_MM_SS.RANDOM/`: the files themselves,
- `..data`: a symbolic link to that directory,
- for each name at the top, a symbolic link to `..data/NAME`.

An update writes a new directory beside the old one, points a link `..data_tmp` at it and renames
that over `..data`: one system call in which every file changes at once. Then links are added and
taken away, and the old directory is removed. Who has opened a file before goes on reading the old
one.

Source: kubelet, pkg/volume/util/atomic_writer.go.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

from seedpod._core.volume_payload import File, path_problems
from seedpod._runtime.volumes.ownership import directory_mode, file_mode, give
from seedpod._runtime.volumes.removal import remove
from seedpod.errors import InternalError

_DATA: Final = "..data"
_NEW_DATA: Final = "..data_tmp"
_DIRECTORY_MODE: Final = 0o755
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write(
    root: Path,
    files: Mapping[str, File],
    now: datetime,
    chance: Random,
    group: int | None = None,
) -> bool:
    """Make *files* the content of the volume at *root*; exactly these, with exactly their modes.

    Args:
        root: The volume's directory; it must exist.
        files: By path below the root; what `volume_payload.payload` found good.
        now: Becomes part of a name; aware.
        chance: Becomes part of it too.
        group: Whom all that is written belongs to, and who may read it; None: nobody in particular.

    Returns:
        Whether anything was written; False if the volume had this content already.

    Raises:
        InternalError: A path would leave the volume or its hidden names.
        OSError: The file system refused; the volume shows what it showed before.
    """
    if problems := path_problems(files):
        raise InternalError(f"the files of a volume were not checked: {'; '.join(problems)}")
    old = _current(root)
    is_new = old is None or not _has_content(root / old, files, group)
    if is_new:
        new = _made_directory(root, now, chance)
        try:
            _open_to(root / new, group)
            for path, file in files.items():
                _write_file(root / new, path, file, group)
            _switch(root, new)
        except OSError:
            remove(root / new)
            raise
    # A writer that was killed after its switch has left the links as they were.
    _link(root, {path.partition("/")[0] for path in files})
    if is_new and old is not None:
        remove(root / old)  # what is left of it goes, and is reported, with the pod
    return is_new


def _current(root: Path) -> str | None:
    """The name of the directory that `..data` points to."""
    try:
        name = str((root / _DATA).readlink())
    except OSError:
        return None
    # It is removed later, and a container may have written the link.
    is_ours = name.startswith("..") and "/" not in name and name not in {"..", _DATA, _NEW_DATA}
    return name if is_ours and (root / name).is_dir() else None


def _has_content(directory: Path, files: Mapping[str, File], group: int | None) -> bool:
    found: set[str] = set()
    try:
        for parent, _, names in os.walk(directory):
            for name in names:
                entry = Path(parent, name)
                path = str(entry.relative_to(directory))
                if path not in files or not _is_file(entry, files[path], group):
                    return False
                found.add(path)
    except OSError:
        return False  # whatever cannot be read is written anew
    return len(found) == len(files)


def _is_file(path: Path, file: File, group: int | None) -> bool:
    status = path.lstat()
    if group is not None and status.st_gid != group:
        return False
    mode = file_mode(file.mode, group)
    is_same = stat.S_ISREG(status.st_mode) and stat.S_IMODE(status.st_mode) == mode
    return is_same and status.st_size == len(file.data) and path.read_bytes() == file.data


def _made_directory(root: Path, now: datetime, chance: Random) -> str:
    """The name of a new directory below *root*."""
    stamp = now.astimezone(UTC).strftime("..%Y_%m_%d_%H_%M_%S")
    while True:
        name = f"{stamp}.{chance.randrange(2**32)}"
        try:
            (root / name).mkdir()
        except FileExistsError:
            continue
        return name


def _write_file(directory: Path, path: str, file: File, group: int | None) -> None:
    *parents, name = path.split("/")
    for parent in parents:
        directory /= parent
        if not directory.is_dir():
            directory.mkdir()
            _open_to(directory, group)
    # Nobody else may read it before it has its own mode.
    with os.fdopen(os.open(directory / name, _CREATE, 0o600), "wb") as target:
        target.write(file.data)
        target.flush()
        give(target.fileno(), group)
        os.fchmod(target.fileno(), file_mode(file.mode, group))


def _open_to(directory: Path, group: int | None) -> None:
    """Let everybody read *directory*, whatever the umask, and have it belong to *group*."""
    give(directory, group)
    directory.chmod(directory_mode(_DIRECTORY_MODE, group, is_writable=False))


def _switch(root: Path, name: str) -> None:
    """Point `..data` at the directory *name*, at once."""
    (root / _NEW_DATA).unlink(missing_ok=True)
    (root / _NEW_DATA).symlink_to(name)
    (root / _NEW_DATA).rename(root / _DATA)


def _link(root: Path, names: Iterable[str]) -> None:
    """Have a link for each of *names* at the top, and none of ours for anything else."""
    wanted = set(names)
    for name in wanted:
        if not os.path.lexists(root / name):
            (root / name).symlink_to(f"{_DATA}/{name}")
    for entry in root.iterdir():
        if entry.name not in wanted and _is_visible_link(entry):
            entry.unlink()


def _is_visible_link(entry: Path) -> bool:
    return entry.is_symlink() and str(entry.readlink()) == f"{_DATA}/{entry.name}"
