"""The net under the other tests has no hole."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from tests.leaks import left_since, possessions


def test_a_child_process_left_running_is_found() -> None:
    before = possessions()
    with subprocess.Popen(["sleep", "60"]) as child:
        left = left_since(before)
        child.kill()
    assert [name.split()[:2] for name in left] == [["process", str(child.pid)]]


def test_a_dead_child_that_waits_to_be_reaped_is_not_counted() -> None:
    before = possessions()
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {})
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    left = left_since(before)
    os.waitpid(child, 0)
    assert left == []


def test_a_thread_left_running_is_found() -> None:
    before = possessions()
    enough = threading.Event()
    thread = threading.Thread(target=enough.wait, name="forgotten")
    thread.start()
    left = left_since(before)
    enough.set()
    thread.join()
    assert left == ["thread forgotten"]


def test_an_open_file_is_found() -> None:
    before = possessions()
    reading, writing = os.pipe()
    left = left_since(before)
    os.close(reading)
    os.close(writing)
    assert {line.split(":")[0] for line in left} == {f"fd {reading} pipe", f"fd {writing} pipe"}
