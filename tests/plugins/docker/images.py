"""Images for tests, made here: no registry is asked for them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache, partial
from io import BytesIO
from platform import machine
from tarfile import TarFile, TarInfo
from typing import Final
from uuid import uuid4

import attrs

from tests.plugins.docker.engine import Engine
from tests.plugins.docker.layers import debian_layer, small_layer

_PATH: Final = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ARCHITECTURE: Final = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine(), machine())


@attrs.frozen(kw_only=True)
class Image:
    """An image of one layer."""

    reference: str
    """Its whole name, with a tag."""
    layer: Callable[[], bytes] = attrs.field(repr=False)
    """Makes its root file system, a tar archive."""
    settings: Mapping[str, object] = attrs.field(factory=dict[str, object])
    """What its containers are given unless they say otherwise, in Docker's words."""

    def configuration(self, layer: bytes) -> bytes:
        """The JSON that describes it, once its layer is made."""
        described = {
            "architecture": _ARCHITECTURE,
            "os": "linux",
            "created": "2001-01-01T00:00:00Z",
            "config": {"Env": [_PATH], "Cmd": ["/bin/sh"], **self.settings},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]},
            "history": [{"created": "2001-01-01T00:00:00Z", "created_by": "tests"}],
        }
        return json.dumps(described).encode()

    def archive(self) -> bytes:
        """As `docker save` writes it."""
        layer = self.layer()
        configuration = self.configuration(layer)
        name = f"{digest_of(configuration).removeprefix('sha256:')}.json"
        manifest = [{"Config": name, "RepoTags": [self.reference], "Layers": ["layer.tar"]}]
        return _tar(
            {
                "manifest.json": json.dumps(manifest).encode(),
                name: configuration,
                "layer.tar": layer,
            }
        )


_small_layer = cache(small_layer)

SMALL: Final = Image(reference="seedpod.test/small:1", layer=_small_layer)
"""BusyBox."""
ENTRYPOINT: Final = Image(
    reference="seedpod.test/entrypoint:1",
    layer=_small_layer,
    settings={"Entrypoint": ["/bin/echo", "entrypoint"], "Cmd": ["cmd"]},
)
USER: Final = Image(reference="seedpod.test/user:1", layer=_small_layer, settings={"User": "1000"})
NAMED_USER: Final = Image(
    reference="seedpod.test/named-user:1", layer=_small_layer, settings={"User": "app:extra"}
)
STOP_SIGNAL: Final = Image(
    reference="seedpod.test/stop-signal:1",
    layer=_small_layer,
    settings={"StopSignal": "SIGUSR1"},
)
WORKING_DIRECTORY: Final = Image(
    reference="seedpod.test/working-directory:1",
    layer=_small_layer,
    settings={"WorkingDir": "/work"},
)
SMALL_IMAGES: Final = (SMALL, ENTRYPOINT, USER, NAMED_USER, STOP_SIGNAL, WORKING_DIRECTORY)

PYTHON: Final = Image(
    reference="docker.io/library/python:3.11-slim",
    layer=debian_layer,
    settings={"Cmd": ["python3"]},
)
"""Under the name the scenarios have: dash, GNU's tools and Python."""


def unseen_image(name: str) -> Image:
    """Like `SMALL`, with a layer that no engine has before it pulls this image."""
    return Image(reference=f"seedpod.test/{name}:1", layer=partial(small_layer, uuid4().hex))


def load_image(engine: Engine, image: Image) -> None:
    """Give an engine this image, unless it has it."""
    if engine.call("GET", f"/images/{image.reference}/json")[0] == 200:
        return
    status, said = engine.call("POST", "/images/load?quiet=1", image.archive())
    assert status == 200, said
    assert b"error" not in said, said


def digest_of(content: bytes) -> str:
    """What content is addressed by."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = BytesIO()
    with TarFile(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, BytesIO(content))
    return buffer.getvalue()
