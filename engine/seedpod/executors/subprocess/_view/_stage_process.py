"""Mounts things on volumes, for one bubblewrap and nobody else, and then becomes that bubblewrap.

Run as a program, by its file, in isolated mode, in a mount namespace of its own: it imports nothing
but a little of the standard library.

    _stage_process.py MOUNT STAGED COMMAND...

MOUNT is util-linux's program. STAGED is a list in JSON, in the order of mounting. Each has

    at        the container's path, for messages
    source    what is mounted
    is_part   whether that is a part of a volume: then it is opened without following a link
    volume    what it is mounted in
    part      where in there
    is_file   whether it is no directory
    place     empty, or a path of the attempt's own, where it is mounted read-only first

What is mounted on is opened here, name by name, without following a link, and mounted on by its
descriptor. So no container has a hand in where that is, whatever it does to the volume meanwhile.
The engine walks the same way before, to say in words what is wrong.
"""

from __future__ import annotations

import json
import os
import stat
import sys

WALK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
FAILED = 125


class StagingError(Exception):
    """Something cannot be mounted where it should be; the sentence says why."""


def target(volume: str, part: str, *, is_file: bool) -> int:
    """What is at *part* of a volume, opened; made if nothing is there. No link is followed.

    Raises:
        StagingError: There is a link on the way, or something else than what is to be mounted.
        OSError: The system refused.
    """
    *names, last = part.split("/")
    handle = os.open(volume, os.O_PATH | os.O_CLOEXEC)
    for name in names if is_file else (*names, last):
        try:
            following = _directory_in(handle, name)
        finally:
            os.close(handle)
        handle = following
    if not is_file:
        return handle
    try:
        return _file_in(handle, last)
    finally:
        os.close(handle)


def opened(source: str) -> int:
    """A descriptor of *source*, which has no links, or has been swapped for something with one.

    Raises:
        StagingError: It is a link by now.
        OSError: One of the directories that lead there is a link by now, or it is gone.
    """
    handle = os.open("/", WALK)
    for name in source.strip("/").split("/"):
        try:
            following = os.open(name, WALK, dir_fd=handle)
        finally:
            os.close(handle)
        handle = following
    if stat.S_ISLNK(os.fstat(handle).st_mode):  # in the middle of the path it cannot be opened
        os.close(handle)
        raise StagingError(f"{source} became a symbolic link while it was being mounted")
    return handle


def _directory_in(directory: int, name: str) -> int:
    try:
        os.mkdir(name, dir_fd=directory)
    except FileExistsError:
        pass
    else:
        made = os.open(name, os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
        os.fchmod(made, 0o755)  # whatever the umask
        os.close(made)
    handle = os.open(name, WALK, dir_fd=directory)
    mode = os.fstat(handle).st_mode
    if stat.S_ISDIR(mode):
        return handle
    os.close(handle)
    if stat.S_ISLNK(mode):
        raise StagingError(f"there is a symbolic link on the way, {name!r}")
    raise StagingError("cannot mount a directory over a file")


def _file_in(directory: int, name: str) -> int:
    try:
        os.close(os.open(name, NEW_FILE, 0o644, dir_fd=directory))
    except FileExistsError:
        pass
    handle = os.open(name, WALK, dir_fd=directory)
    mode = os.fstat(handle).st_mode
    if not (stat.S_ISLNK(mode) or stat.S_ISDIR(mode)):
        return handle
    os.close(handle)
    if stat.S_ISLNK(mode):
        raise StagingError(f"there is a symbolic link on the way, {name!r}")
    raise StagingError("cannot mount a file over a directory")


def main() -> None:
    """Mount, and become the command."""
    _, mount, staged, *command = sys.argv
    for each in json.loads(staged):
        try:
            stage(mount, each)
        except (StagingError, OSError) as error:
            sys.stderr.write(f"{each['at']}: {error}\n")
            os._exit(FAILED)
    os.execv(command[0], command)  # noqa: S606 (no shell is meant)


def stage(mount: str, each: dict[str, str]) -> None:
    """Mount one thing.

    Raises:
        StagingError: As `target` and `opened`; or the mount failed, which has said why.
        OSError: As these.
    """
    onto = target(each["volume"], each["part"], is_file=bool(each["is_file"]))
    source, handle = each["source"], -1
    if each["is_part"]:
        handle = opened(source)
        source = by_descriptor(handle)
    if each["place"]:
        # Only what has been mounted can be made read-only, and a descriptor leads beneath that.
        make(each["place"], is_file=bool(each["is_file"]))
        run(mount, "--no-canonicalize", "--bind", source, each["place"])
        run(mount, "-o", "remount,bind,ro", each["place"])
        source = each["place"]
    run(mount, "--no-canonicalize", "--rbind", source, by_descriptor(onto))
    for fd in (onto, handle):
        if fd >= 0:
            os.close(fd)


def make(place: str, *, is_file: bool) -> None:
    """Make something to mount on."""
    if is_file:
        os.close(os.open(place, NEW_FILE, 0o600))
    else:
        os.mkdir(place)


def by_descriptor(fd: int) -> str:
    """A path for what is open, which the next program started from here understands."""
    os.set_inheritable(fd, True)
    return f"/proc/self/fd/{fd}"


def run(*command: str) -> None:
    """Run a program, whose words go where ours do.

    Raises:
        StagingError: It failed.
    """
    pid = os.posix_spawn(command[0], command, dict(os.environ))
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise StagingError("cannot be mounted")


if __name__ == "__main__":
    main()
