"""Whether the process that made a container lives: nobody is taken for another."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from seedpod_docker import _owner
from seedpod_docker._owner import Owner, this_process

ME = this_process()


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives until its input is closed."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as started:
        yield started


def owner_of(pid: int) -> Owner:
    return attrs.evolve(ME, pid=pid, started=_owner._started(pid) or 0)


def lives(owner: Owner) -> bool:
    return owner.is_alive


def test_we_live() -> None:
    assert ME.pid == os.getpid()
    assert (ME.is_alive, ME.is_of_this_machine) == (True, True)
    assert ME.title == f"process {os.getpid()}"


def test_another_process_lives_until_it_is_dead(child: subprocess.Popen[bytes]) -> None:
    owner = owner_of(child.pid)
    assert lives(owner)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not lives(owner), "dead and not reaped"
    child.wait()
    assert not lives(owner)
    assert owner.title == f"process {child.pid}, which has ended"


def test_a_number_that_is_used_again_is_another_process() -> None:
    assert not attrs.evolve(ME, started=ME.started - 1).is_alive


def test_a_name_in_parentheses_does_not_confuse(tmp_path: Path) -> None:
    program = tmp_path / "a) R 1 (b"
    program.symlink_to("/bin/cat")
    with subprocess.Popen([program], stdin=subprocess.PIPE) as started:
        owner = owner_of(started.pid)
        assert lives(owner)
        started.kill()
        os.waitid(os.P_PID, started.pid, os.WEXITED | os.WNOWAIT)
        assert not lives(owner)


def test_before_a_boot_nobody_lives() -> None:
    earlier = attrs.evolve(ME, boot="another")
    assert (earlier.is_alive, earlier.is_of_this_machine) == (False, True)


def test_in_another_pid_namespace_anybody_may_live() -> None:
    other = attrs.evolve(ME, namespace="1", pid=1, started=1)
    assert (other.is_alive, other.is_of_this_machine) == (True, False)


def test_on_another_machine_anybody_may_live() -> None:
    other = attrs.evolve(ME, boot="another", machine="far", started=1)
    assert (other.is_alive, other.is_of_this_machine) == (True, False)
    assert other.title == f"process {ME.pid} of machine far"


def test_a_label_is_read_as_it_is_written() -> None:
    assert Owner.parse(str(ME)) == ME
    assert str(Owner(1, 2, "3", "b", "m")) == "1/2/3/b/m"


@pytest.mark.parametrize("text", ["", "1", "x/2/3/b/m", "1/2/3/b", "1/2/3/b/m/more", "1//3/b/m"])
def test_what_names_nobody_is_nobody(text: str) -> None:
    assert Owner.parse(text) is None


def test_a_machine_without_an_id_goes_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", lambda _: "  \n")
    assert _owner._machine() == os.uname().nodename


def test_a_forked_process_is_its_own_owner() -> None:
    script = (
        "import os\n"
        "from seedpod_docker._owner import this_process\n"
        "before = this_process()\n"
        "if os.fork():\n"
        "    os.wait()\n"
        "else:\n"
        "    print(this_process().pid == os.getpid() != before.pid)\n"
    )
    run = [sys.executable, "-c", script]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "True\n"
