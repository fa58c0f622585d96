"""The files of one container: its root, the directories it has to itself, its volumes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import attrs

from seedpod._runtime.volumes.sub_path import SubPathError, resolve_sub_path
from seedpod.abc import Mount
from seedpod.executors.subprocess._in_root import inside, shown_at
from seedpod.executors.subprocess._pipes import close_all
from seedpod.executors.subprocess._view.lookup import Sources
from seedpod.executors.subprocess._view.points import (
    Point,
    Staged,
    ViewError,
    arranged,
    opened_part,
)

_SHM: Final = "/dev/shm"  # noqa: S108 (it is the pod's own)
_PRIVATE: Final = ("/tmp", "/var/tmp", "/run")  # noqa: S108 (they are the container's own)
"""Empty and writable, for each attempt anew. /run is where the host's own services listen."""
_UNWRITABLE: Final = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
"""Bubblewrap leaves root what its checks of permissions overlook: all of /proc/sys."""
_UNREADABLE: Final = (
    *("/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats"),
    *("/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats"),
    *("/sys/devices/virtual/powercap", "/sys/firmware"),
)
"""Source: containerd, the paths that a container's default specification masks."""
_ANYBODY: Final = 0o1777


@attrs.define(eq=False, kw_only=True)
class Files:
    """What a container sees, as bubblewrap's arguments; owns the descriptors these refer to."""

    options: tuple[str, ...]
    sources: Sources
    directory: str
    """The working directory."""
    staged: tuple[Staged, ...]
    """What is mounted before bubblewrap starts, in this order."""
    own: Path
    """A directory of the attempt's own."""
    fds: tuple[int, ...]
    """Descriptors that bubblewrap is given, and mounts."""

    @property
    def preload_options(self) -> tuple[str, ...]:
        """Bubblewrap's, that keep an image from having its libraries loaded into all programs."""
        root = self.sources.root
        file = inside(root, "/etc/ld.so.preload")
        if root == Path("/") or not file.is_file():
            return ()
        return ("--ro-bind", os.devnull, shown_at(root, file))

    def close(self) -> None:
        """Close the descriptors."""
        close_all(self.fds)
        self.fds = ()


@attrs.frozen(kw_only=True)
class Scene:
    """All that decides about the files of one attempt of a container."""

    root: Path
    """Where the files of its image are."""
    is_host: bool
    """Whether these are the host's own."""
    own: Path
    """A directory of the attempt's own."""
    kept_in: Sequence[Path]
    """Directories of the host in which the engine keeps the files of pods."""
    shared_memory: Path
    """What the containers of the pod have as /dev/shm."""
    mounts: Sequence[Mount]
    """Its volumes, and other files it is shown."""
    volumes: Mapping[str, Path]
    """Where on the host each volume of its pod is, by name."""
    is_read_only: bool
    """Whether it may write nowhere but in volumes."""
    hosts: Path
    """What it has as /etc/hosts."""
    working_dir: str
    """As the manifest or the image has it; empty: the host's, or `/`."""


def files_of(scene: Scene) -> Files:
    """The files of one attempt of a container.

    Raises:
        ViewError: Something cannot be shown where it should be.
        OSError: The host refused something.
    """
    taken = {os.path.normpath(mount.mount_path) for mount in scene.mounts}
    if "/" in taken:
        raise ViewError("a volume cannot be mounted at '/'")
    usual = [
        Point("/proc", ("--proc",)),
        *_of_the_kernel(scene),
        Point("/dev", ("--dev",)),
        Point(_SHM, ("--bind", str(scene.shared_memory)), source=scene.shared_memory),
        *_private(scene),
        Point("/etc/hosts", ("--ro-bind", str(scene.hosts)), is_file=True),
        *_resolver(scene),
        *(Point(at, ("--perms", "0755", "--tmpfs"), is_sealed=True) for at in _hidden(scene)),
    ]
    fds: list[int] = []
    try:
        mounted = [_mounted(mount, scene.volumes, fds) for mount in scene.mounts]
        # What is inside a volume is the volume's own.
        points = [each for each in usual if not any(_is_in(each.at, at) for at in taken)] + mounted
        directory = _working_directory(scene, points)
        arrangement = arranged(scene.root, points)
        sources = Sources(scene.root, {os.path.normpath(each.at): each.source for each in points})
        return Files(
            options=(*arrangement.options, "--chdir", directory),
            sources=sources,
            directory=directory,
            staged=arrangement.staged,
            own=scene.own,
            fds=tuple(fds),
        )
    except BaseException:
        close_all(fds)
        raise


def _of_the_kernel(scene: Scene) -> Iterator[Point]:
    """What is shown of the kernel and may not be changed, or not even be looked at."""
    for at in _UNWRITABLE:
        if os.path.exists(at):
            yield Point(at, ("--ro-bind", at), is_file=not os.path.isdir(at))
    for at in _UNREADABLE:
        if not os.path.exists(at) or (at.startswith("/sys") and not scene.is_host):
            continue  # an image has no /sys
        if os.path.isdir(at):
            yield Point(at, ("--perms", "0555", "--tmpfs"), is_sealed=True)
        else:
            yield Point(at, ("--ro-bind", os.devnull), is_file=True)


def _private(scene: Scene) -> list[Point]:
    """The directories a container has to itself."""
    points: list[Point] = []
    for at in _PRIVATE:
        if at != _PRIVATE[0] and not inside(scene.root, at).is_dir():
            continue  # an image that has none does without
        if scene.is_read_only:
            points.append(Point(at, ("--perms", "1777", "--tmpfs"), is_sealed=True))
            continue
        source = scene.own / at.strip("/").replace("/", "-")
        source.mkdir()
        source.chmod(_ANYBODY if at != "/run" else 0o755)
        points.append(Point(at, ("--bind", str(source)), source=source))
    return points


def _hidden(scene: Scene) -> list[str]:
    """Directories of the host with the volumes and secrets of this pod and of others."""
    if not scene.is_host:
        return []
    places = {str(directory.resolve()) for directory in scene.kept_in}
    return sorted(at for at in places if not any(_is_in(at, each) for each in (*_PRIVATE, "/dev")))


def _resolver(scene: Scene) -> list[Point]:
    """How names are resolved is the host's business, since the network is."""
    real = Path("/etc/resolv.conf").resolve()
    if not real.is_file():
        return []
    if not scene.is_host:
        return [Point("/etc/resolv.conf", ("--ro-bind", str(real)), is_file=True)]
    if real.is_relative_to("/run") and not scene.is_read_only:
        # Which is hidden, but for this one file. A copy, so that nothing is mounted in there.
        copy = scene.own / "run" / real.relative_to("/run")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(real.read_bytes())
    elif real.is_relative_to("/run"):
        return [Point(str(real), ("--ro-bind", str(real)), is_file=True)]
    return []


def _mounted(mount: Mount, volumes: Mapping[str, Path], fds: list[int]) -> Point:
    """A volume, a part of one, or a single file, at its place."""
    kind = "--ro-bind" if mount.is_read_only else "--bind"
    mode = mount.source.stat().st_mode
    is_file = not stat.S_ISDIR(mode)
    source = str(mount.source)
    if volumes.get(mount.volume) not in {None, mount.source}:
        # Containers write where the part is: what is mounted is what was looked at.
        fds.append(opened_part(mount.source))
        kind, source = f"{kind}-fd", str(fds[-1])
    elif stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        kind = "--dev-bind"
    return Point(mount.mount_path, (kind, source), source=mount.source, is_file=is_file)


def _working_directory(scene: Scene, points: list[Point]) -> str:
    """Where the command starts; *points* gets what it takes for that to be there."""
    if not scene.working_dir:
        here = os.getcwd() if scene.is_host else "/"
        places = ("/proc", "/dev", *_PRIVATE, *_hidden(scene))
        hidden = any(_is_in(here, at) for at in places)
        return "/" if hidden else here
    at = os.path.normpath(os.path.join("/", scene.working_dir))
    around = [each for each in points if _is_in(at, os.path.normpath(each.at))]
    if around:
        _make_in(max(around, key=lambda each: len(os.path.normpath(each.at))), at)
    elif not inside(scene.root, at).is_dir():
        # A runtime makes it in the container's layer; as there is none, it is a directory of ours.
        source = scene.own / "working-dir"
        source.mkdir()
        source.chmod(0o755)
        kind = "--ro-bind" if scene.is_read_only else "--bind"
        points.append(Point(at, (kind, str(source)), source=source))
    return at


def _make_in(outer: Point, at: str) -> None:
    """Make the directory *at* in a volume that may be written to, as a runtime would."""
    if outer.source is None or outer.is_file or outer.options[0].startswith("--ro-"):
        return
    with suppress(SubPathError):  # what cannot be made is not there, and the start fails of it
        resolve_sub_path(outer.source, os.path.relpath(at, os.path.normpath(outer.at)))


def _is_in(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")
