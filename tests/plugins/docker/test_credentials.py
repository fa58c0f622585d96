"""A registry is shown what `docker login` has left for it, and nothing that is somebody else's."""

from __future__ import annotations

import base64
import json
import logging
from pathlib import Path

import anyio
import pytest

from seedpod.abc import RegistryCredentials
from seedpod_docker import _credentials
from seedpod_docker._credentials import (
    CredentialsError,
    find_credentials,
    header,
    own_credentials,
    registry_of,
)
from tests.executors.processes import becomes, is_alive

REGISTRY = "registry.example:5000"
HUB = "docker.io"
MINE = {"auth": base64.b64encode(b"me:p:w").decode()}


class Login:
    """Docker's settings, and the helpers that are installed."""

    def __init__(self, home: Path, backend: str) -> None:
        self.home = home
        self.backend = backend
        self.environ = {"HOME": str(home), "PATH": f"{home}:/usr/bin:/bin"}
        (home / ".docker").mkdir()

    def settings(self, **settings: object) -> None:
        (self.home / ".docker/config.json").write_text(json.dumps(settings))

    def helper(self, name: str, script: str) -> None:
        program = self.home / f"docker-credential-{name}"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def found(self, registry: str = REGISTRY) -> RegistryCredentials | None:
        return anyio.run(find_credentials, registry, self.environ, backend=self.backend)

    def refusal(self, registry: str = REGISTRY) -> str:
        with pytest.raises(CredentialsError) as caught:
            self.found(registry)
        return str(caught.value)


@pytest.fixture
def login(tmp_path: Path, backend: str) -> Login:
    return Login(tmp_path, backend)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def answer(username: str, secret: str) -> str:
    return f"echo '{json.dumps({'ServerURL': 'x', 'Username': username, 'Secret': secret})}'"


def person(registry: str = REGISTRY) -> RegistryCredentials:
    return RegistryCredentials(registry=registry, username="me", password="p:w")


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("web", HUB),
        ("web:1.2", HUB),
        ("web@sha256:0123", HUB),
        ("library/web", HUB),
        ("docker.io/library/web", HUB),
        ("index.docker.io/library/web", HUB),
        ("localhost", HUB),
        ("localhost/x", "localhost"),
        ("localhost:5000/x", "localhost:5000"),
        ("host:5000/x:1@sha256:0123", "host:5000"),
        ("registry.example/a/b/c", "registry.example"),
        ("HOST/x", "HOST"),
        ("[fd00::1]:5000/x", "[fd00::1]:5000"),
    ],
)
def test_an_image_is_of_a_registry(image: str, registry: str) -> None:
    assert registry_of(image) == registry


def shown(credentials: RegistryCredentials, registry: str = REGISTRY) -> object:
    return json.loads(base64.urlsafe_b64decode(header(credentials, registry)))


def test_a_registry_is_shown_a_name_and_a_password_or_a_token() -> None:
    credentials = RegistryCredentials(registry="x", username="me", password="ÿ?>~")
    assert "+" not in header(credentials, REGISTRY)
    assert "/" not in header(credentials, REGISTRY)
    content = {"username": "me", "password": "ÿ?>~"}
    assert shown(credentials) == {**content, "serveraddress": REGISTRY}
    hub = "https://index.docker.io/v1/"
    assert shown(credentials, HUB) == {**content, "serveraddress": hub}
    identity = RegistryCredentials(registry="x", username="me", identity_token="t")
    assert shown(identity) == {"identitytoken": "t", "serveraddress": REGISTRY}
    assert shown(RegistryCredentials(registry="x", registry_token="t")) == {"registrytoken": "t"}


def test_without_settings_there_is_nothing(login: Login) -> None:
    assert login.found() is None
    login.settings(auths={})
    assert login.found() is None
    login.settings(auths={REGISTRY: {}, HUB: {"auth": encoded("a:b")}})
    assert login.found() is None


@pytest.mark.parametrize(
    ("entry", "fields"),
    [
        (MINE, {"username": "me", "password": "p:w"}),
        ({"auth": encoded("me:pw\0\0")}, {"username": "me", "password": "pw"}),
        ({"username": "me", "password": "pw"}, {"username": "me", "password": "pw"}),
        (
            {"auth": encoded("me:pw"), "username": "you", "password": "other"},
            {"username": "me", "password": "pw"},
        ),
        (
            {"auth": encoded("me:"), "identitytoken": "t"},
            {"username": "me", "identity_token": "t"},
        ),
        ({"registrytoken": "t"}, {"registry_token": "t"}),
    ],
)
def test_settings_hold_credentials(
    login: Login, entry: dict[str, str], fields: dict[str, str]
) -> None:
    login.settings(auths={REGISTRY: entry})
    assert login.found() == RegistryCredentials(registry=REGISTRY, **fields)
    assert login.found("registry.example") is None


@pytest.mark.parametrize(
    ("key", "registry"),
    [
        ("https://index.docker.io/v1/", HUB),
        ("index.docker.io", HUB),
        ("docker.io", HUB),
        ("https://registry.example:5000", REGISTRY),
        ("https://registry.example:5000/v1/", REGISTRY),
        ("registry.example:5000/v2/", REGISTRY),
    ],
)
def test_an_entry_has_its_registry_for_a_key(login: Login, key: str, registry: str) -> None:
    login.settings(auths={"other.example": {"auth": encoded("a:b")}, key: MINE})
    assert login.found(registry) == person(registry)
    assert login.found("third.example") is None


def test_the_exact_key_comes_first(login: Login) -> None:
    old = {"auth": encoded("old:old")}
    login.settings(auths={f"https://{REGISTRY}/v1/": old, REGISTRY: MINE})
    assert login.found() == person()


@pytest.mark.parametrize("auth", ["?", encoded("nobody"), encoded("me:pw") + "!", "/w=="])
def test_what_is_no_name_and_password_is_said_so(login: Login, auth: str) -> None:
    login.settings(auths={REGISTRY: {"auth": auth}})
    sentence = f'in config.json auths["{REGISTRY}"].auth is not a name and a password in base64'
    assert login.refusal() == sentence


def test_broken_settings_are_said_to_be(login: Login) -> None:
    (login.home / ".docker/config.json").write_text("{")
    assert login.refusal().startswith(f"{login.home}/.docker/config.json is not JSON: ")


def test_a_helper_is_asked(login: Login) -> None:
    asked = login.home / "asked"
    login.helper("store", f'echo "$1 $(cat)" >{asked}; {answer("me", "p:w")}')
    login.settings(credsStore="store", auths={REGISTRY: {"auth": encoded("a:b")}})
    assert login.found() == person()
    assert asked.read_text() == f"get {REGISTRY}\n"
    assert login.found(HUB) == person(HUB)
    assert asked.read_text() == "get https://index.docker.io/v1/\n"


def test_a_registry_may_have_a_helper_of_its_own(login: Login) -> None:
    login.helper("store", answer("store", "pw"))
    login.helper("cloud", answer("cloud", "pw"))
    login.settings(
        credsStore="store",
        credHelpers={REGISTRY: "cloud", "plain.example": ""},
        auths={"plain.example": MINE},
    )
    names = [found.username for each in (REGISTRY, HUB) if (found := login.found(each))]
    assert names == ["cloud", "store"]
    assert login.found("plain.example") == person("plain.example")


def test_a_helper_may_have_a_token(login: Login) -> None:
    login.helper("store", answer("<token>", "t"))
    login.settings(credsStore="store")
    assert login.found() == RegistryCredentials(registry=REGISTRY, identity_token="t")


@pytest.mark.parametrize("stream", ["1", "2"])
def test_a_helper_may_have_nothing(login: Login, stream: str) -> None:
    login.helper("store", f"echo credentials not found in native keychain >&{stream}; exit 1")
    login.settings(credsStore="store")
    assert login.found() is None


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo noise; echo the keychain is locked; exit 1", "has failed: the keychain is locked"),
        ("echo no network >&2; exit 1", "has failed: no network"),
        ("exit 3", "has failed: exit status 3"),
        ("kill -9 $$", "has failed: exit status -9"),
        ("echo hunter2", "has answered what is not understood"),
        ("echo '[\"hunter2\"]'", "has answered what is not understood"),
        ('echo \'{"Secret": "hunter2"}\'', "has answered what is not understood"),
    ],
)
def test_a_helper_that_fails_is_named(login: Login, script: str, reason: str) -> None:
    login.helper("store", script)
    login.settings(credsStore="store")
    assert login.refusal() == f"docker-credential-store {reason}"


def test_a_helper_that_cannot_be_run_is_named(login: Login) -> None:
    login.settings(credsStore="store")
    program = "docker-credential-store"
    assert login.refusal() == f"{program} cannot be run: No such file or directory"
    (login.home / program).touch()
    assert login.refusal() == f"{program} cannot be run: Permission denied"


def test_a_helper_that_does_not_answer_is_killed(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_credentials, "_HELPER_SECONDS", 0.2)
    login.helper("store", "exec sleep 1000")
    login.settings(credsStore="store")
    sentence = "docker-credential-store has not answered within 0.2 seconds"
    assert login.refusal() == sentence


def test_a_helper_is_killed_by_cancellation(login: Login) -> None:
    login.helper(
        "store", 'echo $$ >"$HOME/pid.new"; mv "$HOME/pid.new" "$HOME/pid"; exec sleep 1000'
    )
    login.settings(credsStore="store")
    pid = login.home / "pid"

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(find_credentials, REGISTRY, login.environ)
            await anyio.to_thread.run_sync(becomes, pid.exists, 60)
            group.cancel_scope.cancel()

    anyio.run(main, backend=login.backend)
    assert not is_alive(int(pid.read_text()))


def test_an_image_may_be_public_whatever_becomes_of_a_helper(
    login: Login, caplog: pytest.LogCaptureFixture
) -> None:
    login.settings(credHelpers={REGISTRY: "gone"}, auths={HUB: MINE})

    def own(registry: str) -> tuple[RegistryCredentials, ...]:
        return anyio.run(own_credentials, registry, login.environ, backend=login.backend)

    assert own(HUB) == (person(HUB),)
    assert own("third.example") == ()
    assert not caplog.records
    assert own(REGISTRY) == ()
    [record] = caplog.records
    assert (record.name, record.levelno) == ("seedpod.docker", logging.WARNING)
    assert record.getMessage() == (
        f"no credentials for {REGISTRY}: "
        "docker-credential-gone cannot be run: No such file or directory"
    )


def test_settings_are_those_of_this_process_if_none_are_named(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(login.home / ".docker"))
    login.settings(auths={REGISTRY: MINE})
    assert anyio.run(own_credentials, REGISTRY, backend=login.backend) == (person(),)
