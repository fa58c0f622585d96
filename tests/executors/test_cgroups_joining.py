"""The command that joins groups and then becomes another: nothing is lost on the way."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from seedpod.executors.subprocess._cgroups._joining import joining
from tests.machine import lacks

ENV: Final = {"PATH": os.environ["PATH"]}

SHELLS = {
    "dash": ["dash"],
    "bash": ["bash", "--posix"],
    "busybox": ["busybox", "sh"],
}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_writes_to_all_files_and_leaves_the_environment_alone(
    shell: str, tmp_path: Path
) -> None:
    files = [tmp_path / "first procs", tmp_path / "it's"]
    env = {"PATH": ENV["PATH"], "A": "a b\nc", "n": "1", "EMPTY": ""}
    _, *rest = joining([str(each) for each in files], env)
    if shutil.which(SHELLS[shell][0]) is None:
        lacks(f"{shell}: the command that joins cgroups was not tried in it")
        return
    shown = subprocess.run(
        [*SHELLS[shell], *rest, "env", "-0"], env=env, capture_output=True, check=True
    )
    seen = shown.stdout.decode().split("\0")[:-1]
    if shell != "dash":
        seen = [each for each in seen if not each.startswith("SHLVL=")]
    assert sorted(seen) == sorted(f"{k}={v}" for k, v in env.items())
    assert [each.read_text() for each in files] == ["0\n", "0\n"]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_says_what_it_cannot_join_and_runs_nothing(shell: str, tmp_path: Path) -> None:
    if shutil.which(SHELLS[shell][0]) is None:
        lacks(f"{shell}: the command that joins cgroups was not tried in it")
        return
    for missing in (tmp_path / "missing" / "cgroup.procs", Path("/dev/full")):
        _, *rest = joining([str(tmp_path / "procs"), str(missing)], ENV)
        result = subprocess.run(
            [*SHELLS[shell], *rest, "echo", "ran"], env=ENV, capture_output=True, check=False
        )
        assert result.returncode == 125
        assert f"cannot join {missing}".encode() in result.stderr
        assert result.stdout == b""


@pytest.mark.parametrize(
    "env", [{"spring.profile": "x"}, {"a-b": "x", "LC_CTYPE": "C"}, {"OPTIND": "x"}, {"IFS": "x"}]
)
def test_variables_no_shell_would_hand_on_are_handed_on(
    env: dict[str, str], tmp_path: Path
) -> None:
    procs = tmp_path / "cgroup.procs"
    procs.touch()
    env = ENV | env
    shown = subprocess.run(
        [*joining([str(procs)], env), "env", "-0"],
        env=env,
        capture_output=True,
        check=True,
    )
    assert sorted(shown.stdout.decode().split("\0")[:-1]) == sorted(
        f"{k}={v}" for k, v in env.items()
    )
    assert procs.read_text() == "0"


EXACT: dict[str, dict[str, str]] = {"sh": ENV, "python": ENV | {"a.b": "c"}}


@pytest.mark.parametrize("how", EXACT)
@pytest.mark.parametrize(
    ("command", "code"), [("no-such-command", 127), ("/etc/passwd", 126), ("/proc/1/nothing", 127)]
)
def test_a_command_that_cannot_be_run_is_told_by_its_exit_code(
    how: str, command: str, code: int
) -> None:
    result = subprocess.run(
        [*joining([], EXACT[how]), command],
        env=EXACT[how],
        capture_output=True,
        check=False,
    )
    assert result.returncode == code
    assert command.encode() in result.stderr


@pytest.mark.parametrize("how", EXACT)
def test_the_command_is_the_process_that_was_started_with_signals_as_they_were(how: str) -> None:
    command = [
        *joining([], EXACT[how]),
        shutil.which("grep") or "grep",  # Python starts programs with a path in another way
        "-E",
        "^(Pid|SigIgn)",
        "/proc/self/status",
    ]
    plain = subprocess.run(command[-4:], env=EXACT[how], capture_output=True, check=True)
    with subprocess.Popen(command, env=EXACT[how], stdout=subprocess.PIPE) as process:
        shown = process.communicate()[0].decode().split("\n")
    assert shown[0] == f"Pid:\t{process.pid}"
    assert shown[1] == plain.stdout.decode().split("\n")[1]


def test_python_says_what_it_cannot_join() -> None:
    result = subprocess.run(
        [*joining(["/dev/full"], EXACT["python"]), "echo", "ran"],
        capture_output=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (125, b"")
    assert result.stderr.startswith(b"cannot join /dev/full: ")
