"""The files a container sees: a root directory, and other things at some of its places.

Theory of operation. Nothing of the root may be changed, yet things may be mounted where the root
has nothing. There, the nearest directory above that exists is *mirrored*: an empty file system in
memory takes its place, everything in the directory is mounted into that one by one, and then there
is room for a mount point among it. Whoever looks sees the same directory with one name more.

Bubblewrap makes mount points by walking their paths, through whatever links are there. So a place
is resolved beforehand, inside the root, which nobody changes. Not so a place inside a volume, where
others may write at any moment: what belongs there is *staged*. It is mounted on the volume itself,
on a directory that was opened without following a link, where only this container's bubblewrap
sees it; the volume then brings it along.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from seedpod.executors.subprocess._in_root import inside, shown_at
from seedpod.executors.subprocess._view._stage_process import StagingError, opened, target


class ViewError(Exception):
    """A container cannot be shown what it should see; the sentence says why."""


@attrs.frozen
class Point:
    """Something at one place, instead of what the root has there."""

    at: str
    """The container's path; absolute."""
    options: tuple[str, ...]
    """Bubblewrap's, without the place, which comes last."""
    source: Path | None = None
    """Where on the host it is, if it is a volume: in it, others may write."""
    is_file: bool = False
    is_sealed: bool = False
    """Whether it is made read-only once everything is mounted."""


@attrs.frozen
class Staged:
    """Something that is mounted on a volume, and comes with it."""

    point: Point
    volume: Path
    part: str
    """Where in the volume; relative."""

    @property
    def is_read_only(self) -> bool:
        """Whether it may not be written to."""
        return self.point.options[0].startswith("--ro-")


@attrs.frozen
class Arrangement:
    """How a view is made."""

    options: tuple[str, ...]
    """Bubblewrap's."""
    staged: tuple[Staged, ...]
    """To be mounted before; in this order, the innermost first."""


@attrs.frozen
class _Placed:
    at: str
    """The container's path, in its shortest form."""
    place: str
    """Where it really is, with the links of the root followed."""
    point: Point
    missing: tuple[str, ...] = ()
    """Directories to make for it, the outermost first; bubblewrap would make them private."""
    inside_of: tuple[Path, str] | None = None
    """The volume it is in, and where in it; None: it is in none."""


def arranged(root: Path, points: Sequence[Point]) -> Arrangement:
    """How to show *root*, read-only, with *points*.

    Args:
        root: A directory of the host; `/` for the host's own files.
        points: No two at the same place. Those nearer to the root are mounted first.

    Raises:
        ViewError: There cannot be a mount point at some place, or something cannot be read.
    """
    try:
        placed, mirrored = _placed(root, points)
        options: list[str] = []
        if "/" not in mirrored:
            options += ("--ro-bind", str(root), "/")
        for directory in sorted(mirrored, key=_depth):
            options += _mirror(root, directory, {each.place for each in placed})
        staged: list[Staged] = []
        for each in placed:
            if each.inside_of is not None:
                staged.append(_staged(*each.inside_of, each.point))
                continue
            for missing in each.missing:
                options += ("--perms", "0755", "--dir", missing)
            options += (*each.point.options, each.place)
        sealed = [each.place for each in placed if each.point.is_sealed]
        for directory in (*mirrored, *sealed):
            options += ("--remount-ro", directory)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise ViewError(f"{where}{error.strerror}") from error
    return Arrangement(tuple(options), tuple(reversed(staged)))


def opened_part(source: Path) -> int:
    """A descriptor of *source*, a part of a volume, which has no links, or had none a moment ago.

    Raises:
        ViewError: There is one by now.
        OSError: It is gone, or a directory that leads there is a link by now.
    """
    try:
        return opened(str(source))
    except StagingError as error:
        raise ViewError(str(error)) from error


def _staged(volume: Path, part: str, point: Point) -> Staged:
    """What is to be staged; tried, so that what is in its way is told before anything starts."""
    try:
        os.close(target(str(volume), part, is_file=point.is_file))
    except StagingError as error:
        raise ViewError(f"{point.at}: {error}") from error
    return Staged(point, volume, part)


def _placed(root: Path, points: Sequence[Point]) -> tuple[list[_Placed], set[str]]:
    """Where *points* really are, outer ones first; and the directories to mirror for them."""
    placed: list[_Placed] = []
    mirrored: set[str] = set()
    named = [(os.path.normpath(point.at), point) for point in points]
    for at, point in sorted(named, key=lambda each: _depth(each[0])):
        real = inside(root, at)
        place = shown_at(root, real)
        outer = _around(at, place, placed)
        if outer is not None:
            placed.append(_in_outer(at, place, outer, point))
        elif _has_mount_point(real, point):
            placed.append(_Placed(at, place, point))
        else:
            above = real.parent
            while not above.is_dir():
                above = above.parent
            there = shown_at(root, above)
            mirrored.add(there)
            placed.append(_Placed(at, place, point, _missing(place, there, point)))
    return placed, mirrored


def _missing(place: str, there: str, point: Point) -> tuple[str, ...]:
    """The directories from *there*, which exists, to *place*."""
    names = place[len(there) :].strip("/").split("/")
    paths = [f"{there.rstrip('/')}/{'/'.join(names[: n + 1])}" for n in range(len(names))]
    return tuple(paths[:-1] if point.is_file else paths)


def _around(at: str, place: str, placed: Sequence[_Placed]) -> _Placed | None:
    """The innermost of *placed* that *at* is inside of; it was placed last."""
    for each in reversed(placed):
        if _is_below(at, each.at) or _is_below(place, each.place):
            return each
    return None


def _in_outer(at: str, place: str, outer: _Placed, point: Point) -> _Placed:
    rest = at[len(outer.at) :] if _is_below(at, outer.at) else place[len(outer.place) :]
    rest = rest.strip("/")
    place = f"{outer.place.rstrip('/')}/{rest}"
    if outer.point.source is None:
        return _Placed(at, place, point, _missing(place, outer.place, point))
    return _Placed(at, place, point, inside_of=(outer.point.source, rest))


def _has_mount_point(real: Path, point: Point) -> bool:
    try:
        mode = real.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if stat.S_ISDIR(mode) == point.is_file:
        what = "a file over a directory" if point.is_file else "a directory over a file"
        raise ViewError(f"{point.at}: cannot mount {what}")
    return True


def _mirror(root: Path, directory: str, places: set[str]) -> Iterator[str]:
    real = root / directory.lstrip("/")
    mode = stat.S_IMODE(real.stat().st_mode)
    if directory != "/":  # the root of a view is an empty file system in memory to begin with
        yield from ("--perms", f"{mode:o}", "--tmpfs", directory)
    with os.scandir(real) as entries:
        for entry in entries:
            at = f"{directory.rstrip('/')}/{entry.name}"
            if at in places:
                continue  # it is going to be mounted over anyway
            if entry.is_symlink():
                yield from ("--symlink", os.readlink(entry.path), at)
            else:
                yield from ("--ro-bind-try", entry.path, at)


def _is_below(path: str, directory: str) -> bool:
    return path.startswith(directory.rstrip("/") + "/")


def _depth(path: str) -> int:
    return path.rstrip("/").count("/")
