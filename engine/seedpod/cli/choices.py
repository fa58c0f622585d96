"""What was chosen on the command line, as values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal

import attrs
import click

import seedpod
from seedpod.abc import Executor
from seedpod.errors import ExecutorNotFoundError
from seedpod.executors import executor_options, find_executor

_OPTIONS_OF_EXECUTORS: Final = (
    "isolation",
    "network",
    "link_mounts_under",
    "limits",
    "host",
    "keep",
)
_DISTRIBUTIONS: Final = {"docker": "seedpod-docker"}
"""What brings the executors we know that need not be installed."""


@attrs.frozen(kw_only=True)
class RunChoices:
    """How `seedpod run` was asked to go about it."""

    backend: Literal["asyncio", "trio"] = "asyncio"
    grace: float | None = None
    """Seconds a pod may take to end; None: as its manifest says."""
    backoff: seedpod.Backoff | None = None
    restart_limit: seedpod.RestartLimit | None = None
    is_quiet: bool = False
    output: Literal["json", "yaml"] | None = None
    events: Path | None = None
    directory: Path | None = None
    """Where pods that outlive this process have their volumes; None: none does."""

    @classmethod
    def of(cls, options: Mapping[str, Any], directory: Path | None = None) -> RunChoices:
        """The choices, from click's options and what was made of them.

        Raises:
            click.UsageError: The backend is not installed.
        """
        if options["backend"] == "trio":
            _require_trio()
        return cls(
            backend=options["backend"],
            grace=options["grace"],
            backoff=_with_jitter(options["backoff"], options["backoff_jitter"]),
            restart_limit=options["max_restarts"],
            is_quiet=options["quiet"],
            output=options["output"],
            events=options["events"],
            directory=directory,
        )


def chosen_executor(options: Mapping[str, Any]) -> Executor:
    """The executor asked for, with its options.

    Raises:
        click.UsageError: It does not have one of the options, or refuses its value.
        ExecutorNotFoundError: It is not installed.
    """
    name: str = options["executor"]
    given = {key: options[key] for key in _OPTIONS_OF_EXECUTORS if options.get(key)}
    known = executor_options(name)
    for key in given:
        if key not in known:
            option = f"--{key.replace('_', '-')}"
            raise click.UsageError(f"executor {name} has no option {option}")
    try:
        return find_executor(name, **given)
    except (ValueError, OSError) as error:
        raise click.UsageError(f"executor {name}: {error}") from error


def sweeping_executor(options: Mapping[str, Any]) -> Executor:
    """The executor whose leftovers are asked for; if kept ones are meant too, one that knows them.

    Raises:
        click.UsageError: It does not have one of the options, or refuses its value.
        ExecutorNotFoundError: It is not installed.
    """
    knows_kept = options["kept"] and "keep" in executor_options(options["executor"])
    return chosen_executor({**options, "keep": "pods" if knows_kept else None})


def how_to_install(error: ExecutorNotFoundError) -> str:
    """What to do about it, as the end of a sentence; empty if that is not known."""
    distribution = _DISTRIBUTIONS.get(error.name)
    return f"; install it with: pip install {distribution}" if distribution else ""


def backoff_of(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> seedpod.Backoff | None:
    """The back-off that *text* describes: `INITIAL:CAP`, or `0,1,5` (or one number).

    Raises:
        click.BadParameter: It describes none.
    """
    if text is None:
        return None
    try:
        if ":" in text:
            initial, cap = (float(part) for part in text.split(":"))
            return seedpod.Backoff(initial_seconds=initial, cap_seconds=cap)
        return seedpod.Backoff(delays=tuple(float(part) for part in text.split(",")))
    except ValueError as error:
        wanted = "wanted INITIAL:CAP, both seconds above 0 (1:30), or every wait in seconds (0,1,5)"
        raise click.BadParameter(f"{text!r}: {wanted}") from error


def restart_limit_of(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> seedpod.RestartLimit | None:
    """The limit that *text* describes: `COUNT:SECONDS`.

    Raises:
        click.BadParameter: It describes none.
    """
    if text is None:
        return None
    try:
        count, seconds = text.split(":")
        return seedpod.RestartLimit(max_restarts=int(count), window_seconds=float(seconds))
    except ValueError as error:
        wanted = "wanted COUNT:SECONDS, a number of restarts and a window above 0 (5:60)"
        raise click.BadParameter(f"{text!r}: {wanted}") from error


def jitter_of(_context: click.Context, _parameter: click.Parameter, share: float) -> float:
    """The jitter asked for, if it is one.

    Raises:
        click.BadParameter: It is not a share.
    """
    try:
        return seedpod.Backoff(jitter=share).jitter
    except ValueError as error:
        wanted = "wanted a share of the wait, 0 or more (0.1: a tenth)"
        raise click.BadParameter(f"{share:g}: {wanted}") from error


def _with_jitter(backoff: seedpod.Backoff | None, jitter: float) -> seedpod.Backoff | None:
    return attrs.evolve(backoff or seedpod.Backoff(), jitter=jitter) if jitter else backoff


def grace_of(
    _context: click.Context, _parameter: click.Parameter, seconds: float | None
) -> float | None:
    """The grace period asked for, if it is one.

    Raises:
        click.BadParameter: It is not a number, or less than nothing.
    """
    if seconds is None or (seconds >= 0 and math.isfinite(seconds)):
        return seconds
    raise click.BadParameter(f"{seconds:g}: wanted a number of seconds, 0 or more")


def _require_trio() -> None:
    try:
        import_module("trio")
    except ImportError as error:
        wanted = "--backend trio needs trio; install it with: pip install 'seedpod[trio]'"
        raise click.UsageError(wanted) from error
