"""What a pod's `imagePullSecrets` hold, and what of it fits an image."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping

import pytest

from seedpod._core.image_names import repository
from seedpod._core.pull_secrets import Login, Unreadable, logins_for
from seedpod.spec import ObjectMeta, Secret


def secret_of(text: str, *, name: str = "regcred") -> Secret:
    return Secret(
        metadata=ObjectMeta(name=name),
        type="kubernetes.io/dockerconfigjson",
        data={".dockerconfigjson": text.encode()},
    )


def secret(auths: Mapping[str, object], *, name: str = "regcred") -> Secret:
    return secret_of(json.dumps({"auths": auths}), name=name)


def user(name: str) -> Mapping[str, object]:
    return {"username": name, "password": "p"}


def keys(*registries: str) -> Secret:
    """A secret with a user for each registry."""
    return secret({each: user("u") for each in registries})


def shown(image: str, *secrets: Secret) -> list[str]:
    """Whose logins the registry of an image is shown, in order."""
    logins = logins_for(image, secrets)
    assert not isinstance(logins, Unreadable)
    return [each.registry for each in logins]


def login(entry: object) -> Login:
    logins = logins_for("r.example/web:1", [secret({"r.example": entry})])
    assert not isinstance(logins, Unreadable)
    [found] = logins
    return found


def problem(*secrets: Secret) -> str:
    found = logins_for("r.example/web:1", secrets)
    assert isinstance(found, Unreadable)
    return found.message


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("image", "full"),
    [
        ("web", "docker.io/library/web"),
        ("web:1", "docker.io/library/web"),
        ("team/web:1", "docker.io/team/web"),
        ("docker.io/web:1", "docker.io/library/web"),
        ("index.docker.io/team/web:1", "docker.io/team/web"),
        ("r.example/web:1", "r.example/web"),
        ("r:5000/web:1", "r:5000/web"),
        ("localhost/web", "localhost/web"),
        (f"r.example/team/web@sha256:{'0' * 64}", "r.example/team/web"),
        (f"r.example/web:1@sha256:{'0' * 64}", "r.example/web"),
    ],
)
def test_an_image_belongs_to_a_repository_of_a_registry(image: str, full: str) -> None:
    assert repository(image) == full


def test_a_login_may_be_a_user_or_a_token() -> None:
    assert login({"username": "u", "password": "p"}) == Login(
        registry="r.example", username="u", password="p"
    )
    assert login({"auth": base64("u:p:q")}) == Login(
        registry="r.example", username="u", password="p:q"
    )
    assert login({"auth": base64("u:"), "identitytoken": "t"}) == Login(
        registry="r.example", username="u", identity_token="t"
    )
    assert login({"registrytoken": "t"}) == Login(registry="r.example", registry_token="t")


def test_base64_may_lack_its_padding_and_counts_before_the_plain_fields() -> None:
    entry = {"username": "x", "password": "y", "auth": base64("user:pw").rstrip("=")}
    assert base64("user:pw").endswith("=")
    assert login(entry) == Login(registry="r.example", username="user", password="pw")


def test_an_entry_with_nothing_to_show_is_none() -> None:
    assert shown("r.example/web:1", secret({"r.example": {}, "*.example": {"auth": None}})) == []


def test_what_a_login_shows_is_not_in_its_repr() -> None:
    entry = {"username": "u", "password": "hush", "identitytoken": "hush", "registrytoken": "hush"}
    assert "hush" not in repr(login(entry))


def test_the_older_type_of_secret_has_no_frame_around_the_registries() -> None:
    data = {".dockercfg": json.dumps({"r.example": user("u")}).encode()}
    older = Secret(type="kubernetes.io/dockercfg", data=data)
    assert shown("r.example/web:1", older) == ["r.example"]


@pytest.mark.parametrize(
    "other",
    [
        Secret(type="Opaque", data={".dockerconfigjson": b"{"}),
        Secret(type="kubernetes.io/dockerconfigjson", data={".dockercfg": b"{"}),
        Secret(type="kubernetes.io/dockerconfigjson", data={".dockerconfigjson": b""}),
    ],
)
def test_a_secret_of_another_kind_is_passed_over(other: Secret) -> None:
    assert shown("r.example/web:1", other, keys("r.example")) == ["r.example"]


@pytest.mark.parametrize(
    "registry",
    [
        "r.example",
        "https://r.example",
        "http://r.example/",
        "https://r.example/v1/",
        "r.example/v2/",
        "r.example/team",
        "r.example/v2/team",
        "*.example",
        "r*.ex*le",
        "*.*",
    ],
)
def test_a_registry_fits_by_its_host_and_the_beginning_of_its_path(registry: str) -> None:
    assert shown("r.example/team/web:1", keys(registry)) == [registry]


@pytest.mark.parametrize(
    "registry",
    [
        "r.example:5000",
        "example",
        "*",
        "*.r.example",
        "s.example",
        "r.example/other",
        "r.example/team/web/more",
        "r.exampl",
        "rxexample",
        "[a-z].example",
    ],
)
def test_another_host_or_port_or_path_does_not_fit(registry: str) -> None:
    assert shown("r.example/team/web:1", keys(registry)) == []


def test_a_port_is_part_of_a_registry() -> None:
    assert shown("r.example:5000/web", keys("r.example", "*.example:5000")) == ["*.example:5000"]


def test_a_longer_path_comes_before_a_shorter_one() -> None:
    every = keys("r.example", "r.example/team", "r.example/team/web", "*.example")
    assert shown("r.example/team/web:1", every) == [
        "r.example/team/web",
        "r.example/team",
        "r.example",
        "*.example",
    ]


def test_of_one_registry_the_secrets_keep_their_order() -> None:
    first = secret({"r.example": user("a")})
    second = secret({"https://r.example/v1/": user("b")})
    for secrets in ([first, second], [second, first]):
        logins = logins_for("r.example/web:1", secrets)
        assert not isinstance(logins, Unreadable)
        assert [each.username for each in logins] == (
            ["a", "b"] if secrets[0] is first else ["b", "a"]
        )


@pytest.mark.parametrize("image", ["web:1", "team/web", "docker.io/web:1", "index.docker.io/web"])
def test_an_image_of_docker_hub_fits_what_dockers_own_login_writes(image: str) -> None:
    hub = "https://index.docker.io/v1/"
    assert shown(image, keys(hub)) == [hub]
    assert shown(image, keys("docker.io")) == ["docker.io"]
    assert shown(image, keys(hub, "docker.io")) == ["docker.io"]
    assert shown(f"r.example/{image.rpartition('/')[2]}", keys(hub)) == []


def test_docker_hub_is_not_what_this_machine_serves() -> None:
    assert shown("localhost/web:1", keys("https://index.docker.io/v1/")) == []
    assert shown("localhost:5000/web:1", keys("localhost:5000")) == ["localhost:5000"]


def test_a_secret_that_is_no_configuration_says_where_and_nothing_of_what_it_holds() -> None:
    frame = 'image pull secret "regcred": .dockerconfigjson: '
    assert problem(secret_of("hush")) == f"{frame}must be JSON"
    assert problem(secret_of('"hush"')) == f"{frame[:-2]}: must be an object"
    assert problem(secret_of('{"auths": "hush"}')) == f"{frame}auths: must be an object"
    assert problem(secret({"r.example": "hush"})) == (
        f'{frame}auths["r.example"]: must be an object'
    )
    assert problem(secret({"r.example": {"password": ["hush"]}})) == (
        f'{frame}auths["r.example"].password: must be a string'
    )


@pytest.mark.parametrize("auth", ["hush!", base64("no colon"), b64encode(b"\xff:\xff").decode()])
def test_a_login_that_is_no_base64_of_a_user_and_a_password_is_refused(auth: str) -> None:
    assert problem(secret({"r.example": {"auth": auth}})) == (
        'image pull secret "regcred": .dockerconfigjson: auths["r.example"].auth:'
        " must be the base64 of username:password"
    )


def test_a_secret_without_registries_shows_nothing() -> None:
    for text in (
        "{}",
        "null",
        '{"auths": null}',
        '{"auths": {}}',
        '{"auths": {"r.example": null}}',
    ):
        assert shown("r.example/web:1", secret_of(text)) == []
