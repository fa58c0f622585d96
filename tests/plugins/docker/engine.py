"""One engine that the tests started: what is done with it, and its API without a client."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import quote

import attrs

from tests.plugins.docker.daemon import Daemon

Kind: TypeAlias = Literal["docker", "podman"]
KINDS: Final[tuple[Kind, ...]] = ("docker", "podman")

_START_SECONDS = 60
_STOP_SECONDS = 30


@attrs.define(eq=False, kw_only=True)
class Engine:
    """One that runs, or ran: it may be stopped and started again on what it has stored."""

    kind: Kind
    directory: Path
    """All that is its own is below."""
    socket: Path
    """Its API is here."""
    daemon: Daemon = attrs.field(repr=False)

    @property
    def url(self) -> str:
        """The socket as `DOCKER_HOST` names it."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start it, and return when it answers.

        Raises:
            DaemonError: It ended instead, or did not answer within a minute; with its log.
        """
        self.daemon.spawn()
        deadline = time.monotonic() + _START_SECONDS
        while not self.answers():
            if self.daemon.has_ended():
                raise self.daemon.error("it ended before it answered")
            if time.monotonic() > deadline:
                raise self.daemon.error(f"no answer in {_START_SECONDS} s")
            time.sleep(0.02)

    def stop(self, by: signal.Signals = signal.SIGTERM) -> None:
        """End its daemon with a signal; Docker's ends its containers when asked with SIGTERM."""
        self.daemon.end(by, _STOP_SECONDS)

    def restart(self, by: signal.Signals = signal.SIGTERM) -> None:
        """Stop and start its daemon, on the same socket and storage."""
        self.stop(by)
        self.start()

    def answers(self) -> bool:
        """Whether its API answers now."""
        try:
            return self.call("GET", "/_ping") == (200, b"OK")
        except OSError:
            return False

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Make one request of its API: bytes are sent as they are, anything else as JSON.

        Raises:
            OSError: It does not listen, or went away.
        """
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers = {"Content-Type": "application/json", **(headers or {})}
        connection = _Connection(self.socket)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def containers(self, label: str | None = None) -> list[dict[str, Any]]:
        """Every container as its API lists them, dead ones too; or those with this label."""
        filters = quote(json.dumps({"label": [label] if label else []}))
        status, listed = self.call("GET", f"/containers/json?all=true&filters={filters}")
        assert status == 200, listed
        found: list[dict[str, Any]] = json.loads(listed)
        return found

    def remove_containers(self) -> None:
        """Kill and remove every container there is."""
        while left := self.containers():
            removed = [
                self.call("DELETE", f"/containers/{each['Id']}?force=true&v=true")[0] < 300
                for each in left
            ]
            # Podman keeps one for as long as another shares its network: the next round has it.
            assert any(removed), left


class _Connection(http.client.HTTPConnection):
    """A connection to a server on a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        try:
            self.sock.connect(str(self._path))
        except OSError:
            self.close()
            raise
