"""Attempts to get at what is the host's: its processes, files, kernel, sockets, devices.

At the level `view` each is refused or contained. Where nothing else forbids it, it is seen to
succeed at `none`: so the attempt is a real one.
"""

from __future__ import annotations

import ctypes
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.executors.as_user import assert_passes_as_user
from tests.executors.inside import Level, container, gets_out, in_a_view, python, ran, said
from tests.executors.views import levels
from tests.machine import lacks

IS_ROOT = os.geteuid() == 0


@pytest.fixture(params=levels())
def level(request: pytest.FixtureRequest) -> Level:
    found: Level = request.param
    return found


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """A file of the host that a view does not show: it is among temporary files."""
    file = tmp_path / "mark"
    file.write_text("out\n")
    return file


@contextmanager
def victim() -> Generator[subprocess.Popen[bytes]]:
    """A process of the host."""
    with subprocess.Popen(["sleep", "1000"], start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def could(path: str, flags: int) -> bool:
    """Whether the host process itself may open *path* in this way, which changes nothing."""
    try:
        os.close(os.open(path, flags))
    except OSError:
        return False
    return True


def test_processes_of_the_host_do_not_show(level: Level) -> None:
    """Numbers inside begin at 1, so that a high one cannot be a container's own."""
    with victim() as process:
        script = f"test -e /proc/{process.pid}/comm && echo out"
        assert gets_out(script, level) == (level == "none")
    if level == "view":
        listed = [int(each) for each in said("ls /proc", level) if each.isdigit()]
        assert max(listed) < 10


def test_processes_of_the_host_cannot_be_signalled(level: Level) -> None:
    with victim() as process:
        gets_out(f"kill -9 {process.pid}", level)
        try:
            process.wait(0.5)
        except subprocess.TimeoutExpired:
            assert level == "view"
        else:
            assert level == "none"


@in_a_view
def test_a_signal_to_everybody_reaches_nobody_outside() -> None:
    """Nobody tries this at `none`."""
    with victim() as process:
        assert gets_out("kill -9 -1", "view") is False
        assert process.poll() is None


@in_a_view
def test_the_first_process_inside_shows_nothing_of_the_outside(mark: Path) -> None:
    """Its root, its working directory, what it has open, its variables, its arguments."""
    script = (
        f"cat /proc/1/root{mark} /proc/1/cwd{mark} 2>/dev/null\n"
        "readlink /proc/1/fd/* /proc/self/fd/* | grep -v -e ^pipe: -e ^/dev/null$ -e ^anon_inode:"
        " -e ^/proc/[0-9]*/fd$\n"
        "cat /proc/1/environ\n"
        "echo tried"
    )
    assert said(script) == ["tried"]


def test_a_probe_shows_nothing_of_the_outside(level: Level) -> None:
    """What it is made with is closed before it runs, but for its own namespaces, which it is in."""
    if level == "none":
        return
    # Nobody else starts meanwhile: a command is seen with the files it reads when it starts.
    look = "readlink /proc/*/fd/*; tr '\\0' '\\n' < /proc/self/environ"
    look = f"{{ {look}; }} > /run/look 2>/dev/null; mv /run/look /run/found"
    probe = {"exec": {"command": ["sh", "-c", look]}, "periodSeconds": 1}
    script = "until [ -s /run/found ]; do :; done; cat /run/found"
    lines = ran(container(script, startupProbe=probe, env=[{"name": "MINE", "value": "1"}])).lines
    assert "MINE=1" in lines
    own = re.compile(r"(pipe|anon_inode|pid|user):|/dev/null$|/run/look$|/proc/\d+/fd")
    assert [each for each in lines if "=" not in each and not own.match(each)] == []


SETTINGS = (
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/kernel/hostname",
    "/proc/sys/vm/drop_caches",
    "/proc/sys/fs/file-max",
    "/proc/sysrq-trigger",
    "/proc/irq/default_smp_affinity",
)


@pytest.mark.parametrize("path", SETTINGS)
def test_the_kernel_cannot_be_set(level: Level, path: str) -> None:
    """A program named in `core_pattern` is run by the kernel, as root, on the host."""
    can = could(path, os.O_WRONLY)
    assert gets_out(f"( : >> {path} ) 2>/dev/null && echo out", level) == (level == "none" and can)


SECRETS = ("/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/acpi", "/sys/firmware/dmi")


@pytest.mark.parametrize("path", SECRETS)
def test_what_the_kernel_tells_of_the_host_cannot_be_read(level: Level, path: str) -> None:
    """Source: containerd, the paths that a container's default specification masks."""
    can = could(path, os.O_RDONLY) and (Path(path).is_file() or any(Path(path).iterdir()))
    script = (
        f'if [ -d {path} ]; then [ -n "$(ls {path})" ] && echo out;'
        f" else head -c 1 {path} > /dev/null 2>&1 && echo out; fi"
    )
    assert gets_out(script, level) == (level == "none" and can)


@pytest.mark.parametrize("directory", ["/", "/usr", "/etc", "/root", "/var", "/usr/bin", "/sys"])
def test_the_hosts_files_cannot_be_changed(level: Level, directory: str) -> None:
    name = f"{directory}/seedpod-test-{os.getpid()}"
    try:
        can = could(name, os.O_CREAT | os.O_WRONLY)
        Path(name).unlink(missing_ok=True)
        script = f"( : > {name} ) 2>/dev/null && echo out"
        assert gets_out(script, level) == (level == "none" and can)
        assert Path(name).exists() == (level == "none" and can)
    finally:
        Path(name).unlink(missing_ok=True)


@in_a_view
@pytest.mark.parametrize("where", ["/", "/usr", "/etc/hosts", "/proc/sys"])
def test_what_is_read_only_stays_so(where: str) -> None:
    script = (
        f"mount -o remount,rw {where} && echo out\n"
        f"mount -o remount,rw,bind {where} && echo out\n"
        f"umount {where} && echo out"
    )
    assert not gets_out(script, "view")


@in_a_view
def test_nothing_of_the_host_is_shown_by_mounting(mark: Path) -> None:
    """The host's /tmp is beneath the container's own; so is its /run."""
    tricks = "; ".join(
        [
            "umount /tmp",
            "umount -l /tmp",
            "umount -R /",
            "mount --bind / /mnt",
            "mount --rbind / /mnt",
            "mount --make-rprivate /",
            "mount -o remount,rw /",
            "mount -o remount,rw,bind /",
            "mount --move /tmp /mnt",
            "mount -t proc proc /proc",
            f"cat {mark} /mnt{mark} /oldroot{mark} /proc/1/root{mark}",
            "touch /usr/seedpod-test && echo out",
            "echo core > /proc/sys/kernel/core_pattern && echo out",
        ]
    )
    for how in (
        "sh -c",
        "unshare -Urm sh -c",
        "unshare -Urmpf sh -c",
        "unshare -Urm unshare -Urm sh -c",
    ):
        script = f"{{ {how} {shlex.quote(tricks)}; }} 2>/dev/null"
        assert not gets_out(script, "view"), how
    assert not Path("/usr/seedpod-test").exists()


@in_a_view
def test_a_root_directory_cannot_be_climbed_out_of(mark: Path) -> None:
    """Who may change the root directory and has one open outside of it climbs to the real one."""
    climb = (
        "import os\n"
        "os.mkdir('/tmp/x'); outside = os.open('/', os.O_RDONLY); os.chroot('/tmp/x')\n"
        "os.fchdir(outside)\n"
        "for _ in range(100): os.chdir('..')\n"
        "os.chroot('.')\n"
        f"print(open({str(mark)!r}).read())"
    )
    for how in ("", "unshare -Ur "):
        assert not gets_out(f"{how}{python()} -c {shlex.quote(climb)} 2>/dev/null", "view")


def test_a_file_cannot_be_opened_by_its_number(level: Level, mark: Path) -> None:
    """By which everything on a file system can be had, wherever the root directory is.

    Source: the `shocker` attack on Docker, 2014.
    """
    number = handle_of(mark)
    if number is None:
        lacks("a file system for temporary files that can open by handle")
        return
    kind, data = number
    read = (
        "import ctypes, os, struct\n"
        f"data = bytes.fromhex({data.hex()!r})\n"
        f"handle = struct.pack('Ii', len(data), {kind}) + data\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "for place in ('/', '/tmp', '/run'):\n"
        "    mount = os.open(place, os.O_RDONLY)\n"
        "    fd = libc.open_by_handle_at(mount, handle, os.O_RDONLY)\n"
        "    if fd >= 0: print(os.read(fd, 9).decode())"
    )
    is_out = gets_out(f"{python()} -c {shlex.quote(read)}", level)
    assert is_out == (level == "none" and IS_ROOT)


def handle_of(path: Path) -> tuple[int, bytes] | None:
    libc = ctypes.CDLL(None, use_errno=True)
    handle = ctypes.create_string_buffer((128).to_bytes(4, "little"), 136)
    mount = ctypes.c_int()
    if libc.name_to_handle_at(-100, os.fsencode(path), handle, ctypes.byref(mount), 0) != 0:
        return None
    length, kind = (int.from_bytes(handle.raw[at : at + 4], "little") for at in (0, 4))
    return kind, handle.raw[8 : 8 + length]


def test_services_of_the_host_cannot_be_reached_by_their_sockets(level: Level) -> None:
    """Those with a name in the file system: /run/docker.sock, /var/run/dbus."""
    directory = "/run" if IS_ROOT else tempfile.gettempdir()
    path = f"{directory}/seedpod-test-{os.getpid()}.sock"
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.bind(path)
            server.listen()
            for name in (path, f"/var{path}"):
                connect = (
                    f"import socket; socket.socket(socket.AF_UNIX).connect({name!r}); print('out')"
                )
                can = level == "none" and Path(name).exists()
                script = f"{python()} -c {shlex.quote(connect)} 2>/dev/null"
                assert gets_out(script, level) == can
        finally:
            Path(path).unlink(missing_ok=True)


def test_the_hosts_environment_does_not_show(level: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDPOD_TEST_TOKEN", "of-the-host")
    script = "cat /proc/*/environ 2>/dev/null | grep -q of-the-host && echo out; env"
    assert gets_out(script, level) == (level == "none")
    shown = {line.partition("=")[0] for line in said("env", level)}
    assert ("SEEDPOD_TEST_TOKEN" in shown) == (level == "none")
    if level == "view":
        own = {"HOME", "HOSTNAME", "PATH", "PWD", "LANG", "LANGUAGE", "TZ"}
        assert {each for each in shown - own if not each.startswith("LC_")} == set()


def test_devices_of_the_host_cannot_be_made(level: Level, tmp_path: Path) -> None:
    """A container may make them, as in Kubernetes; but not open them."""
    number = Path("/").stat().st_dev
    script = "\n".join(
        f"mknod {where}/device {kind} && head -c 1 {where}/device > /dev/null && echo out"
        for where in (tmp_path if level == "none" else "/tmp", "/dev", "/dev/shm", "/data")
        for kind in (f"b {os.major(number)} {os.minor(number)}", "c 1 11", "c 1 1")
    )
    if level == "none":
        script = script.split("\n/dev")[0].split("\nmknod /dev")[0]
    mount = {"name": "data", "mountPath": "/data"}
    volumes = [{"name": "data", "emptyDir": {}}]
    with_volume: dict[str, Any] = (
        {"fields": {"volumeMounts": [mount]}, "volumes": volumes} if level == "view" else {}
    )
    assert gets_out(f"exec 2>/dev/null\n{script}", level, **with_volume) == (
        level == "none" and can_open_devices(tmp_path)
    )


def can_open_devices(directory: Path) -> bool:
    """Whether the host process can make its disk's device here, and read from it."""
    node = directory / "node"
    try:
        os.mknod(node, 0o600 | 0o060000, Path("/").stat().st_dev)
        return could(str(node), os.O_RDONLY)
    except OSError:
        return False
    finally:
        node.unlink(missing_ok=True)


def test_a_loader_is_not_led_astray_outside(level: Level, tmp_path: Path) -> None:
    """The container's variables are for what runs inside, not for what makes its view."""
    trace = tmp_path / "trace"
    tmp_path.chmod(0o777)
    env = [
        {"name": "LD_DEBUG", "value": "files"},
        {"name": "LD_DEBUG_OUTPUT", "value": str(trace)},
    ]
    gets_out("", level, fields={"env": env})
    assert bool(list(tmp_path.glob("trace*"))) == (level == "none")


@in_a_view
def test_a_loader_is_not_led_astray_before_the_user_has_changed() -> None:
    """It would load the container's own libraries while it is root still."""
    if not IS_ROOT:
        return  # nobody else has to change
    env = [
        {"name": "LD_DEBUG", "value": "files"},
        {"name": "LD_DEBUG_OUTPUT", "value": "/tmp/trace"},
    ]
    script = "unset LD_DEBUG; stat -c %u /tmp/trace*"
    owners = said(script, env=env, securityContext={"runAsUser": 1234})
    assert {each for each in owners if each.isdigit()} == {"1234"}


@in_a_view
def test_a_program_of_another_user_gives_nobody_his_powers(tmp_path: Path) -> None:
    if not IS_ROOT:
        return  # nobody else can make one
    program = tmp_path / "id"
    shutil.copy(shutil.which("id") or "/usr/bin/id", program)
    program.chmod(0o4755)
    tmp_path.chmod(0o755)
    fields: dict[str, Any] = {
        "securityContext": {"runAsUser": 1234},
        "volumeMounts": [{"name": "host", "mountPath": "/host"}],
    }
    volumes = [{"name": "host", "hostPath": {"path": str(tmp_path)}}]
    assert ran(container("/host/id -u", **fields), volumes=volumes).lines == ["1234"]


@in_a_view
def test_a_terminal_of_the_host_cannot_be_written_to() -> None:
    """There is none: not as standard input, not as the one that controls the session."""
    script = "exec 2>/dev/null; [ -t 0 ] && echo out; ( : > /dev/tty ) && echo out"
    assert not gets_out(script, "view")


@in_a_view
def test_an_ordinary_user_has_views_that_cannot_be_left_either() -> None:
    assert_passes_as_user(__file__)
