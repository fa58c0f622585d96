"""A small image registry on a port of this machine, which also misbehaves when it is told to.

It speaks plain HTTP, which Docker takes from 127.0.0.0/8, and so does the tests' own Podman.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import attrs

from tests.plugins.docker.images import Image, digest_of

_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIGURATION: Final = "application/vnd.docker.container.image.v1+json"
_LAYER: Final = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_PATH: Final = re.compile(r"/v2/(?P<name>.+)/(?:manifests|blobs)/(?P<reference>[^/]+)")
_HELD_SECONDS: Final = 60


@contextmanager
def registry(*images: Image, credentials: tuple[str, str] | None = None) -> Generator[Registry]:
    """A registry that listens on a free port and serves these images.

    With *credentials*, a name and a password, nobody else may read.
    """
    content = {key: each for image in images for key, each in _content_of(image)}
    served = Registry(content, credentials)
    served.come_up()
    try:
        yield served
    finally:
        served.go_down()


@attrs.frozen
class _Content:
    type: str
    data: bytes

    def described(self) -> dict[str, object]:
        """As a manifest names it."""
        return {"mediaType": self.type, "size": len(self.data), "digest": digest_of(self.data)}


@attrs.define(eq=False)
class Registry:
    """Serves images under their own names, with its address in place of their hosts."""

    _content: dict[tuple[str, str], _Content]
    """By the name of an image, and a tag or digest."""
    _credentials: tuple[str, str] | None
    requests: list[str] = attrs.field(init=False, factory=list[str])
    """What was answered with 200, in order: "GET /v2/small/manifests/1"."""
    layer_asked: threading.Event = attrs.field(init=False, factory=threading.Event)
    """Set once somebody downloads a layer."""
    _layers_end_at: int | None = attrs.field(init=False, default=None)
    _is_cut: bool = attrs.field(init=False, default=False)
    _released: threading.Event = attrs.field(init=False, factory=threading.Event)
    _port: int = attrs.field(init=False, default=0)
    _server: _Server | None = attrs.field(init=False, default=None)
    _thread: threading.Thread | None = attrs.field(init=False, default=None)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._port}"

    def reference(self, image: Image) -> str:
        """What an image is pulled as: "127.0.0.1:5000/small:1"."""
        return "{}/{}:{}".format(self.address, *_name_and_tag(image))

    def hold_layers(self, at: int = 0) -> None:
        """Send so many bytes of a layer, and the rest after `release_layers`: within a minute."""
        self._layers_end_at, self._is_cut = at, False
        self._released.clear()

    def cut_layers(self, at: int) -> None:
        """Send so many bytes of a layer and then hang up, until `release_layers`."""
        self._layers_end_at, self._is_cut = at, True

    def release_layers(self) -> None:
        """Send whole layers, those that are held too."""
        self._layers_end_at = None
        self._released.set()

    def come_up(self) -> None:
        """Listen; once it has been down, on the same port."""
        self._server = _Server(("127.0.0.1", self._port), partial(_Request, self))
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def go_down(self) -> None:
        """Listen no more; nothing if it is down. A layer that is held is sent first."""
        if self._server is None or self._thread is None:
            return
        self.release_layers()
        self._server.shutdown()
        self._server.server_close()  # joins the threads of its requests too
        self._thread.join()
        self._server = self._thread = None

    def may_read(self, authorization: str | None) -> bool:
        """Whether a request with this header may be answered."""
        if self._credentials is None:
            return True
        expected = base64.b64encode(":".join(self._credentials).encode()).decode()
        return authorization == f"Basic {expected}"

    def content_at(self, path: str) -> _Content | None:
        """What a path of the API names."""
        if path == "/v2/":
            return _Content("application/json", b"{}")
        asked = _PATH.fullmatch(path)
        return self._content.get((asked["name"], asked["reference"])) if asked else None

    def parts_of(self, content: _Content) -> Generator[bytes]:
        """The bytes to send, with a wait between them or an early end where one is ordered."""
        end, is_cut = self._layers_end_at, self._is_cut  # as it was when the layer was asked for
        if content.type != _LAYER:
            yield content.data
            return
        self.layer_asked.set()
        yield content.data[:end]
        if end is not None and not is_cut:
            self._released.wait(_HELD_SECONDS)
            yield content.data[end:]


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing it joins them


class _Request(BaseHTTPRequestHandler):
    """One request; HTTP/1.0, so that no connection idles."""

    timeout = 10

    def __init__(self, served: Registry, *connection: Any) -> None:
        self._served = served
        super().__init__(*connection)

    def do_GET(self) -> None:
        if content := self._answer():
            for part in self._served.parts_of(content):
                self.wfile.write(part)
                self.wfile.flush()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> _Content | None:
        """Send the head of an answer; what is to follow is returned."""
        served = self._served
        content = served.content_at(self.path)
        if not served.may_read(self.headers["Authorization"]):
            self._refuse(401, "UNAUTHORIZED", {"WWW-Authenticate": 'Basic realm="tests"'})
            return None
        if content is None:
            self._refuse(404, "MANIFEST_UNKNOWN" if "manifests" in self.path else "BLOB_UNKNOWN")
            return None
        served.requests.append(f"{self.command} {self.path}")
        self._head(200, content.type, len(content.data))
        self.send_header("Docker-Content-Digest", digest_of(content.data))
        self.end_headers()
        return content

    def _refuse(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        body = json.dumps({"errors": [{"code": code, "message": code.lower()}]}).encode()
        self._head(status, "application/json", len(body))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: int, content_type: str, length: int) -> None:
        self.send_response(status)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library names it)
        """Say nothing."""


def _content_of(image: Image) -> Generator[tuple[tuple[str, str], _Content]]:
    """All that is asked for when an image is pulled, by its name and a tag or digest."""
    unpacked = image.layer()
    layer = _Content(_LAYER, gzip.compress(unpacked, compresslevel=1, mtime=0))
    configuration = _Content(_CONFIGURATION, image.configuration(unpacked))
    described = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": configuration.described(),
        "layers": [layer.described()],
    }
    manifest = _Content(_MANIFEST, json.dumps(described).encode())
    name, tag = _name_and_tag(image)
    yield (name, tag), manifest
    for each in (manifest, configuration, layer):
        yield (name, digest_of(each.data)), each


def _name_and_tag(image: Image) -> tuple[str, str]:
    name, _, tag = image.reference.partition("/")[2].rpartition(":")
    return name, tag
