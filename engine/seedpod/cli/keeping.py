"""What makes a pod the same pod for the next process: its uid, its directory, and whose it is.

A pod that outlives a process is gone on with by the next that is given a pod of its uid. So a pod
that has none is given the same each time, as a kubelet does it for the pods in its files; what its
volumes hold is in the same place each time; and one process at a time has the pod, for whichever
ended first would take the volumes away under the other.

Source: kubelet, pkg/kubelet/config/common.go, applyDefaults.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import re
from collections.abc import Collection, Generator, Iterable
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

import attrs
import click

import seedpod
from seedpod.spec import Pod

_NAMESPACE: Final = UUID("bf486f1d-cadb-40dc-a40a-1187d8662312")
"""Of the uids that are made here."""
_NAME: Final = re.compile(r"\w[\w.-]*")
"""A uid a directory can be named by."""


class TakenError(Exception):
    """Another process has the pod."""


def with_uid(pod: Pod, file: str) -> Pod:
    """*pod* with a uid: its own, or one made of its manifest, its file's path and this node's name.

    Args:
        pod: As it was loaded.
        file: What it was loaded from, as the command line names it; `-` stands for itself.
    """
    if pod.metadata.uid:
        return pod
    manifest = json.dumps(json.loads(seedpod.dump(pod, "json")), sort_keys=True)
    path = file if file == "-" else os.path.abspath(file)  # noqa: PTH100 (follows no symbolic link)
    uid = uuid5(_NAMESPACE, f"{manifest}\0{path}\0{platform.node()}")
    return attrs.evolve(pod, metadata=attrs.evolve(pod.metadata, uid=str(uid)))


def state_directory() -> Path:
    """Where kept pods have their directories, each named by its uid; need not be there.

    Source: the XDG base directory specification.

    Raises:
        click.UsageError: There is neither an `XDG_STATE_HOME` nor a home directory.
    """
    chosen = Path(os.environ.get("XDG_STATE_HOME", ""))
    try:
        # A relative path is to be ignored.
        state = chosen if chosen.is_absolute() else Path.home() / ".local/state"
    except RuntimeError as error:
        raise click.UsageError("no home directory: set XDG_STATE_HOME") from error
    return state / "seedpod/pods"


@contextmanager
def keeping(pods: Iterable[Pod]) -> Generator[Path]:
    """A block inside which these pods are nobody else's; entering it makes their directory's room.

    Yields:
        Below which each has its directory.

    Raises:
        click.UsageError: Another process has one of them, or no directory can be made for it.
    """
    directory = state_directory()
    with ExitStack() as claims:
        for pod in pods:
            name = f"pod {pod.metadata.namespace}/{pod.metadata.name}"
            if not _NAME.fullmatch(pod.metadata.uid):
                wanted = "must be letters, digits, '-', '_' and '.', to be kept"
                raise click.UsageError(f"{name}: metadata.uid: {pod.metadata.uid!r}: {wanted}")
            try:
                claims.enter_context(claim(directory, pod.metadata.uid))
            except TakenError as error:
                raise click.UsageError(f"{name}: another seedpod is running it") from error
            except OSError as error:
                problem = f"{error.filename}: {error.strerror}"
                raise click.UsageError(f"{name} cannot be kept: {problem}") from error
        yield directory


@contextmanager
def claim(directory: Path, uid: str) -> Generator[None]:
    """A block inside which no other process has the pod; *directory* is made if it is not there.

    A lock on a file goes with the process that holds it: nobody has to be asked whether it lives.

    Raises:
        TakenError: Another process has it.
        OSError: The directory, or the file, cannot be made.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    for each in (directory, _locks(directory)):
        each.mkdir(mode=0o700, exist_ok=True)
    path = _locks(directory) / uid
    handle = _locked(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def known_uids(directory: Path) -> Collection[str]:
    """The uids of the pods that have, or had, a process or a directory here, sorted."""
    places = [each for each in (directory, _locks(directory)) if each.is_dir()]
    return sorted({each.name for place in places for each in place.iterdir()})


def _locks(directory: Path) -> Path:
    return directory.with_name("locks")


def _locked(path: Path) -> int:
    """The lock, taken on the file that is at *path* and stays there.

    Raises:
        TakenError: Another process has it.
        OSError: The file cannot be made.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_ino == path.stat().st_ino:
                return handle
        except BlockingIOError as error:
            os.close(handle)
            raise TakenError from error
        except FileNotFoundError:
            pass
        os.close(handle)  # whoever had it has removed the file meanwhile
