"""A container's last words: a file of its own, or the end of its output.

Source: kubelet, getTerminationMessage and readLastStringFromContainerLogs.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from seedpod._core.downward import Unresolved
from seedpod._core.last_words import (
    FILE_BYTES,
    end_of_output,
    falls_back_to_output,
    termination_message,
)
from seedpod._runtime.container_run import ContainerRun
from seedpod.abc import ContainerPlan, Mount
from seedpod.status import Termination

_MODE: Final = 0o666
"""Whatever user the container runs as may write."""


def message_mount(container: ContainerRun) -> Mount | Unresolved | None:
    """The file for a container's last words, empty; None if the executor cannot show one."""
    pod = container.pod
    show = pod.settings.can_show
    if pod.room is None or show is None or not show(container.message_path):
        return None
    file = pod.room.disk / "messages" / container.name
    try:
        file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, _MODE)
        os.fchmod(handle, _MODE)  # whatever the umask
        os.close(handle)
    except OSError as error:
        return Unresolved(f"termination message file {file}: {error.strerror}")
    return Mount(source=file, mount_path=container.message_path, volume="")


def last_words(container: ContainerRun, plan: ContainerPlan, end: Termination) -> str:
    """The message of an attempt that ended: the executor's, then what the container left."""
    pod = container.pod
    spec = container.spec
    left = b""
    if pod.room is not None and plan.mounts and not plan.mounts[-1].volume:
        left = _tail(plan.mounts[-1].source)
    if not left and falls_back_to_output(spec, end):
        left = end_of_output(pod.output.newest(container.name, plan.attempt))
    if not left and not end.message:
        return ""
    return termination_message(end.message, left, len(pod.record.by_name))


def _tail(file: Path) -> bytes:
    """The last bytes of *file*, which the container may have made something else of."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b""
    with os.fdopen(handle, "rb") as opened:
        size = os.fstat(handle).st_size
        try:
            opened.seek(max(0, size - FILE_BYTES))
            return opened.read(FILE_BYTES)
        except OSError:
            return b""
