"""The files of an OCI layout, in a directory or in a tar file; and a layout of just one image."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Protocol

from anyio import from_thread

from seedpod.executors.subprocess._images.layout import MANIFEST, REF_NAME, Found, Source
from seedpod.executors.subprocess._images.problem import ImageError
from seedpod.executors.subprocess._images.reference import ImageKind, ImageReference
from seedpod.executors.subprocess._in_root import MOST_BYTES, content

TAG: Final = "image"
"""What the image of a layout made by `lay_out` is called in it."""
_CHUNK: Final = 1 << 20


class Layout(Source, Protocol):
    """The files of a layout, with a way to have them in another one."""

    def lay_out(self, blobs: list[str], directory: Path, /) -> None:
        """Have at least the files *blobs* in *directory* too."""
        ...


@contextmanager
def opened(reference: ImageReference) -> Generator[Layout]:
    """The layout that *reference* is about.

    Raises:
        ImageError: There is none.
        OSError: It cannot be read.
    """
    if not reference.path.exists():
        raise ImageError("there is nothing at this path")
    if reference.kind is not ImageKind.ARCHIVE:
        yield _Directory(reference.path)
        return
    try:
        # Not a compressed one: to find a file in it would be to read all before it.
        with tarfile.open(reference.path, "r:") as archive:
            yield _Archive(archive)
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise ImageError(f"is not a tar file that can be read, uncompressed: {error}") from error


def lay_out(layout: Layout, image: Found, directory: Path) -> None:
    """Make *directory*: an OCI layout with *image*, called `TAG`, in it and nothing else.

    Must run in a worker thread of anyio.

    Cancellation: leaves *directory* half made.

    Raises:
        ImageError: The layout lacks a part of the image.
        OSError: A file cannot be read or written.
    """
    directory.mkdir()
    entry = {
        "mediaType": MANIFEST,
        "digest": image.manifest.digest,
        "size": image.manifest.size,
        "annotations": {REF_NAME: TAG},
    }
    index = {"schemaVersion": 2, "manifests": [entry]}
    (directory / "index.json").write_text(json.dumps(index))
    (directory / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    layout.lay_out([each.blob for each in image.blobs], directory)


class _Directory:
    """A layout in a directory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, name: str) -> bytes | None:
        try:
            with open(self._path / name, "rb", opener=_without_waiting) as file:
                return content(file, name)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def lay_out(self, _blobs: list[str], directory: Path, /) -> None:
        os.symlink(self._path / "blobs", directory / "blobs")


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # or a pipe would be waited for


class _Archive:
    """A layout in a tar file."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive

    def read(self, name: str) -> bytes | None:
        file = self._file(name)
        if file is None:
            return None
        data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ImageError(f"is malformed: {name} is too long")
        return data

    def lay_out(self, blobs: list[str], directory: Path, /) -> None:
        for name in dict.fromkeys(blobs):
            file = self._file(name)
            if file is None:
                raise ImageError(f"is incomplete: it has no {name}")
            place = directory / name
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as copy:
                while chunk := file.read(_CHUNK):
                    from_thread.check_cancelled()
                    copy.write(chunk)

    def _file(self, name: str) -> IO[bytes] | None:
        for spelling in (name, f"./{name}"):
            try:
                member = self._archive.getmember(spelling)
            except KeyError:
                continue
            return self._archive.extractfile(member) if member.isreg() else None
        return None
