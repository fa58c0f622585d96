"""Where the engine is: found as the `docker` command finds it.

Source: docker/cli, `resolveContextName` and `resolveDefaultDockerEndpoint` in cli/command/cli.go,
opts/hosts.go, cli/flags/options.go, cli/context/docker/load.go.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import attrs

from seedpod.errors import ExecutorError
from seedpod_docker._config import config_directory, read_config, read_object
from seedpod_docker._json import table_in, text_in

_SOCKET: Final = Path("/var/run/docker.sock")
_PODMAN_SOCKET: Final = Path("/run/podman/podman.sock")
_SCHEMES: Final = {"tcp": 2375, "http": 80, "https": 443}
"""What leads to a host, with the port that is meant if none is named."""
_TLS_HOST: Final = "tcp://localhost:2376"
_FITS_NOTHING: Final = "\0"
"""A password for keys: without any, one that needs it would be asked for at the terminal."""
_REFUSED: Final = {
    "ssh": "forward the socket of the engine with ssh -L, and name that with unix://",
    "npipe": "Windows has no part in this; name a socket with unix:// or a host with tcp://",
    "fd": "only an engine listens there; name a socket with unix:// or a host with tcp://",
}


@attrs.frozen(kw_only=True)
class TLS:
    """What a connection over TLS is made with."""

    ca: Path | None = None
    """The only authorities to trust; None: those the system trusts."""
    cert: Path | None = None
    """What we show of ourselves; counts together with *key* only."""
    key: Path | None = None
    is_verified: bool = True
    """Whether the engine must prove who it is."""

    def context(self) -> ssl.SSLContext:
        """The same for `ssl`; reads the files.

        Raises:
            ExecutorError: A file cannot be read, or is not what it should be.
        """
        cafile = self.ca if self.is_verified else None
        reading = cafile
        try:
            context = ssl.create_default_context(cafile=cafile)
            # The docker command takes certificates that lack the extensions which are asked for
            # here by default since Python 3.13; those made after Docker's own manual do.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            if not self.is_verified:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            if self.cert and self.key:
                reading = self.key
                context.load_cert_chain(self.cert, self.key, password=_FITS_NOTHING)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise ExecutorError("docker", f"{reading} cannot be used for TLS: {reason}") from error
        return context


@attrs.frozen(kw_only=True)
class Address:
    """Where one engine listens: at a socket in the file system, or at a port of a host."""

    kind: Literal["unix", "tcp"]
    path: str = ""
    """Of the socket; empty for TCP."""
    host: str = ""
    """A name or an address (IPv6 in brackets, as in a URL); empty for a socket."""
    port: int = 0
    tls: TLS | None = None
    """None: spoken in the clear; always so at a socket."""

    @property
    def title(self) -> str:
        """As messages name it: `unix:///var/run/docker.sock`, `tcp://build.example:2376`."""
        return f"unix://{self.path}" if self.path else f"tcp://{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether the engine shares this machine: a socket, or a loopback address."""
        if self.kind == "unix" or self.host.lower() == "localhost":
            return True
        try:
            return ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    def ssl_context(self) -> ssl.SSLContext | None:
        """What to speak TLS with; None where it is not spoken. Reads the files.

        Raises:
            ExecutorError: A file cannot be read, or is not what it should be.
        """
        return None if self.tls is None else self.tls.context()


def find_address(environ: Mapping[str, str], host: str = "") -> Address:
    """Find the engine the `docker` command would speak to.

    The first of these decides: *host*, `DOCKER_HOST`, `DOCKER_CONTEXT`, the current context of
    `config.json`, `/var/run/docker.sock`. Otherwise than with the command, if that socket is not
    there but another one is, it is taken: `$XDG_RUNTIME_DIR/docker.sock` (of a Docker without
    root), `$XDG_RUNTIME_DIR/podman/podman.sock`, `/run/podman/podman.sock`, in this order.

    Args:
        environ: The variables of the environment; besides those above `DOCKER_CONFIG`,
            `DOCKER_TLS`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` count.
        host: What the user has named: `unix:///run/docker.sock`, `tcp://build.example:2376`.

    Raises:
        ExecutorError: What is named is not there, cannot be read, or cannot be spoken to.
    """
    if host.strip():
        return _parsed(host, "the host", _default_tls(environ))
    if chosen := environ.get("DOCKER_HOST", "").strip():
        return _parsed(chosen, "DOCKER_HOST", _default_tls(environ))
    context = environ.get("DOCKER_CONTEXT") or text_in(read_config(environ), "currentContext")
    if context and context != "default":
        return _of_context(context, config_directory(environ))
    if tls := _default_tls(environ):
        return _parsed(_TLS_HOST, "the default", tls)
    return Address(kind="unix", path=str(_default_socket(environ)))


def _default_socket(environ: Mapping[str, str]) -> Path:
    others = [_PODMAN_SOCKET]
    if runtime := environ.get("XDG_RUNTIME_DIR"):
        others = [Path(runtime, "docker.sock"), Path(runtime, "podman/podman.sock"), *others]
    return next((socket for socket in (_SOCKET, *others) if _is_there(socket)), _SOCKET)


def _is_there(socket: Path) -> bool:
    try:
        return socket.is_socket()
    except OSError:  # in a directory that is not ours to look into
        return False


def _default_tls(environ: Mapping[str, str]) -> TLS | None:
    """What the environment wants of a connection that no context describes."""
    is_verified = bool(environ.get("DOCKER_TLS_VERIFY"))
    if not is_verified and not environ.get("DOCKER_TLS"):
        return None
    chosen = environ.get("DOCKER_CERT_PATH")
    directory = Path(chosen) if chosen else config_directory(environ)
    # An authority that must be there: without it those of the system would be trusted instead.
    ca = directory / "ca.pem"
    cert, key = (_if_there(directory / name) for name in ("cert.pem", "key.pem"))
    return TLS(ca=ca, cert=cert, key=key, is_verified=is_verified)


def _of_context(name: str, directory: Path) -> Address:
    folder = sha256(name.encode()).hexdigest()
    path = directory / "contexts/meta" / folder / "meta.json"
    meta = read_object(path)
    if meta is None:
        raise ExecutorError("docker", f"there is no Docker context {name!r}: {path} is missing")
    endpoint = table_in(table_in(meta, "Endpoints"), "docker")
    host = text_in(endpoint, "Host")
    if not host:
        raise ExecutorError("docker", f"{path} names no host of a Docker Engine")
    tls = _tls_of_context(
        directory / "contexts/tls" / folder / "docker",
        is_verified=endpoint.get("SkipTLSVerify") is not True,
    )
    return _parsed(host, f"Docker context {name!r}", tls)


def _tls_of_context(directory: Path, *, is_verified: bool) -> TLS | None:
    """The context wants TLS if it has a file for it, or says that nothing need be proved."""
    ca, cert, key = (_if_there(directory / name) for name in ("ca.pem", "cert.pem", "key.pem"))
    if is_verified and not (ca or cert or key):
        return None
    return TLS(ca=ca, cert=cert, key=key, is_verified=is_verified)


def _if_there(path: Path) -> Path | None:
    try:
        return path if path.exists() else None
    except OSError:
        return path  # who uses it will say why it cannot be read


def _parsed(text: str, source: str, tls: TLS | None) -> Address:
    """The address that *source* has named."""
    text = text.strip()
    scheme, separator, rest = text.partition("://")
    if not separator:  # a path, or a host by its name alone
        scheme, rest = ("unix" if text.startswith(("/", "./")) else "tcp"), text
    if scheme == "unix":
        return Address(kind="unix", path=rest or str(_SOCKET))
    if scheme in _SCHEMES:
        return _over_tcp(scheme, rest, source, tls)
    reason = _REFUSED.get(scheme, "name a socket with unix:// or a host with tcp://")
    raise ExecutorError("docker", f"{source} is {text}, and {scheme}:// is not spoken; {reason}")


def _over_tcp(scheme: str, rest: str, source: str, tls: TLS | None) -> Address:
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname or "localhost", parts.port or _SCHEMES[scheme]
    except ValueError as error:
        raise ExecutorError("docker", f"{source} is {scheme}://{rest}: {error}") from error
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise ExecutorError(
            "docker", f"{source} is {scheme}://{rest}; wanted a host and a port and no more"
        )
    if scheme == "https" and tls is None:
        tls = TLS()
    return Address(kind="tcp", host=f"[{host}]" if ":" in host else host, port=port, tls=tls)
