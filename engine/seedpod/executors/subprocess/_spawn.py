"""Starting a process, and saying in words why it did not start.

Measured: `subprocess.Popen` starts as many processes a second as `posix_spawn` and nearly as many
as a bare `fork_exec` (a tenth less), so the public way it is. It uses vfork as long as it is not
given a `preexec_fn`, and has already told us of a failed exec when it returns.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs


@attrs.frozen(kw_only=True)
class Command:
    """What to run, with what around it."""

    argv: Sequence[str]
    env: Mapping[str, str] = attrs.field(repr=False)
    directory: str
    """The working directory; empty: the host's."""
    fds: tuple[int, ...] = ()
    """Descriptors it is given besides its streams."""
    is_found: bool = False
    """Whether it is known that there is such a program."""


class NotStartedError(Exception):
    """A process could not be started; the sentence says why."""


def spawn(command: Command, *, stdin: int, stdout: int, stderr: int) -> tuple[int, int]:
    """Start *command* as the leader of a session and a process group of its own.

    Returns:
        Its pid, and a pidfd for it. Nobody but the caller will reap it.

    Raises:
        NotStartedError: It could not be started.
    """
    try:
        process = subprocess.Popen(
            command.argv,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            env=command.env,
            cwd=command.directory or None,
            pass_fds=command.fds,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise NotStartedError(_why(command, error)) from error
    try:
        pidfd = os.pidfd_open(process.pid)
    except OSError as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise NotStartedError(f"the host cannot follow a process: {error.strerror}") from error
    process.returncode = 0  # so that the subprocess module never waits for it, nor warns
    return process.pid, pidfd


def _why(command: Command, error: OSError | ValueError) -> str:
    """The reason why *command* was not started, in words; looked into only after it was not."""
    if not isinstance(error, OSError):
        return str(error)  # a NUL byte in an argument, "=" in a variable's name
    if error.errno == errno.E2BIG:
        return "the command, its arguments and its environment are too long together"
    if error.errno == errno.ENAMETOOLONG:
        return "the name of the command or of the working directory is too long"
    if error.errno in {errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM}:
        return f"the host has run out of something: {error.strerror}"
    directory = command.directory
    if directory and not Path(directory).exists():
        return f"working directory does not exist: {directory}"
    if directory and not Path(directory).is_dir():
        return f"working directory is not a directory: {directory}"
    if directory and not os.access(directory, os.X_OK):
        return f"working directory may not be entered: {directory}"
    return _why_not_run(command, error)


def _why_not_run(command: Command, error: OSError) -> str:
    name = command.argv[0]
    search = os.get_exec_path(dict(command.env))
    places = [name] if "/" in name else [f"{each}/{name}" for each in search]
    found = [Path(command.directory, place) for place in places]
    there = next((each for each in found if each.exists()), None)
    if there is None:
        where = "" if "/" in name else f" (searched PATH: {':'.join(search)})"
        return f"command not found: {name}{where}"
    if there.is_dir():
        return f"not a program but a directory: {there}"
    if not os.access(there, os.X_OK):
        return f"not executable: {there}"
    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.EACCES}:
        return f"{there}: its interpreter cannot be run: {_interpreter(there)}"
    if error.errno == errno.ENOEXEC:
        return f"{there}: not a program; a script needs a first line like #!/bin/sh"
    return f"{there}: {error.strerror}"


def _interpreter(program: Path) -> str:
    """What the `#!` line of *program* names, or a guess where there is none."""
    try:
        with program.open("rb") as file:
            first = file.readline(256)
    except OSError as error:
        return f"unreadable ({error.strerror})"
    if first.startswith(b"#!"):
        return first[2:].decode(errors="replace").strip()
    return "a shared library loader that does not exist here"
