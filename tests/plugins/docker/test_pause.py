"""The program in the image of sandboxes waits, reaps and kills, and its source stands beside it.

The program of another architecture than this machine's is run by qemu.
"""

from __future__ import annotations

import io
import os
import platform
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

import seedpod_docker
from seedpod.errors import ExecutorError
from seedpod_docker._pause import pause_image, pause_program
from tests.executors.processes import becomes
from tests.machine import lacks

_BUILD = Path(seedpod_docker.__file__).parent / "pause/build"
_PARENT = """
import ctypes, os, subprocess, sys
PR_SET_CHILD_SUBREAPER = 36
assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
subprocess.run(["sh", "-c", "exec 3<&0; read line <&3 &"], check=True)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Becomes the program, with a child that another process has left, and that ends with its input."""
_NAMESPACE = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
_KILL = """
sleep 1000 >/dev/null & one=$!
sleep 1000 >/dev/null & two=$!
true & gone=$!
wait $gone
"$@" $one $gone 00$two; echo $?
wait $one; echo $?
wait $two; echo $?
"""
_SPARE = """
argument=$1; shift
sleep 1000 >/dev/null & other=$!
"$@" "$argument" $other; echo $?
kill -0 $other && echo alive
"""
_RT_SIGTIMEDWAIT = {"x86_64": "128", "aarch64": "137"}


@pytest.fixture(params=["x86_64", "aarch64"])
def architecture(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def pause(architecture: str, tmp_path: Path) -> Sequence[str]:
    """How the program is run; empty if it cannot be, which is said at the end of the run."""
    program = tmp_path / "pause"
    program.write_bytes(pause_program(architecture))
    program.chmod(0o755)
    if architecture == platform.machine():
        return [str(program)]
    qemu = shutil.which(f"qemu-{architecture}-static") or shutil.which(f"qemu-{architecture}")
    if qemu is None:
        lacks(f"qemu-{architecture} (apt-get install qemu-user-static)")
        return []
    return [qemu, str(program)]


@contextmanager
def running(command: Sequence[str]) -> Generator[subprocess.Popen[bytes]]:
    """A process; killed at the end, if it has not ended."""
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def is_waiting(pid: int) -> bool:
    """Whether a process waits for signals."""
    doing = Path(f"/proc/{pid}/syscall").read_text().split()[0]
    return doing == _RT_SIGTIMEDWAIT[platform.machine()]


def switches(pid: int) -> int:
    """How often a process has begun to wait."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])


def goes_on_waiting_after(pid: int, number: signal.Signals) -> bool:
    """Send a signal; whether it wakes the process, which then waits for the next."""
    before = switches(pid)
    os.kill(pid, number)
    return becomes(lambda: switches(pid) > before and is_waiting(pid), 60)


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@cache
def has_binutils(architecture: str) -> bool:
    """Whether the program can be built here; says what is lacking if not."""
    prefix = "" if architecture == platform.machine() else f"{architecture}-linux-gnu-"
    if shutil.which(f"{prefix}as") and shutil.which(f"{prefix}objcopy"):
        return True
    lacks(f"{prefix}as and {prefix}objcopy (binutils)")
    return False


def told(script: str, *arguments: str) -> list[str]:
    """What a script says, run where the program can kill nobody else, whatever is wrong with it.

    A namespace keeps it from other processes, a session of its own from our process group.
    """
    shell = [*_NAMESPACE, "sh", "-c", script, "sh", *arguments]
    done = subprocess.run(shell, check=False, capture_output=True, start_new_session=True)
    return done.stdout.decode().split()


@cache
def has_namespaces() -> bool:
    """Whether a pid namespace can be made here; says so if not."""
    if subprocess.run([*_NAMESPACE, "true"], check=False, capture_output=True).returncode == 0:
        return True
    lacks("leave to make a user and a pid namespace")
    return False


def test_the_program_is_what_its_source_says(architecture: str) -> None:
    if has_binutils(architecture):
        built = subprocess.run([_BUILD, architecture], check=True, capture_output=True).stdout
        assert built == pause_program(architecture)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_waits_and_ends_when_asked(pause: Sequence[str], ending: signal.Signals) -> None:
    if not pause:
        return
    with running(pause) as process:
        assert becomes(lambda: is_waiting(process.pid), 60)
        for other in (signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD):
            assert goes_on_waiting_after(process.pid, other)
        process.send_signal(ending)
        assert process.wait() == 0


def test_it_goes_on_waiting_after_it_was_stopped(pause: Sequence[str]) -> None:
    if not pause:
        return
    with running(pause) as process:
        assert becomes(lambda: is_waiting(process.pid), 60)
        process.send_signal(signal.SIGSTOP)
        assert becomes(lambda: is_stopped(process.pid), 60)
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


def test_it_reaps_what_others_have_left(pause: Sequence[str]) -> None:
    if not pause:
        return
    with running([sys.executable, "-c", _PARENT, *pause]) as process:
        assert becomes(lambda: is_waiting(process.pid), 60)
        assert len(children(process.pid)) == 1
        assert process.stdin is not None
        process.stdin.close()
        assert becomes(lambda: not children(process.pid), 60)
        assert becomes(lambda: is_waiting(process.pid), 60)
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


def test_as_the_first_process_of_a_namespace_it_ends_when_asked(pause: Sequence[str]) -> None:
    if not pause or not has_namespaces():
        return
    with running([*_NAMESPACE, *pause]) as outside:
        assert becomes(lambda: any(map(is_waiting, children(outside.pid))), 60)
        [first] = children(outside.pid)
        assert goes_on_waiting_after(first, signal.SIGHUP)
        os.kill(first, signal.SIGTERM)
        assert outside.wait() == 0


def test_it_kills_what_it_is_told_to(pause: Sequence[str]) -> None:
    if pause and has_namespaces():
        assert told(_KILL, *pause) == ["0", "137", "137"]


@pytest.mark.parametrize(
    "argument", ["", "0", "-1", "+1", "1x", " 1", "2147483648", "4294967295", "9" * 40]
)
def test_it_kills_nobody_by_mistake(pause: Sequence[str], argument: str) -> None:
    if pause and has_namespaces():
        assert told(_SPARE, argument, *pause) == ["2", "alive"]


@pytest.mark.parametrize("other", ["amd64", "arm64"])
def test_an_image_is_the_program_and_nothing_else(other: str) -> None:
    name = {"amd64": "x86_64", "arm64": "aarch64"}[other]
    image = pause_image(name)
    assert image == pause_image(other)
    assert image.entrypoint == ("/pause",)
    program = pause_program(name)
    assert image.reference == f"seedpod/pause:1-{sha256(program).hexdigest()[:12]}"
    with tarfile.open(fileobj=io.BytesIO(image.tar)) as tar:
        [entry] = tar.getmembers()
        reading = tar.extractfile(entry)
        assert reading is not None
        assert reading.read() == program
    assert (entry.name, entry.mode, entry.uid, entry.mtime) == ("pause", 0o755, 0, 0)


def test_another_architecture_has_none() -> None:
    with pytest.raises(ExecutorError) as caught:
        pause_image("riscv64")
    assert caught.value.message == (
        "no sandbox image for architecture riscv64: there is one for x86_64, aarch64; "
        "name one with sandbox_image="
    )
