"""Containers that a test makes itself, through the API of an engine alone."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any, Final

from tests.plugins.docker.engine import Engine
from tests.plugins.docker.images import Image

IDLE: Final = ("sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait")
"""A command that does nothing until it is asked to end."""


def start(engine: Engine, image: Image, *command: str, **settings: Any) -> str:
    """Create and start a container, with Docker's own settings; its id is returned."""
    described = {"Image": image.reference, **({"Cmd": command} if command else {}), **settings}
    status, created = engine.call("POST", "/containers/create", described)
    assert status == 201, created
    container: str = json.loads(created)["Id"]
    status, said = engine.call("POST", f"/containers/{container}/start")
    assert status == 204, said
    return container


def inspect(engine: Engine, container: str) -> dict[str, Any]:
    """What the engine knows of a container."""
    status, known = engine.call("GET", f"/containers/{container}/json")
    assert status == 200, known
    found: dict[str, Any] = json.loads(known)
    return found


def output_of(engine: Engine, image: Image, *command: str, **settings: Any) -> str:
    """Run a container to its end and remove it; what it wrote is returned."""
    container = start(engine, image, *command, **settings)
    engine.call("POST", f"/containers/{container}/wait")
    _, written = engine.call("GET", f"/containers/{container}/logs?stdout=1&stderr=1")
    remove(engine, container)
    return b"".join(_frames(written)).decode()


def remove(engine: Engine, container: str) -> None:
    """Kill and remove a container."""
    status, said = engine.call("DELETE", f"/containers/{container}?force=true&v=true")
    assert status < 300, said


def _frames(multiplexed: bytes) -> Iterator[bytes]:
    while multiplexed:
        _, length = struct.unpack(">B3xL", multiplexed[:8])
        yield multiplexed[8 : 8 + length]
        multiplexed = multiplexed[8 + length :]
