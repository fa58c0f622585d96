"""What a pod's `imagePullSecrets` hold, and what of it fits an image.

A secret has the form of Docker's configuration: by registry, what that registry is shown. A key is
a host with or without a port and a path; parts of the host may be globs: `*.example.com:5000/team`.
All that fit an image are tried, the longer path before the shorter.

Source: kubelet, pkg/credentialprovider: `MakeDockerKeyring`, `BasicDockerKeyring`.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, cast

import attrs

from seedpod._core.image_names import repository
from seedpod.spec import Secret

_FRAMED: Final = ".dockerconfigjson"
"""Here the registries are in `auths`."""
_KEYS: Final = {
    "kubernetes.io/dockerconfigjson": _FRAMED,
    "kubernetes.io/dockercfg": ".dockercfg",
}
"""By the type of a secret: the key of its configuration."""
_DOCKER_HUB: Final = "docker.io/"
_DOCKER_HUB_KEY: Final = "index.docker.io"
"""What Docker's own configuration calls it: `https://index.docker.io/v1/`."""


@attrs.frozen(kw_only=True)
class Login:
    """What one registry is shown."""

    registry: str
    """As it is written in the secret."""
    username: str = ""
    password: str = attrs.field(default="", repr=False)
    identity_token: str = attrs.field(default="", repr=False)
    registry_token: str = attrs.field(default="", repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        shown = (self.username, self.password, self.identity_token, self.registry_token)
        return not any(shown)


@attrs.frozen
class Unreadable:
    """A secret that is not what its type says."""

    message: str
    """Where and what is wrong, with nothing of what the secret holds."""


def logins_for(image: str, secrets: Iterable[Secret]) -> tuple[Login, ...] | Unreadable:
    """What to show the registry of *image*, in the order to try it.

    Args:
        image: Its name, well-formed.
        secrets: In the order of the pod's spec; those of other types do not count.
    """
    logins: list[Login] = []
    for secret in secrets:
        try:
            logins += _logins_in(secret)
        except _WrongFormError as error:
            return Unreadable(f'image pull secret "{secret.metadata.name}": {error}')
    return _fitting(repository(image), logins)


class _WrongFormError(Exception):
    """Something in a secret is not as it should be."""


def _logins_in(secret: Secret) -> Iterator[Login]:
    for registry, entry, where in _entries(secret):
        login = _login(registry, _object(entry, where), where)
        if not login.is_empty:
            yield login


def _entries(secret: Secret) -> Iterator[tuple[str, object, str]]:
    """Each registry, what belongs to it, and where that stands."""
    key = _KEYS.get(secret.type, "")
    text = secret.data.get(key)
    if not text:
        return
    try:
        config = _object(json.loads(text), key)
    except ValueError:
        # Not even as its cause: it would show the text.
        raise _WrongFormError(f"{key}: must be JSON") from None
    if key == _FRAMED:
        key = f"{key}: auths"
        config = _object(config.get("auths"), key)
    for registry, entry in config.items():
        yield registry, entry, f'{key}["{registry}"]'


def _login(registry: str, entry: Mapping[str, object], where: str) -> Login:
    def field(name: str) -> str:
        value = entry.get(name)
        if not isinstance(value, str | None):
            raise _WrongFormError(f"{where}.{name}: must be a string")
        return value or ""

    username, password, auth = field("username"), field("password"), field("auth")
    if auth:
        username, colon, password = _decoded(auth).partition(":")
        if not colon:
            wanted = "must be the base64 of username:password"
            raise _WrongFormError(f"{where}.auth: {wanted}")
    return Login(
        registry=registry,
        username=username,
        password=password,
        identity_token=field("identitytoken"),
        registry_token=field("registrytoken"),
    )


def _object(value: object, where: str) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _WrongFormError(f"{where}: must be an object")
    return cast("dict[str, object]", value)


def _decoded(text: str) -> str:
    """The text behind base64, with or without its padding; empty if that is not what it is."""
    text = text.strip()
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _fitting(repository: str, logins: Iterable[Login]) -> tuple[Login, ...]:
    keyed = [(_key(each.registry), each) for each in logins]
    keyed.sort(key=lambda pair: pair[0], reverse=True)
    found = tuple(login for key, login in keyed if _fits(key, repository))
    if found or not repository.startswith(_DOCKER_HUB):
        return found
    return tuple(login for key, login in keyed if key == _DOCKER_HUB_KEY)


def _key(registry: str) -> str:
    """Host and path of *registry*; a path that is a version of the registry's API is none."""
    host, slash, path = re.sub("^https?://", "", registry).partition("/")
    path = re.sub("^v[12]/", "", path)
    return f"{host}{slash}{path}" if path else host


def _fits(key: str, repository: str) -> bool:
    """Whether every part of the host fits, the port is the same, and the path begins so."""
    wanted_host, _, wanted_path = key.partition("/")
    host, _, path = repository.partition("/")
    if not path.startswith(wanted_path):
        return False
    (wanted_name, wanted_port), (name, port) = _split(wanted_host), _split(host)
    wanted, parts = wanted_name.split("."), name.split(".")
    return (
        wanted_port == port
        and len(wanted) == len(parts)
        and all(_is_like(glob, part) for glob, part in zip(wanted, parts, strict=True))
    )


def _split(host: str) -> tuple[str, str]:
    """Name and port; of an IPv6 address the colons are no port."""
    name, _, port = host.rpartition(":")
    return (name, port) if name and not port.endswith("]") else (host, "")


def _is_like(glob: str, part: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, glob.split("*"))), part) is not None
