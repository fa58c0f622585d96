"""What a container's termination message is made of, and how long it may be.

Source: kubelet, getTerminationMessage, readLastStringFromContainerLogs and normalizeStatus.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from seedpod.spec import Container, TerminationMessagePolicy
from seedpod.status import Termination

FILE_BYTES: Final = 4096
"""Of the container's file, the last so many."""
_OUTPUT_LINES: Final = 80
_OUTPUT_BYTES: Final = 2048
_POD_BYTES: Final = 12288
"""All messages of a pod together; each container gets an equal part."""
_FALLBACK: Final = str(TerminationMessagePolicy.FALLBACK_TO_LOGS_ON_ERROR)


def falls_back_to_output(container: Container, end: Termination) -> bool:
    """Whether the end of the output stands in for a file without anything in it."""
    return (
        container.termination_message_policy == _FALLBACK
        and end.exit_code != 0
        and end.reason != "ContainerCannotRun"
    )


def end_of_output(newest_first: Iterable[bytes]) -> bytes:
    """The last lines of a container's output.

    Args:
        newest_first: Its lines, with the line feeds they have, the last one first; no more are
            taken than are wanted.
    """
    lines: list[bytes] = []
    size = 0
    for line in newest_first:
        if len(lines) == _OUTPUT_LINES or size >= _OUTPUT_BYTES:
            break
        lines.append(line)
        size += len(line)
    return b"".join(reversed(lines))[-_OUTPUT_BYTES:]


def termination_message(of_executor: str, left: bytes, containers: int) -> str:
    """The message: the executor's, then what the container left, cut to its part of the pod's.

    Args:
        of_executor: What the executor said of the end; may be empty.
        left: What the container left, as bytes; may be empty.
        containers: How many containers of every kind the pod has.
    """
    text = left.decode(errors="replace")
    message = f"{of_executor}: {text}" if of_executor and text else of_executor or text
    part = _POD_BYTES // max(1, containers)
    data = message.encode(errors="replace")
    return message if len(data) <= part else data[:part].decode(errors="ignore")
