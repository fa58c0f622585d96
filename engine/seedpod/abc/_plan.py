"""What an executor is told: of a pod, and of one attempt of one container."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import attrs

from seedpod.spec import Container, Pod
from seedpod.status import FoundPod


@attrs.frozen(kw_only=True)
class PodContext:
    """What an executor is told about a pod when its sandbox is opened."""

    pod: Pod
    """Validated, with every default filled in; `metadata.uid` is set."""
    uid: str
    volumes: Mapping[str, Path]
    """Where on the host each volume of the pod was prepared, by volume name; absolute paths."""
    directories: tuple[Path, ...]
    """The pod's own directories, removed after the sandbox is closed; often none or one."""
    found: FoundPod | None = None
    """What `CanAdopt.find` found of the pod, if its sandbox is to be used again; else None."""
    sandbox_attempt: int = 0
    """The number of this sandbox in the life of the pod."""


class ContainerKind(StrEnum):
    """Which part a container plays in its pod."""

    INIT = "init"
    SIDECAR = "sidecar"
    APP = "app"


@attrs.frozen(kw_only=True)
class Mount:
    """One volume (or a part of it, or a single file) at one place in a container's file system."""

    source: Path
    """On the host, absolute."""
    mount_path: str
    """In the container, absolute."""
    volume: str
    """Its name; empty for a file of the engine's own."""
    is_read_only: bool = False


Stream: TypeAlias = Literal["stdout", "stderr"]


class LogSink(Protocol):
    """Takes what a container wrote, in order per stream; never blocks and never raises."""

    def __call__(self, stream: Stream, data: bytes, time: float | None = None, /) -> None:
        """Take *data*.

        Args:
            stream: Where it was written.
            data: What was written: lines, parts of lines, whatever was read.
            time: When it was written, in seconds since 1970, if somebody else took note of that;
                None: just now.
        """
        ...


def _names_only(env: Mapping[str, str]) -> str:
    """The names of variables, without their values."""
    return "{" + ", ".join(f"{name!r}: ..." for name in env) + "}"


@attrs.frozen(kw_only=True)
class ContainerPlan:
    """Everything an executor needs to know to start one attempt of one container."""

    name: str
    kind: ContainerKind
    spec: Container
    """As the user wrote it, with defaults; the fields below are what the engine made of it."""
    attempt: int
    """0 for the first."""
    container_id: str
    """Unique per attempt, chosen by the engine."""
    command: tuple[str, ...] = attrs.field(repr=False)
    """`$(VAR)` expanded; empty: the image's own entrypoint. Not in the repr: may hold secrets."""
    args: tuple[str, ...] = attrs.field(repr=False)
    """Likewise."""
    env: Mapping[str, str] = attrs.field(repr=_names_only)
    """Values are not in the repr: they may be secrets."""
    mounts: tuple[Mount, ...]
    """Its volumes, and the file its last words are read from."""
    write: LogSink
    """Where the executor puts the container's output as it reads it."""
