"""What bubblewrap tells of the processes it keeps inside.

There are three of them. The outer one, our child, waits for the end of the container and has its
exit code. It is in our own process namespace. The second one is process 1 of the container's, and
the command is process 2, so that signals have their usual effects. When the outer process is gone
the kernel ends process 1, and with that everything inside, wherever it has gone: process 1 is dead
once all the others are.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from json import JSONDecodeError, JSONDecoder
from typing import Any, Final

_BWRAP: Final = "bwrap"
_DOCUMENTS: Final = JSONDecoder()


class Inner:
    """The inside of one attempt, or of one more command in it; owns the pipe bubblewrap tells by.

    Args:
        status: The reading end of the pipe; reading it does not block.
        has_init: Whether process 1 of the namespace is its own, so that the command is a child.
    """

    def __init__(self, status: int, *, has_init: bool) -> None:
        self._status = status
        self._has_init = has_init
        self._text = ""
        self._told: dict[str, Any] = {}
        self._pidfd = -1

    @property
    def first_pid(self) -> int | None:
        """The first process inside, by its number outside; None as long as it is not known."""
        self._listen()
        pid: int | None = self._told.get("child-pid")
        return pid

    @property
    def is_set_up(self) -> bool:
        """Whether the view is complete, and the command about to start, or running."""
        first = self.first_pid
        return first is not None and bool(_children(first))

    @property
    def has_become_command(self) -> bool:
        """Whether the first process, if it is to become the command, has."""
        first = self.first_pid
        return first is not None and _comm(first) not in {"", _BWRAP}

    @property
    def has_run(self) -> bool:
        """Whether the command was started; known once the outer process has ended."""
        self._listen()
        return "exit-code" in self._told

    @property
    def last(self) -> int:
        """A pidfd of the process that is the last to die inside; negative if none is known."""
        first = self.first_pid if self._has_init else None
        if first is not None and self._pidfd < 0:
            self._open(first)
        return -1 if first is None else self._pidfd

    @property
    def is_over(self) -> bool:
        """Whether nothing is left inside; to be asked after the end of the outer process."""
        first = self.first_pid
        if first is None:
            return True
        if self._pidfd < 0 and not self._open(first):
            return True
        death = select.poll()
        death.register(self._pidfd, select.POLLIN)
        return bool(death.poll(0))

    def send(self, number: int) -> bool:
        """Send the command a signal; False if it is not there yet."""
        first = self.first_pid
        if first is None:
            return False
        if not self._has_init:
            _send(first, number)
            return True
        children = _children(first)
        if not children:
            return False
        _send(children[0], number)
        return True

    def close(self) -> None:
        """Close what is open."""
        for fd in (self._status, self._pidfd):
            if fd >= 0:
                os.close(fd)
        self._status = self._pidfd = -1

    def _listen(self) -> None:
        """Read what bubblewrap has told by now."""
        while self._status >= 0:
            try:
                data = os.read(self._status, 4096)
            except BlockingIOError:
                break
            if not data:
                break
            self._text += data.decode()
        while self._text:
            try:
                document, end = _DOCUMENTS.raw_decode(self._text)
            except JSONDecodeError:
                return  # the rest of it is still to come
            self._told.update(document)
            self._text = self._text[end:].lstrip()

    def _open(self, first: int) -> bool:
        """Have a descriptor of the first process, if it is there still."""
        try:
            self._pidfd = os.pidfd_open(first)
        except OSError:
            return False
        namespace: int | None = self._told.get("pid-namespace")
        if namespace is not None and _namespace(first) not in {namespace, None}:
            os.close(self._pidfd)  # a stranger, who has its number by now
            self._pidfd = -1
            return False
        return True


def told(*, has_init: bool) -> tuple[Inner, int]:
    """A new pipe for bubblewrap to tell by: who listens to it, and the end for bubblewrap.

    Args:
        has_init: As `Inner` takes it.
    """
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    return Inner(reading, has_init=has_init), writing


def _comm(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip()
    except OSError:
        return ""


def _namespace(pid: int) -> int | None:
    """The process namespace of *pid*; None if that cannot be told, as of one that is dead."""
    try:
        return os.stat(f"/proc/{pid}/ns/pid").st_ino
    except OSError:
        return None


def _children(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(each) for each in file.read().split()]
    except OSError:
        return []


def _send(pid: int, number: int) -> None:
    with suppress(OSError):
        pidfd = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(pidfd, number)
        finally:
            os.close(pidfd)
