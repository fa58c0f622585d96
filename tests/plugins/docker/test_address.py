"""The engine that is meant is the one the `docker` command would mean."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest

from seedpod.errors import ExecutorError
from seedpod_docker import _address
from seedpod_docker._address import TLS, Address, find_address
from tests.plugins.docker.certificates import CLIENT, HOST, distrust, engine, lock, shake_hands


class Sockets:
    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory = directory
        self._stack = stack

    def listen(self, path: str) -> None:
        listening = self._stack.enter_context(socket.socket(socket.AF_UNIX))
        (self.directory / path).parent.mkdir(parents=True, exist_ok=True)
        listening.bind(str(self.directory / path))

    def found(self, environ: Mapping[str, str]) -> str:
        found = find_address({"HOME": str(self.directory), **environ})
        assert found.kind == "unix"
        return str(Path(found.path).relative_to(self.directory))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".docker").mkdir()
    return tmp_path


@pytest.fixture
def sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sockets]:
    """A machine with the sockets a test makes, and no others."""
    monkeypatch.setattr(_address, "_SOCKET", tmp_path / "docker.sock")
    monkeypatch.setattr(_address, "_PODMAN_SOCKET", tmp_path / "podman.sock")
    with ExitStack() as stack:
        yield Sockets(tmp_path, stack)


def config(home: Path, text: str) -> None:
    (home / ".docker/config.json").write_text(text)


def context(home: Path, name: str, meta: object, tls: tuple[str, ...] = ()) -> str:
    """Keep a context, with these files for TLS; return where its description is."""
    folder = sha256(name.encode()).hexdigest()
    path = home / ".docker/contexts/meta" / folder / "meta.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(meta))
    for file in tls:
        path = home / ".docker/contexts/tls" / folder / "docker" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return str(home / ".docker/contexts/meta" / folder / "meta.json")


def endpoint(host: str, **more: bool) -> object:
    return {"Name": "any", "Metadata": {}, "Endpoints": {"docker": {"Host": host, **more}}}


def title(environ: Mapping[str, str], host: str = "") -> str:
    return find_address(environ, host).title


def refusal(environ: Mapping[str, str], host: str = "") -> str:
    with pytest.raises(ExecutorError) as caught:
        find_address(environ, host)
    assert caught.value.executor == "docker"
    return caught.value.message


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("unix:///run/x.sock", Address(kind="unix", path="/run/x.sock")),
        ("unix://", Address(kind="unix", path="/var/run/docker.sock")),
        ("/run/x.sock", Address(kind="unix", path="/run/x.sock")),
        ("tcp://build.example:99", Address(kind="tcp", host="build.example", port=99)),
        (" tcp://build.example \n", Address(kind="tcp", host="build.example", port=2375)),
        ("tcp://", Address(kind="tcp", host="localhost", port=2375)),
        ("tcp://:99", Address(kind="tcp", host="localhost", port=99)),
        ("tcp://[fd00::1]:99/", Address(kind="tcp", host="[fd00::1]", port=99)),
        ("build.example:99", Address(kind="tcp", host="build.example", port=99)),
        ("http://build.example", Address(kind="tcp", host="build.example", port=80)),
        ("https://build.example", Address(kind="tcp", host="build.example", port=443, tls=TLS())),
    ],
)
def test_a_host_is_understood(host: str, address: Address) -> None:
    assert find_address({"DOCKER_HOST": host}) == address
    assert find_address({"DOCKER_HOST": "tcp://another"}, host) == address


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("ssh://me@build.example", "and ssh:// is not spoken; forward the socket"),
        ("npipe:////./pipe/docker_engine", "and npipe:// is not spoken; Windows"),
        ("fd://3", "and fd:// is not spoken; only an engine listens there"),
        ("ftp://build.example", "and ftp:// is not spoken; name a socket with unix://"),
        ("tcp://build.example:port", "Port could not be cast to integer"),
        ("tcp://build.example:99/docker", "wanted a host and a port and no more"),
        ("tcp://me@build.example:99", "wanted a host and a port and no more"),
    ],
)
def test_a_host_is_refused(host: str, reason: str) -> None:
    assert refusal({"DOCKER_HOST": host}).startswith(f"DOCKER_HOST is {host}")
    assert reason in refusal({"DOCKER_HOST": host})
    assert refusal({}, host).startswith(f"the host is {host}")


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("unix:///run/x.sock", True),
        ("tcp://localhost", True),
        ("tcp://127.8.9.10:99", True),
        ("tcp://[::1]:99", True),
        ("tcp://10.0.0.1", False),
        ("tcp://localhost.example", False),
    ],
)
def test_an_address_is_local(host: str, is_local: bool) -> None:
    assert find_address({}, host).is_local is is_local


def test_a_title_is_what_a_user_would_write() -> None:
    for host in ("unix:///run/x.sock", "tcp://build.example:99", "tcp://[fd00::1]:99"):
        assert title({}, host) == host


def test_what_decides_comes_in_an_order(home: Path) -> None:
    for name in ("current", "chosen"):
        context(home, name, endpoint(f"tcp://{name}:1"))
    environ = {"HOME": str(home)}
    assert title(environ).startswith("unix://")
    config(home, '{"currentContext": "current"}')
    assert title(environ) == "tcp://current:1"
    environ["DOCKER_CONTEXT"] = "chosen"
    assert title(environ) == "tcp://chosen:1"
    environ["DOCKER_HOST"] = "tcp://variable:1"
    assert title(environ) == "tcp://variable:1"
    assert title(environ, "tcp://argument:1") == "tcp://argument:1"


def test_the_context_default_is_none(home: Path) -> None:
    config(home, '{"currentContext": "default"}')
    assert title({"HOME": str(home)}).startswith("unix://")
    context(home, "current", endpoint("tcp://current:1"))
    config(home, '{"currentContext": "current"}')
    assert title({"HOME": str(home), "DOCKER_CONTEXT": "default"}).startswith("unix://")


def test_settings_may_be_elsewhere(home: Path) -> None:
    context(home, "there", endpoint("tcp://there:1"))
    environ = {"HOME": "/nowhere", "DOCKER_CONFIG": str(home / ".docker")}
    assert title({**environ, "DOCKER_CONTEXT": "there"}) == "tcp://there:1"


def test_a_context_brings_its_own_files(home: Path) -> None:
    files = ("ca.pem", "cert.pem", "key.pem")
    context(home, "full", endpoint("tcp://full:1"), files)
    context(home, "lax", endpoint("tcp://lax:1", SkipTLSVerify=True))
    context(home, "clear", endpoint("tcp://clear:1", SkipTLSVerify=False))
    environ = {"HOME": str(home), "DOCKER_TLS_VERIFY": "1"}
    folder = home / ".docker/contexts/tls" / sha256(b"full").hexdigest() / "docker"
    ca, cert, key = (folder / file for file in files)
    tls = [
        find_address({**environ, "DOCKER_CONTEXT": name}).tls for name in ("full", "lax", "clear")
    ]
    assert tls == [TLS(ca=ca, cert=cert, key=key), TLS(is_verified=False), None]


def test_a_context_may_be_at_a_socket(home: Path) -> None:
    context(home, "rootless", endpoint("unix:///run/user/1/docker.sock", SkipTLSVerify=True))
    found = find_address({"HOME": str(home), "DOCKER_CONTEXT": "rootless"})
    assert found == Address(kind="unix", path="/run/user/1/docker.sock")
    assert found.ssl_context() is None


def test_a_context_that_cannot_be_used_is_refused_by_its_file(home: Path) -> None:
    environ = {"HOME": str(home), "DOCKER_CONTEXT": "x"}
    assert "there is no Docker context 'x': " in refusal(environ)
    path = context(home, "x", {"Endpoints": {"kubernetes": {}}})
    assert refusal(environ) == f"{path} names no host of a Docker Engine"
    Path(path).write_text("{")
    assert refusal(environ).startswith(f"{path} is not JSON: ")
    Path(path).write_text("[]")
    assert refusal(environ) == f"{path} must hold a JSON object"
    Path(path).write_text(json.dumps(endpoint("ssh://build.example")))
    assert refusal(environ).startswith("Docker context 'x' is ssh://build.example, and ")


def test_broken_settings_are_refused_where_they_would_decide(home: Path) -> None:
    config(home, "{")
    assert refusal({"HOME": str(home)}).startswith(f"{home}/.docker/config.json is not JSON: ")
    assert title({"HOME": str(home), "DOCKER_HOST": "tcp://x:1"}) == "tcp://x:1"
    (home / ".docker/config.json").unlink()
    (home / ".docker/config.json").mkdir()
    sentence = f"{home}/.docker/config.json cannot be read: Is a directory"
    assert refusal({"HOME": str(home)}) == sentence


def test_variables_ask_for_tls(home: Path) -> None:
    folder = home / ".docker"
    environ = {"HOME": str(home), "DOCKER_HOST": "tcp://x:1"}
    assert find_address(environ).tls is None
    lax = find_address({**environ, "DOCKER_TLS": "1"}).tls
    assert lax == TLS(ca=folder / "ca.pem", is_verified=False)
    (folder / "cert.pem").touch()
    (folder / "key.pem").touch()
    strict = find_address({**environ, "DOCKER_TLS_VERIFY": "1"}).tls
    assert strict == TLS(ca=folder / "ca.pem", cert=folder / "cert.pem", key=folder / "key.pem")
    elsewhere = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs"}
    assert find_address({**environ, **elsewhere}).tls == TLS(ca=Path("/certs/ca.pem"))


def test_variables_that_ask_for_tls_and_nothing_else_mean_this_host(home: Path) -> None:
    found = find_address({"HOME": str(home), "DOCKER_TLS_VERIFY": "1"})
    assert (found.title, found.is_local) == ("tcp://localhost:2376", True)
    assert found.tls == TLS(ca=home / ".docker/ca.pem")


def test_nothing_is_encrypted_at_a_socket() -> None:
    found = find_address({"DOCKER_HOST": "unix:///x", "DOCKER_TLS_VERIFY": "1"})
    assert found.tls is None


def test_the_first_socket_that_is_there_is_taken(sockets: Sockets) -> None:
    environ = {"XDG_RUNTIME_DIR": str(sockets.directory / "user")}
    assert sockets.found(environ) == "docker.sock"  # and the message will name it
    sockets.listen("podman.sock")
    assert sockets.found(environ) == "podman.sock"
    sockets.listen("user/podman/podman.sock")
    assert sockets.found(environ) == "user/podman/podman.sock"
    assert sockets.found({}) == "podman.sock"
    sockets.listen("user/docker.sock")
    assert sockets.found(environ) == "user/docker.sock"
    sockets.listen("docker.sock")
    assert sockets.found(environ) == "docker.sock"


def test_what_is_no_socket_is_not_there(sockets: Sockets) -> None:
    (sockets.directory / "user").mkdir()
    (sockets.directory / "user/docker.sock").mkdir()
    sockets.listen("podman.sock")
    assert sockets.found({"XDG_RUNTIME_DIR": str(sockets.directory / "user")}) == "podman.sock"


def tls_at(folder: Path, **variables: str) -> ssl.SSLContext:
    environ = {"DOCKER_HOST": f"tcp://{HOST}", "DOCKER_CERT_PATH": str(folder), **variables}
    found = find_address(environ).ssl_context()
    assert found is not None
    return found


def test_both_sides_prove_who_they_are(tmp_path: Path) -> None:
    server = engine(tmp_path)
    assert shake_hands(tls_at(tmp_path, DOCKER_TLS_VERIFY="1"), server, HOST) == CLIENT


def test_another_authority_is_not_trusted(tmp_path: Path) -> None:
    server = engine(tmp_path)
    distrust(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(tls_at(tmp_path, DOCKER_TLS_VERIFY="1"), server, HOST)
    assert shake_hands(tls_at(tmp_path, DOCKER_TLS="1"), server, HOST) == CLIENT


def test_another_host_is_not_trusted(tmp_path: Path) -> None:
    server = engine(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(tls_at(tmp_path, DOCKER_TLS_VERIFY="1"), server, "other.example")
    assert shake_hands(tls_at(tmp_path, DOCKER_TLS="1"), server, "other.example") == CLIENT


def tls_refusal(folder: Path) -> str:
    with pytest.raises(ExecutorError) as caught:
        tls_at(folder, DOCKER_TLS_VERIFY="1")
    return caught.value.message


def test_an_authority_that_is_missing_or_broken_is_refused(tmp_path: Path) -> None:
    sentence = f"{tmp_path}/ca.pem cannot be used for TLS: No such file or directory"
    assert tls_refusal(tmp_path) == sentence
    (tmp_path / "ca.pem").write_text("no certificate")
    assert tls_refusal(tmp_path).startswith(f"{tmp_path}/ca.pem cannot be used for TLS: ")


def test_a_key_is_not_asked_for_a_password(tmp_path: Path) -> None:
    engine(tmp_path)
    lock(tmp_path / "key.pem")
    assert tls_refusal(tmp_path).startswith(f"{tmp_path}/key.pem cannot be used for TLS: ")
    (tmp_path / "key.pem").write_text("no key")
    assert tls_refusal(tmp_path).startswith(f"{tmp_path}/key.pem cannot be used for TLS: ")
