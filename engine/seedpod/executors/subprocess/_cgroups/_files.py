"""The few file operations there are on a cgroup: each is a question or an order to the kernel."""

from __future__ import annotations

import os


def make(directory: str) -> None:
    """Make a group.

    Raises:
        OSError: It may not be made, or is there already.
    """
    os.mkdir(directory)


def remove(directory: str) -> None:
    """Remove a group without processes and without groups below it; nothing happens without it.

    Raises:
        OSError: It is not empty, or may not be removed.
    """
    try:
        os.rmdir(directory)
    except FileNotFoundError:
        return


def read(path: str) -> str:
    """What a file says.

    Raises:
        OSError: There is no such file, or it may not be read.
    """
    with open(path) as file:
        return file.read()


def write(path: str, text: str) -> None:
    """Give an order; never makes a file, so that a kernel without it is noticed.

    Raises:
        OSError: There is no such file, or the kernel refuses.
    """
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def words(path: str) -> frozenset[str]:
    """The words a file says; none if it cannot be read."""
    try:
        return frozenset(read(path).split())
    except OSError:
        return frozenset()


def number(path: str, key: str = "") -> int | None:
    """The number a file says, or says after *key* in a line of its own; None if it does not."""
    try:
        lines = read(path).splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.rpartition(" ")
        if name == key and value.isdigit():
            return int(value)
    return None
