"""The images of a user on disk: each unpacked once, for all engines and processes there are.

Theory of operation. `sha256/DIGEST/` belongs to one image. Its files are in `root`, which appears
by a rename when all of them are there, and never changes again; so whoever sees `root` needs no
lock. To make it, one holds the lock on the file `lock`, and works beside it. What is there besides
these two when one gets the lock is what somebody left who did not finish; it is removed. The lock
is the kernel's (`flock`): it ends with the process, however that ends, and it holds between
processes as it does between the threads and loops of one, since each opens the file anew. umoci
inherits it: while one lives whose host was killed, nobody else begins.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import attrs
from anyio import move_on_after, sleep, to_thread

from seedpod.executors.subprocess._images.config import ImageConfig
from seedpod.executors.subprocess._images.layout import Found, image_in
from seedpod.executors.subprocess._images.problem import ImageError
from seedpod.executors.subprocess._images.reference import ImageKind, ImageReference
from seedpod.executors.subprocess._images.sources import TAG, lay_out, opened
from seedpod.executors.subprocess._images.umoci import unpack

_LOCK: Final = "lock"
_ROOT: Final = "root"
_LAYOUT: Final = "layout"
_UNPACKED: Final = "unpacked"
_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.25
"""Seconds between two looks at a lock somebody holds: unpacking takes from a tenth to many."""
_REMOVAL: Final = 60.0
"""Seconds after which the removal of what was half made is worth no further wait."""


@attrs.frozen(kw_only=True)
class Image:
    """An image whose files are on this machine."""

    root: Path
    """Its root directory, an absolute path without links; nobody may write to it."""
    config: ImageConfig
    digest: str
    """Of its manifest, as `sha256:...`; empty for a directory."""


class ImageStore:
    """Where images are unpacked.

    Any number of stores, in any number of processes, may have the same directory. Nothing is ever
    removed from it; when no pod runs, the user may remove it.

    Args:
        directory: Made when first needed; None: `seedpod/images` in the user's cache.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = _in_cache() if directory is None else directory

    def __repr__(self) -> str:
        return f"<ImageStore {self._directory}>"

    async def resolved(self, reference: ImageReference) -> Image:
        """The image that *reference* names; it is unpacked if that was not done before.

        Cancellation: unpacking is ended by force, and what was unpacked removed. Another that
        waits for the same image then unpacks it.

        Raises:
            ImageError: There is no such image, it is malformed or corrupt, or cannot be unpacked.
        """
        try:
            if reference.kind is ImageKind.DIRECTORY:
                return await to_thread.run_sync(_directory, reference.path)
            found = await to_thread.run_sync(_found, reference)
            root = await self._unpacked(reference, found)
            return Image(root=root, config=found.config, digest=found.manifest.digest)
        except ImageError as error:
            raise ImageError(f"{reference}: {error}") from error
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            raise ImageError(f"{reference}: cannot be had: {error.strerror}{where}") from error

    async def _unpacked(self, reference: ImageReference, image: Found) -> Path:
        place = await to_thread.run_sync(_place, self._directory, image.manifest.digest)
        root = place / _ROOT
        if not root.exists():
            async with _locked(place / _LOCK) as lock:
                if not root.exists():  # still
                    await _unpack(reference, image, place, lock)
        return root


def _in_cache() -> Path:
    """Where a user's caches are.

    Source: XDG base directory specification: a relative path is to be ignored.
    """
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    cache = named if named.is_absolute() else Path.home() / ".cache"
    return cache / "seedpod" / "images"


def _directory(path: Path) -> Image:
    root = Path(os.path.realpath(path, strict=True))
    if not root.is_dir():
        raise ImageError("is not a directory")
    return Image(root=root, config=ImageConfig(), digest="")


def _found(reference: ImageReference) -> Found:
    with opened(reference) as layout:
        return image_in(layout, reference.tag)


def _place(store: Path, digest: str) -> Path:
    """The directory of one image, in one that is the user's alone: images have setuid programs."""
    algorithm, _, value = digest.partition(":")
    os.makedirs(store, mode=0o700, exist_ok=True)
    private = store.resolve() / algorithm
    private.mkdir(mode=0o700, exist_ok=True)
    found = private.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise ImageError(f"cannot be kept in {private}: must be yours and nobody else's to enter")
    place = private / value
    place.mkdir(exist_ok=True)
    return place


@asynccontextmanager
async def _locked(path: Path) -> AsyncGenerator[int]:
    """A block in which nobody else, in any process, is in such a block for *path*."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        pause = _FIRST_PAUSE
        while not _is_locked(fd):
            await sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        yield fd
    finally:
        os.close(fd)


def _is_locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _unpack(reference: ImageReference, image: Found, place: Path, lock: int) -> None:
    """Make the image's root directory in *place*, whose lock we hold."""
    unpacked = place / _UNPACKED
    try:
        await to_thread.run_sync(_prepare, reference, image, place)
        await unpack(f"{_LAYOUT}:{TAG}", _UNPACKED, within=place, hold=lock)
        if not stat.S_ISDIR(unpacked.lstat().st_mode):  # a layer has something else for "/"
            raise ImageError("cannot be unpacked: its root is not a directory")
        unpacked.rename(place / _ROOT)
    finally:
        with move_on_after(_REMOVAL, shield=True):
            await to_thread.run_sync(_clear, place)


def _prepare(reference: ImageReference, image: Found, place: Path) -> None:
    _clear(place)
    with opened(reference) as layout:
        lay_out(layout, image, place / _LAYOUT)


def _clear(place: Path) -> None:
    """Remove whatever is in *place* and does not belong there."""
    for each in place.iterdir():
        if each.name not in {_LOCK, _ROOT}:
            if each.is_symlink() or not each.is_dir():
                each.unlink()
            else:
                _remove(each)


def _remove(directory: Path) -> None:
    try:
        shutil.rmtree(directory)
    except PermissionError:  # ours, but in a directory its image has write-protected
        for place, names, _ in os.walk(directory):
            os.chmod(place, 0o700)
            for each in (os.path.join(place, name) for name in names):
                if not os.path.islink(each):
                    os.chmod(each, 0o700)
        shutil.rmtree(directory)
