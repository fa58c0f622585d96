"""The host's end of the guard: one for the whole process, started when first needed.

What the guard does, and in which order, stands in `_process`, which is the other end of the pipe.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from logging import getLogger
from pathlib import Path
from typing import Final

import anyio

_LOG: Final = getLogger("seedpod.guard")
_PROGRAM: Final = Path(__file__).with_name("_process.py")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_FAREWELL: Final = 5.0
"""Seconds a guard with nothing left to guard may take to exit: it may still be starting."""


class Guard:
    """Tells the guard process what to end, to run and to remove, should this process die.

    Safe to use from several threads. A guard that has died, or does not read, is replaced by one
    that is told everything anew; until somebody has something to register nobody notices. What
    registers something raises OSError if a guard is to be started and cannot be, and ValueError for
    words that the guard cannot be told: paths that are not absolute, and NUL characters.

    Not for others to make: two would not know of each other's users. `GUARD` is the one there is.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._users = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe = -1
        self._registered: dict[int | str, bytes] = {}

    def __repr__(self) -> str:
        who = "none" if self._process is None else f"process {self._process.pid}"
        return f"<Guard: {who}, {len(self._registered)} registered, {self._users} users>"

    def acquire(self) -> None:
        """Count one more user: before anything is registered, and once for each `release`."""
        with self._lock:
            self._users += 1

    async def release(self) -> None:
        """Count one user less; after the last, the guard process ends and is waited for.

        What is still registered then is forgotten: nothing is killed, run or removed.

        Cancellation: has no effect until the process has ended, within 5 seconds.
        """
        with self._lock:
            self._users -= 1
            process = self._process
            if self._users or process is None:
                return
            self._process = None
            if self._registered:
                process.kill()  # or it would take the end of the pipe for the end of the host
                self._registered.clear()
            self._close_pipe()
        with anyio.move_on_after(_FAREWELL, shield=True) as scope:
            await _death(process.pid)
        if scope.cancelled_caught:
            _LOG.warning("the guard, process %d, did not end and was killed", process.pid)
            process.kill()
        process.wait()

    def expect(self, inode: int) -> None:
        """A process is about to be started with the pipe *inode* as its standard output.

        It has to be made the leader of a session; the whole session is killed.
        """
        self._register(inode, _record("expect", inode))

    def add(self, inode: int, pid: int) -> None:
        """The expected process was started, as *pid*."""
        ticks = int(time.clock_gettime(time.CLOCK_BOOTTIME) * _TICKS)
        self._register(inode, _record("add", inode, pid, ticks))

    def drop(self, inode: int) -> None:
        """The process has ended with all of its session, or was not started."""
        self._forget(inode, _record("drop", inode))

    def add_link(self, path: str, target: str) -> None:
        """A symbolic link to *target* is about to be made at *path*."""
        self._add_path("link", path, target)

    def add_directory(self, path: str) -> None:
        """A directory is about to be made at *path*; it is removed if it is empty then."""
        self._add_path("directory", path)

    def add_tree(self, path: str) -> None:
        """The directory *path* is to be removed with everything in it.

        What is mounted in it is unmounted, and keeps its files.
        """
        self._add_path("tree", path)

    def add_cgroup(self, path: str) -> None:
        """A cgroup is about to be made at *path*; who is in it is to be killed."""
        self._add_path("cgroup", path)

    def add_command(self, key: str, argv: Sequence[str]) -> None:
        """A command is to be run: after the kills, and before directories are removed.

        No shell takes part. The command has the environment this process had when the guard was
        started, no input, nowhere to write to, `/` as its working directory, and a session of its
        own. All commands are run at once, so one that removes ten things is better than ten. All
        together they have 20 seconds; then those that still run are killed.

        Anybody on the machine can read the arguments of a command: no secrets among them.

        Args:
            key: What `forget` knows it by; a second command of that key replaces the first. Begin
                it with the name of your executor: there is one guard for all.
            argv: The program, by its path or to be looked for in `PATH`, with its arguments.

        Raises:
            ValueError: *argv* is empty, or *key* begins with a slash, as only paths do.
        """
        if not argv:
            raise ValueError("argv: is empty: must begin with a program")
        if key.startswith("/"):
            raise ValueError(f"key: {key!r}: must not begin with '/', as paths do")
        self._register(key, _record("command", key, len(argv), *argv))

    def forget(self, key: str) -> None:
        """Nothing is at this path any more, or to be left there; or the command is not to be run.

        What is not registered may be forgotten, too.
        """
        self._forget(key, _record("forget", key))

    def _add_path(self, verb: str, path: str, *words: str) -> None:
        if not os.path.isabs(path):
            raise ValueError(f"{path!r}: must be absolute: the guard is in another directory")
        self._register(path, _record(verb, path, *words))

    def _register(self, key: int | str, record: bytes) -> None:
        with self._lock:
            self._registered[key] = record
            if self._process is None:
                self._start()
            else:
                self._tell(record)

    def _forget(self, key: int | str, record: bytes) -> None:
        with self._lock:
            if self._registered.pop(key, None) is not None and self._process is not None:
                self._tell(record)

    def _tell(self, record: bytes) -> None:
        try:
            self._write(record)
        except OSError:  # dead (EPIPE), or stopped until the pipe was full (EAGAIN)
            self._end_process()
            self._start()

    def _start(self) -> None:
        reading, writing = os.pipe()
        # The guard inherits the mask: what ends the host cannot end it, not even while it starts.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", _PROGRAM, str(os.getpid()), str(os.getsid(0))],
                stdin=reading,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        except OSError:
            os.close(writing)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(reading)
        self._pipe = writing
        for record in self._registered.values():
            self._write(record)
        os.set_blocking(writing, False)  # only now: a new guard first has to start before it reads

    def _write(self, record: bytes) -> None:
        while record:
            record = record[os.write(self._pipe, record) :]

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._close_pipe()

    def _close_pipe(self) -> None:
        os.close(self._pipe)
        self._pipe = -1

    def forget_all_after_fork(self) -> None:
        """In a forked child: the guard is the parent's, and must not wait for the child too."""
        self._lock = threading.RLock()
        self._users = 0
        self._registered = {}
        if self._process is not None:
            self._process.returncode = 0  # not the child's to wait for
            self._process = None
            self._close_pipe()


def _record(*words: str | int) -> bytes:
    encoded = [os.fsencode(str(word)) for word in words]
    for word in encoded:
        if b"\0" in word:
            raise ValueError(f"{os.fsdecode(word)!r}: must have no NUL character")
    return b"".join(word + b"\0" for word in encoded)


async def _death(pid: int) -> None:
    pidfd = os.pidfd_open(pid)
    try:
        await anyio.wait_readable(pidfd)
    finally:
        anyio.notify_closing(pidfd)
        os.close(pidfd)


GUARD: Final = Guard()
"""The one of this process."""
os.register_at_fork(after_in_child=GUARD.forget_all_after_fork)
