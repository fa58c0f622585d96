"""Engines for tests: a Docker and a Podman of their own, beside whatever runs on the machine.

Their directories, socket, network and control groups are no other engine's. They need root, and
are no children of the process that starts them.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.plugins.docker.daemon import Daemon, DaemonError
from tests.plugins.docker.engine import Engine, Kind
from tests.plugins.docker.podman_files import write_podman_files
from tests.plugins.docker.remains import bridge_of, private_directory

_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PROGRAMS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "docker": ("dockerd", "containerd", "runc", "ip", "setsid", "umount"),
    "podman": ("podman", "conmon", "runc", "ip", "iptables", "setsid", "umount"),
}
_CNI_PLUGINS: Final = ("bridge", "portmap", "tuning")
_CNI_DIRECTORY: Final = Path("/usr/lib/cni")


def lacking(kind: Kind) -> list[str]:
    """What this machine lacks to run such an engine."""
    found = [] if os.geteuid() == 0 else ["root"]
    found += [each for each in _PROGRAMS[kind] if shutil.which(each, path=_PATH) is None]
    if kind == "podman":
        plugins = [_CNI_DIRECTORY / each for each in _CNI_PLUGINS]
        found += [str(each) for each in plugins if not each.exists()]
    return [f"{each}, for a {kind} of the tests' own" for each in found]


@contextmanager
def engine_of(kind: Kind) -> Generator[Engine]:
    """An engine of this kind; nothing of it is left afterwards."""
    with docker_engine() if kind == "docker" else podman_engine() as engine:
        yield engine


@contextmanager
def docker_engine() -> Generator[Engine]:
    """A Docker Engine with a containerd and a bridge of its own.

    It changes no rule of the machine's firewall: its containers reach one another and this
    machine, and nothing beyond. A download that is cut off is not tried again.

    Raises:
        DaemonError: It does not start.
    """
    with private_directory() as directory:
        _add_bridge(bridge_of(directory))
        (directory / "daemon.json").write_text("{}")  # not the machine's own

        def engine_with(driver: str) -> Engine:
            return _engine("docker", directory, _dockerd(directory, driver), {})

        with _running(engine_with, ("overlay2", "vfs")) as engine:
            yield engine


@contextmanager
def podman_engine() -> Generator[Engine]:
    """Podman behind its Docker-compatible API, with a network of its own.

    Raises:
        DaemonError: It does not start.
    """
    with private_directory() as directory:
        files = write_podman_files(directory, bridge_of(directory), _free_subnet())

        def engine_with(driver: str) -> Engine:
            return _engine("podman", directory, _podman(directory, driver), files)

        with _running(engine_with, ("overlay", "vfs")) as engine:
            yield engine


@contextmanager
def _running(engine_with: Callable[[str], Engine], drivers: tuple[str, ...]) -> Generator[Engine]:
    engine = _started(engine_with, drivers)
    try:
        yield engine
    finally:
        if not engine.answers():
            engine.start()  # its containers, and their networks, are best known to itself
        engine.remove_containers()
        engine.stop()


def _started(engine_with: Callable[[str], Engine], drivers: tuple[str, ...]) -> Engine:
    """The engine with the first storage driver that works where its directory is."""
    *preferred, last = drivers
    for driver in preferred:
        engine = engine_with(driver)
        try:
            engine.start()
            return engine
        except DaemonError:
            engine.stop()
    engine = engine_with(last)
    engine.start()
    return engine


def _engine(
    kind: Kind, directory: Path, command: tuple[str, ...], environment: Mapping[str, str]
) -> Engine:
    everything = {"PATH": _PATH, "HOME": str(directory), "TMPDIR": str(directory), **environment}
    daemon = Daemon(directory=directory, command=command, environment=everything)
    return Engine(kind=kind, directory=directory, socket=_socket(directory), daemon=daemon)


def _socket(directory: Path) -> Path:
    return directory / "engine.sock"


def _dockerd(directory: Path, driver: str) -> tuple[str, ...]:
    return (
        *("dockerd", "--host", f"unix://{_socket(directory)}"),
        *("--data-root", f"{directory}/data", "--exec-root", f"{directory}/exec"),
        *("--pidfile", f"{directory}/dockerd.pid", "--config-file", f"{directory}/daemon.json"),
        *("--storage-driver", driver),
        *("--bridge", bridge_of(directory), "--iptables=false", "--ip-masq=false"),
        *("--cgroup-parent", f"/{directory.name}", "--exec-opt", "native.cgroupdriver=cgroupfs"),
        *("--max-download-attempts", "1"),
    )


def _podman(directory: Path, driver: str) -> tuple[str, ...]:
    return (
        *("podman", "--root", f"{directory}/root", "--runroot", f"{directory}/run"),
        *("--tmpdir", f"{directory}/tmp", "--storage-driver", driver),
        *("system", "service", "--time", "0", f"unix://{_socket(directory)}"),
    )


def _add_bridge(name: str) -> None:
    _ip("link", "add", name, "type", "bridge")
    _ip("address", "add", _free_subnet().replace(".0/", ".1/"), "dev", name)
    _ip("link", "set", name, "up")


def _free_subnet() -> str:
    """A subnet that no interface of this machine is in."""
    used = _ip("-4", "-oneline", "address")
    free = [f"10.213.{each}." for each in range(256) if f" 10.213.{each}." not in used]
    return f"{random.choice(free)}0/24"


def _ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
    return done.stdout
