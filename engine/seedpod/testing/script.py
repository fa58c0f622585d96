"""What one attempt of a fake container does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import attrs

from seedpod.status import Outcome, Result, Usage

TERMINATED_EXIT_CODE = 143
"""128 + SIGTERM: what a process that does not catch the signal ends with."""


@attrs.frozen(kw_only=True)
class Reply:
    """What comes of one probe, or of a hook; see `succeeds`, `fails`, `warns` and `breaks`."""

    outcome: Outcome
    after: float = 0.0
    """How long it takes, in seconds."""


Replies: TypeAlias = Reply | Sequence[Reply] | Mapping[float, Reply]
"""One for every time; one for each time, the last of which repeats; or, by seconds since the start
of the attempt, one for all times from that moment on."""


@attrs.frozen(kw_only=True)
class Script:
    """How an attempt goes; see `exits`, `runs` and `refuses`."""

    after: float | None = None
    """When it ends by itself, in seconds from its start; None: never."""
    exit_code: int = 0
    """What it ends with by itself."""
    reason: str = ""
    """`OOMKilled`, say; empty for `Completed` or `Error`."""
    message: str = ""
    """What the executor says of its end."""
    stop_after: float | None = 0.0
    """When it ends after a stop signal, in seconds; None: it ignores the signal."""
    stop_exit_code: int = TERMINATED_EXIT_CODE
    output: tuple[bytes, ...] = ()
    """What it writes to stdout when it starts."""
    refusal: str | None = None
    """Why it cannot be started at all."""
    start_after: float = 0.0
    """How long starting it takes, or being told that it cannot be, in seconds."""
    stop_signal: str = ""
    """What its image asks to be ended with; empty: it does not say."""
    usage: Usage | None = None
    """What it uses as long as it runs; None: nobody counts."""
    startup: Replies | None = None
    """What its startup probe comes to; None: success, at once. The same below."""
    readiness: Replies | None = None
    liveness: Replies | None = None
    post_start: Replies | None = None
    pre_stop: Replies | None = None


def exits(  # noqa: PLR0913 (a script's lines, each with a default)
    exit_code: int = 0,
    *,
    after: float = 0.0,
    reason: str = "",
    message: str = "",
    stop_after: float | None = 0.0,
    start_after: float = 0.0,
    output: Iterable[bytes] = (),
    stop_signal: str = "",
    usage: Usage | None = None,
    startup: Replies | None = None,
    readiness: Replies | None = None,
    liveness: Replies | None = None,
    post_start: Replies | None = None,
    pre_stop: Replies | None = None,
) -> Script:
    """An attempt that ends by itself, *after* seconds from its start."""
    return Script(
        after=after,
        exit_code=exit_code,
        reason=reason,
        message=message,
        stop_after=stop_after,
        start_after=start_after,
        output=tuple(output),
        stop_signal=stop_signal,
        usage=usage,
        startup=startup,
        readiness=readiness,
        liveness=liveness,
        post_start=post_start,
        pre_stop=pre_stop,
    )


def runs(  # noqa: PLR0913 (as above)
    *,
    stop_after: float | None = 0.0,
    exit_code: int = TERMINATED_EXIT_CODE,
    start_after: float = 0.0,
    output: Iterable[bytes] = (),
    stop_signal: str = "",
    usage: Usage | None = None,
    startup: Replies | None = None,
    readiness: Replies | None = None,
    liveness: Replies | None = None,
    post_start: Replies | None = None,
    pre_stop: Replies | None = None,
) -> Script:
    """An attempt that runs until it is told to stop.

    Args:
        stop_after: How long it then takes, in seconds; None: it ignores the stop signal.
        exit_code: What it ends with once told.
        start_after: How long starting it takes, in seconds.
        output: What it writes when it starts.
        stop_signal: What its image asks to be ended with, unless the manifest says otherwise.
        usage: What it uses as long as it runs.
        startup: What its startup probe comes to; None: success, at once. The same below.
        readiness: What its readiness probe comes to.
        liveness: What its liveness probe comes to.
        post_start: What its postStart hook comes to.
        pre_stop: What its preStop hook comes to.
    """
    return Script(
        stop_after=stop_after,
        stop_exit_code=exit_code,
        start_after=start_after,
        output=tuple(output),
        stop_signal=stop_signal,
        usage=usage,
        startup=startup,
        readiness=readiness,
        liveness=liveness,
        post_start=post_start,
        pre_stop=pre_stop,
    )


def refuses(message: str, *, start_after: float = 0.0) -> Script:
    """An attempt that cannot be started, and why; that it cannot shows *start_after* seconds on."""
    return Script(refusal=message, start_after=start_after)


def succeeds(*, after: float = 0.0) -> Reply:
    """A probe that is answered yes, or a hook that is done, *after* seconds."""
    return Reply(outcome=Outcome(Result.SUCCESS), after=after)


def fails(message: str = "", *, after: float = 0.0) -> Reply:
    """A probe that is answered no, or a hook that fails, *after* seconds."""
    return Reply(outcome=Outcome(Result.FAILURE, message), after=after)


def warns(message: str, *, after: float = 0.0) -> Reply:
    """A probe that is answered yes, with a reservation."""
    return Reply(outcome=Outcome(Result.WARNING, message), after=after)


def breaks(message: str, *, after: float = 0.0) -> Reply:
    """A probe that cannot even be asked."""
    return Reply(outcome=Outcome(Result.UNKNOWN, message), after=after)
