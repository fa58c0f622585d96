"""Volumes at their mount paths, by symbolic links on the host's own file system.

A link may stand only below a directory the executor was given for that, and only where nothing is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import attrs

from seedpod.guard import Guard

_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW


class LinkError(Exception):
    """A link may not, or cannot, be made; the sentence says why."""


@attrs.frozen
class LinkRules:
    """Where links may be made."""

    roots: tuple[Path, ...]
    """Real paths of directories; links may stand anywhere below one of them."""

    @classmethod
    def below(cls, directories: Sequence[str | Path]) -> LinkRules:
        """The rules that allow links below *directories*.

        Raises:
            ValueError: One of them is not an existing directory.
        """
        for each in directories:
            if not Path(each).is_dir():
                raise ValueError(f"link_mounts_under: {str(each)!r}: must be an existing directory")
        return cls(tuple(Path(each).resolve() for each in directories))

    def may_hold(self, mount_path: str) -> bool:
        """Whether a link for *mount_path* would be below one of `roots`."""
        if not self.roots:
            return False
        wanted = Path(mount_path)
        if not wanted.is_absolute() or ".." in wanted.parts:
            return False
        return self._root_of(wanted.parent.resolve() / wanted.name) is not None

    def place(self, mount_path: str) -> tuple[Path, tuple[str, ...]]:
        """Where a link for *mount_path* would stand.

        Returns:
            One of `roots`, and the names that lead from there to the link, none of them a link so
            far.

        Raises:
            LinkError: It may not stand there, or something is there already.
        """
        wanted = Path(mount_path)
        if not wanted.is_absolute() or ".." in wanted.parts:
            raise LinkError("must be an absolute path without '..' to be linked")
        real = wanted.parent.resolve() / wanted.name
        root = self._root_of(real)
        if root is None:
            raise LinkError(
                "nothing may be linked there; allow it with link_mounts_under, which must name"
                f" a directory above it (--link-mounts-under {_existing(wanted.parent)}),"
                " or have it mounted in a view by isolation='view' (--isolation view)"
            )
        if os.path.lexists(real):
            raise LinkError(
                "something is there already, and a link may only stand where nothing is"
            )
        return root, real.relative_to(root).parts

    def _root_of(self, real: Path) -> Path | None:
        return next((each for each in self.roots if each in real.parents), None)


def _existing(directory: Path) -> Path:
    """The nearest directory that exists, and is not all there is."""
    above = [each for each in (directory, *directory.parents) if each.is_dir()]
    return directory if above[0] == Path("/") else above[0]


class PodLinks:
    """The links of one pod: made when a container first needs one, removed with the pod."""

    def __init__(self, rules: LinkRules, guard: Guard) -> None:
        self._rules = rules
        self._guard = guard
        self._sources: dict[str, str] = {}
        self._links: list[tuple[str, str]] = []
        self._directories: list[str] = []

    def __repr__(self) -> str:
        return f"<PodLinks {dict(self._sources)}>"

    def link(self, mount_path: str, source: Path) -> None:
        """Have *source* appear at *mount_path*, unless it does already.

        Raises:
            LinkError: It cannot appear there.
        """
        key, target = os.path.normpath(mount_path), str(source)
        if self._sources.get(key) == target or os.path.normpath(target) == key:
            return
        if key in self._sources:
            raise LinkError(f"{mount_path}: another volume of the pod is linked there already")
        try:
            root, names = self._rules.place(mount_path)
            self._make(root, names, target)
        except LinkError as error:
            raise LinkError(f"{mount_path}: {error}") from error
        except OSError as error:
            raise LinkError(f"{mount_path}: cannot be linked: {error.strerror}") from error
        self._sources[key] = target

    def remove(self) -> None:
        """Remove every link, and every directory made for one that is still empty."""
        for path, target in reversed(self._links):
            try:
                if os.readlink(path) == target:
                    os.unlink(path)
            except OSError:
                pass  # somebody was quicker, or put something else there
            self._guard.forget(path)
        for path in reversed(self._directories):
            try:
                os.rmdir(path)
            except OSError:
                pass  # not empty: it is somebody else's now
            self._guard.forget(path)
        self._links.clear()
        self._directories.clear()
        self._sources.clear()

    def _make(self, root: Path, names: tuple[str, ...], target: str) -> None:
        """Go down from *root* name by name, through nothing but directories."""
        path = root
        here = os.open(root, _DIRECTORY)
        try:
            for name in names[:-1]:
                path /= name
                self._make_directory(str(path), name, here)
                below = os.open(name, _DIRECTORY, dir_fd=here)
                os.close(here)
                here = below
            link = str(path / names[-1])
            self._guard.add_link(link, target)
            try:
                os.symlink(target, names[-1], dir_fd=here)
            except OSError:
                self._guard.forget(link)
                raise
            self._links.append((link, target))
        finally:
            os.close(here)

    def _make_directory(self, path: str, name: str, parent: int) -> None:
        if os.access(name, os.F_OK, dir_fd=parent, follow_symlinks=False):
            return
        self._guard.add_directory(path)
        try:
            os.mkdir(name, dir_fd=parent)
        except FileExistsError:
            self._guard.forget(path)
        except OSError:
            self._guard.forget(path)
            raise
        else:
            self._directories.append(path)
