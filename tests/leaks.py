"""What a test may not leave behind: a child process, a thread, an open file descriptor."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator


def possessions() -> dict[object, str]:
    """What this process holds now: its identity, and what a person knows it by."""
    return dict([*_children(), *_threads(), *_open_files()])


def left_since(before: dict[object, str]) -> list[str]:
    """What is held now and was not *before*."""
    for thread, _ in set(_threads()) - before.items():
        thread.join(0.5)  # one that is ending is not left behind
    if dict(_open_files()).keys() - before.keys():
        gc.collect()  # objects in cycles close theirs here, and warn if they should have before
    return sorted(name for held, name in possessions().items() if held not in before)


def _children() -> Iterator[tuple[object, str]]:
    for task in os.listdir("/proc/self/task"):
        for pid in _read(f"/proc/self/task/{task}/children").split():
            state = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()[:1]
            if state not in (["Z"], ["X"], []):  # dead, and only waits to be reaped
                yield int(pid), f"process {pid} {_read(f'/proc/{pid}/cmdline')}".strip()


def _threads() -> Iterator[tuple[threading.Thread, str]]:
    for thread in threading.enumerate():
        if not thread.name.startswith("Trio thread"):  # trio keeps idle ones for ten seconds
            yield thread, f"thread {thread.name}"


def _open_files() -> Iterator[tuple[object, str]]:
    for fd in os.listdir("/proc/self/fd"):
        try:
            yield ("fd", fd), f"fd {fd} {os.readlink(f'/proc/self/fd/{fd}')}"
        except OSError:  # the one that listed the directory
            continue


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read().replace("\0", " ")
    except OSError:  # the process or thread has ended meanwhile
        return ""
