"""Docker's own credentials for an image: what `docker login` has left, in a file or with a helper.

Source: https://docs.docker.com/reference/cli/docker/login/#credential-stores; docker/cli,
cli/config/credentials; docker/docker-credential-helpers, client/client.go.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from logging import getLogger
from subprocess import CompletedProcess
from tempfile import TemporaryFile
from typing import Final

from anyio import fail_after, run_process

from seedpod.abc import RegistryCredentials
from seedpod.errors import ExecutorError
from seedpod_docker._config import read_config
from seedpod_docker._json import Table, table_in, text_in

_LOG: Final = getLogger("seedpod.docker")
_HUB: Final = "docker.io"
_HUB_KEY: Final = "https://index.docker.io/v1/"
_HUB_NAMES: Final = (_HUB_KEY, _HUB, "index.docker.io")
"""What its credentials are kept under: the first by Docker, the others by hand."""
_HELPER_SECONDS: Final = 30.0
"""How long a helper may take; some ask a service in the net."""
_TOKEN_USER: Final = "<token>"  # noqa: S105 (the name of nobody: the secret is a token)
_NOT_FOUND: Final = "credentials not found"


class CredentialsError(Exception):
    """Credentials that may be there cannot be had; one sentence."""


def registry_of(image: str) -> str:
    """The registry *image* is fetched from, without a scheme: `docker.io`, `localhost:5000`."""
    host, slash, _ = image.partition("/")
    is_host = host == "localhost" or host != host.lower() or not set(host).isdisjoint(".:")
    return host if slash and is_host and host not in _HUB_NAMES else _HUB


def header(credentials: RegistryCredentials, registry: str) -> str:
    """The value of `X-Registry-Auth` that shows *credentials* to *registry* (of `registry_of`)."""
    if credentials.registry_token:
        shown = {"registrytoken": credentials.registry_token}
    elif credentials.identity_token:
        shown = {"identitytoken": credentials.identity_token, "serveraddress": _key(registry)}
    else:
        shown = {
            "username": credentials.username,
            "password": credentials.password,
            "serveraddress": _key(registry),
        }
    return base64.urlsafe_b64encode(json.dumps(shown).encode()).decode()


async def own_credentials(
    registry: str, environ: Mapping[str, str] | None = None
) -> tuple[RegistryCredentials, ...]:
    """What Docker has of its own for *registry*: often nothing.

    That something cannot be had is logged as a warning, no more: an image may be public. Who wants
    to know why asks `find_credentials`.

    Cancellation: the helper is killed.

    Args:
        registry: Of `registry_of`.
        environ: The variables of the environment; None: those of this process.
    """
    try:
        found = await find_credentials(registry, os.environ if environ is None else environ)
    except CredentialsError as error:
        _LOG.warning("no credentials for %s: %s", registry, error)
        return ()
    return () if found is None else (found,)


async def find_credentials(registry: str, environ: Mapping[str, str]) -> RegistryCredentials | None:
    """Find what the `docker` command would show *registry*; None if that is nothing.

    The helper its settings name for the registry is asked, else the one for all registries, and
    given 30 seconds; without either, the settings themselves hold what `docker login` has left.

    Cancellation: the helper is killed.

    Raises:
        CredentialsError: The settings cannot be read, or the helper is missing or fails.
    """
    try:
        config = read_config(environ)
    except ExecutorError as error:
        raise CredentialsError(error.message) from error
    if helper := _helper(config, registry):
        return await _of_helper(helper, registry, environ)
    return _of_config(config, registry)


def _key(registry: str) -> str:
    """What Docker keeps the credentials for *registry* under."""
    return _HUB_KEY if registry == _HUB else registry


def _names(registry: str) -> tuple[str, ...]:
    """All that credentials for *registry* may be kept under."""
    return _HUB_NAMES if registry == _HUB else (registry,)


def _helper(config: Table, registry: str) -> str:
    """The name of the helper that knows of *registry*; empty: the file itself does."""
    helpers = table_in(config, "credHelpers")
    for name in _names(registry):
        if name in helpers:  # an empty one too: this registry is in the file
            return text_in(helpers, name)
    return text_in(config, "credsStore")


async def _of_helper(
    helper: str, registry: str, environ: Mapping[str, str]
) -> RegistryCredentials | None:
    program = f"docker-credential-{helper}"
    answer = await _asked(program, registry, environ)
    output = answer.stdout.decode(errors="replace").strip()
    if answer.returncode:
        said = output or answer.stderr.decode(errors="replace").strip()
        if _NOT_FOUND in said.lower():
            return None
        lines = said.splitlines() or [f"exit status {answer.returncode}"]
        raise CredentialsError(f"{program} has failed: {lines[-1]}")
    try:
        found = json.loads(output)
        username, secret = str(found["Username"]), str(found["Secret"])
    except (ValueError, TypeError, KeyError):
        # Neither the answer nor the cause: both may show the secret.
        raise CredentialsError(f"{program} has answered what is not understood") from None
    if username == _TOKEN_USER:
        return RegistryCredentials(registry=registry, identity_token=secret)
    return RegistryCredentials(registry=registry, username=username, password=secret)


async def _asked(
    program: str, registry: str, environ: Mapping[str, str]
) -> CompletedProcess[bytes]:
    # A file, not a pipe: a helper that ends without reading would break a pipe, and what it said
    # would be lost.
    with TemporaryFile() as question:
        question.write(_key(registry).encode())
        question.seek(0)
        try:
            with fail_after(_HELPER_SECONDS):
                return await run_process([program, "get"], stdin=question, check=False, env=environ)
        except TimeoutError as error:
            raise CredentialsError(
                f"{program} has not answered within {_HELPER_SECONDS:g} seconds"
            ) from error
        except OSError as error:
            raise CredentialsError(f"{program} cannot be run: {error.strerror}") from error


def _of_config(config: Table, registry: str) -> RegistryCredentials | None:
    auths = table_in(config, "auths")
    names = _names(registry)
    kept = [key for key in names if key in auths]
    old = [key for key in auths if _host(key) in names]  # https://registry.example/v1/
    for key in (*kept, *old):
        if found := _of_entry(table_in(auths, key), key, registry):
            return found
    return None


def _host(key: str) -> str:
    """The registry an entry is for that names it by a URL, with a path, or both."""
    return key.rpartition("://")[2].partition("/")[0]


def _of_entry(entry: Table, key: str, registry: str) -> RegistryCredentials | None:
    username, password = text_in(entry, "username"), text_in(entry, "password")
    if auth := text_in(entry, "auth"):
        username, password = _decoded(auth, key)
    found = RegistryCredentials(
        registry=registry,
        username=username,
        password=password,
        identity_token=text_in(entry, "identitytoken"),
        registry_token=text_in(entry, "registrytoken"),
    )
    return None if found == RegistryCredentials(registry=registry) else found


def _decoded(auth: str, key: str) -> tuple[str, str]:
    try:
        username, colon, password = base64.b64decode(auth, validate=True).decode().partition(":")
    except ValueError:
        colon = username = password = ""
    if not colon:
        raise CredentialsError(
            f"in config.json auths[{json.dumps(key)}].auth is not a name and a password in base64"
        )
    return username, password.rstrip("\0")  # Docker once padded them
