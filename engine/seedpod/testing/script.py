"""What one attempt of a fake container does."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

TERMINATED_EXIT_CODE = 143
"""128 + SIGTERM: what a process that does not catch the signal ends with."""


@attrs.frozen(kw_only=True)
class Script:
    """How an attempt goes; see `exits`, `runs` and `refuses`."""

    after: float | None = None
    """When it ends by itself, in seconds from its start; None: never."""
    exit_code: int = 0
    """What it ends with by itself."""
    reason: str = ""
    """`OOMKilled`, say; empty for `Completed` or `Error`."""
    stop_after: float | None = 0.0
    """When it ends after a stop signal, in seconds; None: it ignores the signal."""
    stop_exit_code: int = TERMINATED_EXIT_CODE
    output: tuple[bytes, ...] = ()
    """What it writes to stdout when it starts."""
    refusal: str | None = None
    """Why it cannot be started at all."""
    start_after: float = 0.0
    """How long starting it takes, or being told that it cannot be, in seconds."""


def exits(
    exit_code: int = 0,
    *,
    after: float = 0.0,
    reason: str = "",
    stop_after: float | None = 0.0,
    start_after: float = 0.0,
    output: Iterable[bytes] = (),
) -> Script:
    """An attempt that ends by itself, *after* seconds from its start."""
    return Script(
        after=after,
        exit_code=exit_code,
        reason=reason,
        stop_after=stop_after,
        start_after=start_after,
        output=tuple(output),
    )


def runs(
    *,
    stop_after: float | None = 0.0,
    exit_code: int = TERMINATED_EXIT_CODE,
    start_after: float = 0.0,
    output: Iterable[bytes] = (),
) -> Script:
    """An attempt that runs until it is told to stop.

    Args:
        stop_after: How long it then takes, in seconds; None: it ignores the stop signal.
        exit_code: What it ends with once told.
        start_after: How long starting it takes, in seconds.
        output: What it writes when it starts.
    """
    return Script(
        stop_after=stop_after,
        stop_exit_code=exit_code,
        start_after=start_after,
        output=tuple(output),
    )


def refuses(message: str, *, start_after: float = 0.0) -> Script:
    """An attempt that cannot be started, and why; that it cannot shows *start_after* seconds on."""
    return Script(refusal=message, start_after=start_after)
