"""The engines of the tests are whole and apart from others, and leave nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.executors.processes import becomes
from tests.plugins.docker.containers import IDLE, inspect, output_of, remove, start
from tests.plugins.docker.daemon import Daemon, DaemonError
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.engines import engine_of
from tests.plugins.docker.images import SMALL, load_image
from tests.plugins.docker.remains import (
    bridge_of,
    cgroups_of,
    mounts_below,
    private_directory,
    processes_of,
)

_ROOT = Path(__file__).parents[3]
_HOST = """
import sys
from tests.plugins.docker.containers import IDLE, start
from tests.plugins.docker.engines import engine_of
from tests.plugins.docker.images import SMALL, load_image
with engine_of("docker") as engine:
    load_image(engine, SMALL)
    start(engine, SMALL, *IDLE)
    print(engine.directory, flush=True)
    sys.stdin.read()
"""


def test_an_engine_stores_everything_in_its_own_directory(engine: Engine) -> None:
    status, told = engine.call("GET", "/info")
    assert status == 200
    assert json.loads(told)["DockerRootDir"].startswith(f"{engine.directory}/")
    assert len(str(engine.socket).encode()) < 100  # 107 is the limit of a socket's path


def test_an_engine_is_no_child_of_ours(engine: Engine) -> None:
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    assert processes_of(engine.directory)
    assert not set(map(int, children)) & set(processes_of(engine.directory))


def test_a_container_has_an_address_that_this_machine_reaches(engine: Engine) -> None:
    serve = "echo hello >/tmp/index.html; exec httpd -f -p 80 -h /tmp"
    container = start(engine, SMALL, "sh", "-c", serve)
    address = inspect(engine, container)["NetworkSettings"]["IPAddress"]

    def answers() -> bool:
        try:
            with socket.create_connection((address, 80), 5) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                return b"hello" in connection.makefile("rb").read()
        except OSError:
            return False

    assert becomes(answers, within=30)
    remove(engine, container)


def test_containers_share_a_network_of_their_own(engine: Engine) -> None:
    first = start(engine, SMALL, *IDLE)
    address = inspect(engine, first)["NetworkSettings"]["IPAddress"]
    joined = {"NetworkMode": f"container:{first}"}
    assert f" {address}/" in output_of(engine, SMALL, "ip", "address", HostConfig=joined)
    remove(engine, first)


def test_containers_are_found_by_label_dead_or_alive(engine: Engine) -> None:
    lives = start(engine, SMALL, *IDLE, Labels={"of": "ours"})
    dead = start(engine, SMALL, "true", Labels={"of": "ours"})
    other = start(engine, SMALL, "true", Labels={"of": "theirs"})
    assert {each["Id"] for each in engine.containers("of=ours")} == {lives, dead}
    assert {each["Id"] for each in engine.containers()} == {lives, dead, other}
    engine.remove_containers()
    assert engine.containers() == []


def test_a_container_goes_although_another_shares_its_network(engine: Engine) -> None:
    first = start(engine, SMALL, *IDLE)
    start(engine, SMALL, *IDLE, HostConfig={"NetworkMode": f"container:{first}"})
    engine.remove_containers()
    assert engine.containers() == []


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_an_engine_that_was_ended_starts_again_with_what_it_stored(
    engine: Engine, by: signal.Signals
) -> None:
    container = start(engine, SMALL, *IDLE)
    engine.stop(by)
    assert not engine.answers()
    engine.start()
    assert [each["Id"] for each in engine.containers()] == [container]
    remove(engine, container)


def test_an_engine_that_does_not_come_up_says_what_it_said(tmp_path: Path) -> None:
    command = ("sh", "-c", "echo no room on device; exit 1")
    daemon = Daemon(directory=tmp_path, command=command, environment={"PATH": os.environ["PATH"]})
    refuses = Engine(kind="docker", directory=tmp_path, socket=tmp_path / "socket", daemon=daemon)
    with pytest.raises(DaemonError, match="it ended before it answered\nno room on device"):
        refuses.start()


@pytest.mark.parametrize("was_killed", [False, True])
def test_nothing_of_an_engine_is_left(engine: Engine, was_killed: bool) -> None:
    with engine_of(engine.kind) as other:
        load_image(other, SMALL)
        first = start(other, SMALL, *IDLE)
        start(other, SMALL, *IDLE, HostConfig={"NetworkMode": f"container:{first}"})
        namespace = Path(inspect(other, first)["NetworkSettings"]["SandboxKey"])
        assert all(_remains(other.directory, first, namespace).values())
        if was_killed:
            other.stop(signal.SIGKILL)
    assert not any(_remains(other.directory, first, namespace).values())
    assert engine.answers()


def test_what_a_killed_session_left_is_removed_by_the_next(docker: Engine) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOST],
        cwd=_ROOT,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as host:
        assert host.stdout
        directory = Path(host.stdout.readline().decode().strip())
        host.kill()
    assert processes_of(directory)
    assert mounts_below(directory)
    with private_directory() as own:
        assert own.exists()
    assert [each for each in (directory, own) if each.exists()] == []
    assert [*processes_of(directory), *mounts_below(directory), *cgroups_of(directory)] == []
    assert docker.answers()


def _remains(directory: Path, container: str, namespace: Path) -> dict[str, list[object]]:
    cgroups = [path for path, _, _ in os.walk("/sys/fs/cgroup") if container in path]
    return {
        "processes": [*processes_of(directory)],
        "mounts": [*mounts_below(directory)],
        "network interface": [*Path("/sys/class/net").glob(bridge_of(directory))],
        "network namespace": [namespace] if namespace.exists() else [],
        "control groups": [*cgroups, *cgroups_of(directory)],
        "directory": [directory] if directory.exists() else [],
    }
