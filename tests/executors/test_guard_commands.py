"""When the host dies the guard runs the commands it was told: after the kills, before it removes.

Here a host dies by closing the pipe to its guard, which is all the guard sees of its death.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from seedpod.guard import GUARD, Guard
from seedpod.guard._process import Registry
from tests.executors.processes import becomes, with_environment
from tests.executors.test_guard import GUARD_PROGRAM, container


@contextmanager
def dying_host() -> Generator[Guard]:
    """The guard of a host that dies at the end of the block, which waits until all is done."""
    guard = Guard()
    try:
        yield guard
    finally:
        assert guard._process is not None
        guard._close_pipe()
        guard._process.wait()


def shell(script: str, *arguments: object) -> list[str]:
    return ["sh", "-c", script, "sh", *map(str, arguments)]


_HOST = """
import os, signal, sys
from seedpod.guard import GUARD

tree, out = sys.argv[1:]
GUARD.acquire()
GUARD.add_tree(tree)
GUARD.add_command("test:show", ["sh", "-c", 'cat "$1"/file > "$2"', "sh", tree, out])
print("up", flush=True)
input()
"""


def test_a_command_is_run_when_the_host_was_killed(tmp_path: Path) -> None:
    tree, out = tmp_path / "tree", tmp_path / "out"
    tree.mkdir()
    (tree / "file").write_text("still here")
    with subprocess.Popen(
        [sys.executable, "-c", _HOST, tree, out],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.kill()
    assert becomes(lambda: not tree.exists(), within=10)
    assert out.read_text() == "still here"


def test_directories_are_removed_only_when_the_commands_have_ended(tmp_path: Path) -> None:
    tree, out, ask, answer = (tmp_path / name for name in ("tree", "out", "ask", "answer"))
    tree.mkdir()
    (tree / "file").write_text("still here")
    for each in (ask, answer):
        os.mkfifo(each)
    guard = Guard()
    guard.add_tree(str(tree))
    script = 'echo running > "$1"; read -r _ < "$2"; cat "$3"/file > "$4"'
    guard.add_command("test:slow", shell(script, ask, answer, tree, out))
    guard._close_pipe()
    assert ask.read_text() == "running\n"
    answer.write_text("go on\n")
    assert guard._process is not None
    guard._process.wait()
    assert out.read_text() == "still here"
    assert not tree.exists()


def test_what_is_to_be_killed_is_dead_when_a_command_is_run(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with container() as process:
        with dying_host() as guard:
            guard.add(1, process.pid)
            guard.add_command(
                "test:state", shell('cut -d" " -f3 "/proc/$1/stat" > "$2"', process.pid, out)
            )
        assert out.read_text() == "Z\n"


def test_all_commands_run_at_once(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for each in (one, other):
        os.mkfifo(each)
    with dying_host() as guard:  # neither could end before the other has begun
        guard.add_command("test:one", shell('echo > "$1"; read -r _ < "$2"', one, other))
        guard.add_command("test:other", shell('read -r _ < "$1"; echo > "$2"', one, other))


def test_a_command_that_was_forgotten_is_not_run(tmp_path: Path) -> None:
    with dying_host() as guard:
        for name in ("forgotten", "remembered"):
            guard.add_command(f"test:{name}", ["touch", str(tmp_path / name)])
        guard.forget("test:forgotten")
    assert [each.name for each in tmp_path.iterdir()] == ["remembered"]


def test_a_second_command_of_a_key_replaces_the_first(tmp_path: Path) -> None:
    with dying_host() as guard:
        for name in ("first", "second"):
            guard.add_command("test", ["touch", str(tmp_path / name)])
    assert [each.name for each in tmp_path.iterdir()] == ["second"]


def test_a_program_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    with dying_host() as guard:
        guard.add_command("test:missing", [str(tmp_path / "missing")])
        guard.add_command("test:there", ["touch", str(tmp_path / "out")])
    assert (tmp_path / "out").exists()


def test_the_arguments_arrive_as_they_are(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("", "a b", "$HOME", "\n", "é", "\udcff", "")
    with dying_host() as guard:
        guard.add_command("test", shell(f"printf '<%s>' \"$@\" > '{out}'", *arguments))
    assert out.read_bytes() == os.fsencode("".join(f"<{each}>" for each in arguments))


def test_more_arguments_than_the_pipe_holds_arrive(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with dying_host() as guard:
        guard.add_tree(str(tmp_path / "tree"))  # so that there is a guard already
        guard.add_command("test", shell(f"echo $# > '{out}'", *(["x" * 1000] * 1000)))
    assert out.read_text() == "1000\n"


def test_a_command_has_a_session_of_its_own_and_no_input(tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = 'exec > "$1"; readlink /proc/self/fd/0; pwd; echo $$; cut -d" " -f6 /proc/self/stat'
    with dying_host() as guard:
        guard.add_command("test", shell(script, out))
    stdin, directory, pid, session = out.read_text().splitlines()
    assert (stdin, directory) == ("/dev/null", "/")
    assert pid == session


def test_a_command_has_no_signal_blocked_and_dies_of_a_broken_pipe(tmp_path: Path) -> None:
    """Asked of a program that is no shell: some of those unblock all signals themselves."""
    with dying_host() as guard:
        guard.add_command("test", ["cp", "/proc/self/status", str(tmp_path / "out")])
    status = dict(line.split(":\t", 1) for line in (tmp_path / "out").read_text().splitlines())
    assert int(status["SigBlk"], 16) == 0
    assert int(status["SigIgn"], 16) & 1 << signal.SIGPIPE - 1 == 0


def test_a_command_that_hangs_is_killed(tmp_path: Path) -> None:
    tree, mark = tmp_path / "tree", f"SEEDPOD_GUARD_TEST={uuid.uuid4().hex}"
    tree.mkdir()
    impatient = "import sys; sys.path.append(sys.argv.pop()); import _process as guard\n"
    impatient += "guard.COMMANDS_BOUND = 0.0; guard.main()"
    command = ("env", mark, "sh", "-c", "sleep 1000 & sleep 1000")
    words = ("tree", str(tree), "command", "test", str(len(command)), *command)
    host = ("1", str(os.getsid(0)))
    ended = subprocess.run(
        [sys.executable, "-I", "-c", impatient, *host, str(GUARD_PROGRAM.parent)],
        input="".join(f"{each}\0" for each in words).encode(),
        start_new_session=True,
        check=False,
    )
    assert ended.returncode == 0
    assert with_environment(mark) == set()
    assert not tree.exists()


def test_an_orderly_end_runs_nothing(backend: str, tmp_path: Path) -> None:
    async def main() -> None:
        GUARD.acquire()
        GUARD.add_command("test", ["touch", str(tmp_path / "out")])
        await GUARD.release()

    anyio.run(main, backend=backend)
    assert not (tmp_path / "out").exists()


def test_a_guard_that_was_killed_is_replaced_by_one_that_knows_the_commands(tmp_path: Path) -> None:
    with dying_host() as guard:
        guard.add_command("test:told-before", ["touch", str(tmp_path / "out")])
        first = guard._process
        assert first is not None
        first.kill()
        first.wait()
        guard.add_tree(str(tmp_path / "tree"))
        assert guard._process is not first
    assert (tmp_path / "out").exists()


def test_a_command_is_understood_wherever_the_pipe_cuts_its_record() -> None:
    records = b"command\0k\0003\0a\0\0b\0tree\0/t\0command\0gone\0001\0x\0forget\0gone\0"
    for cut in range(len(records)):
        registry = Registry()
        registry.feed(records[:cut])
        registry.feed(records[cut:])
        assert registry.commands == {b"k": [b"a", b"", b"b"]}
        assert registry.named("tree") == [b"/t"]


def test_what_the_guard_cannot_be_told_is_refused_and_not_registered() -> None:
    guard = Guard()
    with pytest.raises(ValueError, match="argv: is empty"):
        guard.add_command("test", [])
    with pytest.raises(ValueError, match="key: '/test': must not begin with '/'"):
        guard.add_command("/test", ["true"])
    with pytest.raises(ValueError, match="must have no NUL character"):
        guard.add_command("test", ["echo", "a\0forget\0/tree"])
    with pytest.raises(ValueError, match="'tree': must be absolute"):
        guard.add_tree("tree")
    assert repr(guard) == "<Guard: none, 0 registered, 0 users>"
