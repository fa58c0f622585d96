"""Programs under a seccomp profile: what they can do, and how what they cannot is refused."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from errno import EDOM, ENOSYS, EPERM, errorcode
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from seedpod.executors.subprocess._seccomp import as_fd, lacking, program
from seedpod.spec import SeccompProfile
from tests.machine import lacks

_DEFAULT = SeccompProfile(type="RuntimeDefault")
_ROOM = ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp")
_ADMINISTRATOR = ("--unshare-user", "--uid", "0", "--cap-add", "CAP_SYS_ADMIN")
_MKDIR = ("mkdir", "mkdirat")
_CALL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
long = ctypes.c_ulong
def call(number, *args):
    return libc.syscall(long(number), *map(long, args))
"""
_SYSCALL_OF_X86 = """
import ctypes, mmap
memory = mmap.mmap(-1, 4096, prot=7)
memory.write(bytes.fromhex("b814000000" "cd80" "c3"))  # getpid by the 32-bit gate
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
assert call() > 0
"""
_ORDINARY = """
import asyncio, multiprocessing, os, pathlib, signal, socket, subprocess, tempfile, threading, time
with tempfile.TemporaryDirectory() as directory:
    file = pathlib.Path(directory, "file")
    file.write_text("text")
    file.chmod(0o600)
    file.rename(file.with_name("other"))
threads = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert subprocess.run(["sh", "-c", "echo a | cat"], capture_output=True).stdout == b"a\\n"
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
client.sendall(b"hello")
assert server.accept()[0].recv(5) == b"hello"
socket.socket(socket.AF_UNIX), socket.socketpair()
async def main():
    process = await asyncio.create_subprocess_exec("true")
    assert await process.wait() == 0
asyncio.run(main())
child = multiprocessing.get_context("fork").Process(target=os.getpid)
child.start(), child.join()
assert child.exitcode == 0
signal.setitimer(signal.ITIMER_REAL, 100)
"""


@cache
def can_filter(*options: str) -> bool:
    """Whether programs can be run under a profile here; says what is lacking if not."""
    if lacking():
        lacks(f"{lacking()}")
    elif shutil.which("bwrap") is None:
        lacks("bwrap")
    elif subprocess.run(["bwrap", *_ROOM, *options, "true"], check=False).returncode:
        lacks(" ".join(["a bwrap that may", *options]))
    else:
        return True
    return False


def run(
    filtered: bytes | None, *argv: str, options: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    fd = as_fd(filtered or b"")
    try:
        seccomp = () if filtered is None else ("--seccomp", str(fd))
        command = ["bwrap", *_ROOM, *options, *seccomp, *argv]
        return subprocess.run(command, pass_fds=[fd], capture_output=True, text=True, check=False)
    finally:
        os.close(fd)


def python(filtered: bytes | None, script: str) -> subprocess.CompletedProcess[str]:
    return run(filtered, sys.executable, "-I", "-c", script)


def errno_of(filtered: bytes | None, call: str) -> str:
    """The error that *call* ends with under a filter; empty if it is fine."""
    ended = python(filtered, f"{_CALL}\nprint(ctypes.get_errno() if {call} == -1 else 0)")
    assert ended.returncode == 0, ended.stderr
    return errorcode.get(int(ended.stdout), "")


def localhost(directory: Path, **document: Any) -> bytes:
    """The program of a profile that allows all but what *document* says."""
    (directory / "profile.json").write_text(
        json.dumps({"defaultAction": "SCMP_ACT_ALLOW"} | document)
    )
    profile = SeccompProfile(type="Localhost", localhost_profile="profile.json")
    made = program(profile, frozenset(), seccomp_profiles=directory)
    assert made is not None
    return made


def test_ordinary_programs_notice_nothing_of_the_default_profile() -> None:
    if can_filter():
        ended = python(program(_DEFAULT, frozenset()), _ORDINARY)
        assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("libc.unshare(0x10000000)", EPERM),
        ("libc.socket(40, 1, 0)", EPERM),  # AF_VSOCK
        ("libc.socket(38, 5, 0)", EPERM),  # AF_ALG
        ("libc.personality(long(0xffffffff))", 0),
        ("libc.personality(long(0x0040000))", EPERM),  # addresses that can be foretold
        ("call(425, 1, 0)", EPERM),  # io_uring_setup
        ("call(435, 0, 0)", ENOSYS),  # clone3
        ("call(1000)", ENOSYS),  # a call of a kernel to come
    ],
)
def test_the_default_profile_refuses_what_containers_need_not(call: str, expected: int) -> None:
    if can_filter():
        assert errno_of(program(_DEFAULT, frozenset()), call) == errorcode.get(expected, "")


def test_the_upper_half_of_an_argument_does_not_get_round_the_default_profile() -> None:
    if can_filter() and platform.machine() == "x86_64":
        call = "call(41, 1 << 32 | 40, 1, 0)"  # socket, of which the kernel sees AF_VSOCK
        assert errno_of(program(_DEFAULT, frozenset()), call) == "EPERM"


def test_a_namespace_of_users_is_refused_to_a_program_that_could_make_one() -> None:
    if can_filter() and run(None, "unshare", "-U", "true").returncode == 0:
        ended = run(program(_DEFAULT, frozenset()), "unshare", "-U", "true")
        assert ended.returncode != 0
        assert "Operation not permitted" in ended.stderr


@pytest.mark.parametrize("spelling", ["SYS_ADMIN", "CAP_SYS_ADMIN"])
def test_mount_needs_the_capability_in_the_profile_too(spelling: str) -> None:
    if can_filter(*_ADMINISTRATOR):
        mount = ("mount", "-t", "tmpfs", "none", "/tmp")
        with_it = program(_DEFAULT, frozenset({spelling}))
        without = program(_DEFAULT, frozenset({"NET_ADMIN"}))
        assert run(with_it, *mount, options=_ADMINISTRATOR).returncode == 0
        assert run(without, *mount, options=_ADMINISTRATOR).returncode != 0


def test_a_profile_chooses_the_error(tmp_path: Path) -> None:
    if can_filter():
        rule = {"names": _MKDIR, "action": "SCMP_ACT_ERRNO"}
        for fields, expected in (
            ({}, EPERM),
            ({"errnoRet": EDOM}, EDOM),
            ({"errno": "EDOM"}, EDOM),
        ):
            made = localhost(tmp_path, syscalls=[rule | fields])
            assert errno_of(made, "libc.mkdir(b'/tmp/made')") == errorcode[expected]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("SCMP_ACT_ALLOW", 0),
        ("SCMP_ACT_LOG", 0),
        ("SCMP_ACT_KILL", 128 + signal.SIGSYS),
        ("SCMP_ACT_KILL_THREAD", 128 + signal.SIGSYS),
        ("SCMP_ACT_KILL_PROCESS", 128 + signal.SIGSYS),
        ("SCMP_ACT_TRAP", 128 + signal.SIGSYS),
    ],
)
def test_a_profile_chooses_what_becomes_of_the_program(
    tmp_path: Path, action: str, expected: int
) -> None:
    if can_filter():
        made = localhost(tmp_path, syscalls=[{"names": _MKDIR, "action": action}])
        assert python(made, "import os; os.mkdir('/tmp/made')").returncode == expected


@pytest.mark.parametrize(
    ("args", "refused"),
    [
        ([{"op": "SCMP_CMP_EQ", "value": 4}], [4]),
        ([{"op": "SCMP_CMP_NE", "value": 4}], [0, 3, 5, 12]),
        ([{"op": "SCMP_CMP_LT", "value": 4}], [0, 3]),
        ([{"op": "SCMP_CMP_LE", "value": 4}], [0, 3, 4]),
        ([{"op": "SCMP_CMP_GE", "value": 4}], [4, 5, 12]),
        ([{"op": "SCMP_CMP_GT", "value": 4}], [5, 12]),
        ([{"op": "SCMP_CMP_MASKED_EQ", "value": 6, "valueTwo": 4}], [4, 5, 12]),
        ([{"op": "SCMP_CMP_EQ", "value": 3}, {"op": "SCMP_CMP_GT", "value": 5}], [3, 12]),
    ],
)
def test_a_rule_may_be_about_arguments(
    tmp_path: Path, args: list[dict[str, object]], refused: list[int]
) -> None:
    if can_filter():
        about = [{"index": 0} | each for each in args]
        rule = {"names": ["umask"], "action": "SCMP_ACT_ERRNO", "args": about}
        script = f"{_CALL}\nprint([n for n in (0, 3, 4, 5, 12) if libc.umask(n) == -1])"
        assert python(localhost(tmp_path, syscalls=[rule]), script).stdout == f"{refused}\n"


@pytest.mark.parametrize(
    ("architectures", "expected"),
    [
        ({}, 128 + signal.SIGSYS),
        ({"architectures": ["SCMP_ARCH_X86_64"]}, 128 + signal.SIGSYS),
        ({"architectures": ["SCMP_ARCH_X86", "SCMP_ARCH_S390X"]}, 0),
        (
            {
                "archMap": [
                    {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
                    {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
                ]
            },
            0,
        ),
    ],
)
def test_programs_of_another_architecture_run_only_if_it_is_listed(
    tmp_path: Path, architectures: dict[str, Any], expected: int
) -> None:
    if can_filter():
        made = localhost(tmp_path, **architectures)
        if platform.machine() == "x86_64" and python(None, _SYSCALL_OF_X86).returncode == 0:
            assert python(made, _SYSCALL_OF_X86).returncode == expected
