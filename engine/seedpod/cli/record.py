"""Every event as a line of JSON, written as it happens."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import attrs
import click

from seedpod.events import Event
from seedpod.spec import Pod, camel_case
from seedpod.status import ContainerUser, LinuxContainerUser, Running, Terminated, Waiting

_MOMENTS: Final = frozenset({"deadline", "until"})
_TOLD: Final = frozenset({"time", "pod"})
"""What every line begins with; of an updated pod only the paths that changed are told."""


class EventRecord:
    """An observer that writes each event to a file, at once."""

    def __init__(self, file: IO[str], name: str) -> None:
        self._file: IO[str] | None = file
        self._name = name

    def __call__(self, pod: Pod, event: Event) -> None:
        """Write *event*; a file that takes no more is given up, and that is said."""
        if self._file is None:
            return
        try:
            self._file.write(json.dumps(as_object(pod, event), ensure_ascii=False) + "\n")
        except OSError as error:
            self._file = None
            click.echo(f"seedpod: --events: {self._name}: {error.strerror}; no more", err=True)


@contextmanager
def recording(path: Path | None) -> Generator[tuple[EventRecord, ...]]:
    """The observers that write to *path*: one, or none if there is no path.

    Raises:
        click.UsageError: The file cannot be written.
    """
    if path is None:
        yield ()
        return
    if str(path) == "-":
        raise click.UsageError("--events wants a file; for standard error say /dev/stderr")
    try:
        file = path.open("w", buffering=1, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--events: {path}: {error.strerror}") from error
    try:
        yield (EventRecord(file, str(path)),)
    finally:
        try:
            file.close()
        except OSError:  # what could not be written was told when it happened
            pass


def as_object(pod: Pod, event: Event) -> dict[str, object]:
    """The event as JSON has it: what it is, of which pod, and its own fields in camelCase."""
    meta = pod.metadata
    made: dict[str, object] = {
        "time": _rfc3339(event.time),
        "kind": type(event).__name__,
        "pod": {"namespace": meta.namespace, "name": meta.name, "uid": meta.uid},
    }
    for field in attrs.fields(type(event)):
        value: object = getattr(event, field.name)
        if field.name in _MOMENTS and isinstance(value, float):
            value = _rfc3339(value)
        if field.name not in _TOLD:
            made[camel_case(field.name)] = _plain(value)
    return made


def _plain(value: object) -> object:
    """*value* as JSON has it; a container's state is named, as in a status."""
    match value:
        case datetime():
            return _rfc3339(value.timestamp())
        case Waiting() | Running() | Terminated():
            return {type(value).__name__.lower(): _fields(value)}
        case ContainerUser() | LinuxContainerUser():
            return _fields(value)
        case _:
            return value


def _fields(value: attrs.AttrsInstance) -> dict[str, object]:
    return {
        camel_case(field.name): _plain(getattr(value, field.name))
        for field in attrs.fields(type(value))
    }


def _rfc3339(moment: float) -> str:
    date = datetime.fromtimestamp(moment, tz=UTC)
    return date.isoformat(timespec="microseconds").replace("+00:00", "Z")
