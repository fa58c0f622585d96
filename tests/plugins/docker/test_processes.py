"""What is left of a command is found by its session, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from seedpod_docker._processes import Command, belongs, inner_number, kill, marked
from tests.executors.processes import becomes, is_alive

INIT = """
import ctypes, os, signal, subprocess, sys
assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0
for line in sys.stdin:
    script, _, variable = line.rstrip("\\n").partition("|")
    name, _, value = variable.partition("=")
    environment = {**os.environ, **({name: value} if name else {})}
    child = subprocess.Popen(
        ["sh", "-c", script], start_new_session=True, stdin=-3, stdout=-1, env=environment
    )
    print(child.pid, *child.stdout.readline().decode().split(), flush=True)
"""
"""Process 1 of a container: whoever loses its parent becomes its child."""
HOLD = "exec sleep 1000 >/dev/null"


@attrs.define(eq=False)
class Container:
    process: subprocess.Popen[str]
    known: list[int] = attrs.field(factory=list[int])

    @property
    def init(self) -> int:
        return self.process.pid

    def run(self, script: str, variable: str = "") -> list[int]:
        """Run a command that tells the numbers of its processes in its first line.

        Returns:
            The number of its first process, and those it has told.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{script}|{variable}\n")
        self.process.stdin.flush()
        pids = [int(word) for word in self.process.stdout.readline().split()]
        self.known += pids
        return pids


@pytest.fixture
def container() -> Iterator[Container]:
    """A process that adopts, and whose commands are ended with the test."""
    program = [sys.executable, "-c", INIT]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        found = Container(process)
        yield found
        assert kill(found.known) == []
    assert becomes(lambda: not any(map(is_alive, found.known)), 60)


def members(container: Container, leader: int) -> set[int]:
    return set(Command(leader).members(container.init))


def end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert becomes(lambda: not is_alive(pid), 60)


def test_a_command_is_its_first_process_and_those_it_has_started(container: Container) -> None:
    leader, child = container.run(f"sleep 1000 >/dev/null & echo $!; {HOLD}")
    assert members(container, leader) == {leader, child}


def test_what_a_command_leaves_is_found_when_it_has_ended(container: Container) -> None:
    leader, child = container.run("sleep 1000 >/dev/null & echo $!")
    assert becomes(lambda: not is_alive(leader), 60)
    assert members(container, leader) == {child}
    end(child)
    assert members(container, leader) == set()


def test_who_has_begun_a_session_of_its_own_is_not_of_it(container: Container) -> None:
    leader, other = container.run(f"setsid sh -c 'echo $$; {HOLD}' & {HOLD}")
    assert members(container, leader) == {leader}
    assert members(container, other) == {other}


def test_another_command_is_not_of_it(container: Container) -> None:
    [first, _] = container.run(f"echo $$; {HOLD}")
    [second, _] = container.run(f"echo $$; {HOLD}")
    assert (members(container, first), members(container, second)) == ({first}, {second})


def test_a_number_that_leads_no_session_is_no_command(container: Container) -> None:
    _, child = container.run(f"sleep 1000 >/dev/null & echo $!; {HOLD}")
    assert members(container, child) == set()


def test_who_has_a_variable_is_found_wherever_it_is(container: Container) -> None:
    leader, child = container.run(f"setsid sleep 1000 >/dev/null & echo $!; {HOLD}", "MARK=one")
    assert becomes(lambda: set(marked(container.init, "MARK=one")) >= {leader, child}, 60)
    container.run(f"echo $$; {HOLD}", "MARK=other")
    assert set(marked(container.init, "MARK=one")) == {leader, child}
    assert marked(container.init, "MARK=on") == []
    end(leader)
    assert marked(container.init, "MARK=one") == [child]


def test_the_dead_are_killed_without_a_word(container: Container) -> None:
    [leader, _] = container.run(f"echo $$; {HOLD}")
    assert kill([leader]) == []
    assert becomes(lambda: not is_alive(leader), 60)
    assert kill([leader, 2**22]) == []


def test_who_may_not_be_killed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def refuse(pid: int, number: int) -> None:
        asked.append(number)
        if pid == 1:
            raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert kill([1, 2]) == [1]
    assert asked == [signal.SIGKILL] * 2


def test_a_process_has_a_number_of_its_own_namespace(container: Container) -> None:
    assert inner_number(container.init) is not None
    [leader, inner] = container.run(f"echo $$; {HOLD}")
    assert inner_number(leader) == inner


def test_who_has_ended_has_no_number_and_belongs_nowhere() -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    assert inner_number(ended.pid) is None
    assert not belongs(ended.pid, "")


def test_a_process_belongs_to_the_group_it_is_in() -> None:
    group = Path("/proc/self/cgroup").read_text().splitlines()[0].rpartition(":")[2]
    assert belongs(os.getpid(), group)
    assert not belongs(os.getpid(), "8f2e0c")


def test_nothing_is_found_below_what_is_not_there() -> None:
    assert Command(2**22).members(2**22) == []
    assert marked(2**22, "A=b") == []
