"""`seedpod sweep`: what is left of pods whose processes are no more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

import anyio
import attrs
import click

from seedpod.abc import CanSweep, Executor, Leftover
from seedpod.cli.discarding import sweep_kept

_NOTHING_LEFT = "leaves nothing to sweep: a guard process ends what its host leaves"


@attrs.frozen
class Found:
    """One thing that was left, and whether it is removed, or would be."""

    leftover: Leftover
    is_removed: bool


def sweep_all(executor: Executor, *, kept: bool, dry_run: bool) -> Sequence[Found]:
    """Remove what is left, and tell what that was; what stays because it is kept is told as well.

    Args:
        executor: What the pods ran on.
        kept: Remove what was left on purpose too, and the directories of its pods.
        dry_run: Remove nothing.

    Raises:
        click.ClickException: The executor leaves nothing, or what is kept on this machine cannot
            be looked at.
        ExecutorError: Nobody can be asked, or something could not be removed.
    """
    if not isinstance(executor, CanSweep):
        raise click.UsageError(f"executor {executor.name} {_NOTHING_LEFT}")
    return anyio.run(partial(_sweep_all, executor, kept=kept, dry_run=dry_run))


async def _sweep_all(executor: CanSweep, *, kept: bool, dry_run: bool) -> Sequence[Found]:
    if dry_run:
        found = await executor.sweep(kept=True, dry_run=True)
        return [Found(each, kept or not each.is_kept) for each in found]
    removed = [*await executor.sweep()]
    if kept:
        removed += await sweep_kept(executor)
    left = await executor.sweep(kept=True, dry_run=True)
    staying = [Found(each, is_removed=False) for each in left if each.is_kept]
    return [*(Found(each, is_removed=True) for each in removed), *staying]


def as_lines(found: Sequence[Found], *, dry_run: bool) -> str:
    """What was found, and what became of it, for a person: a line for each."""
    verb = "would remove" if dry_run else "removed"
    return "\n".join(_line(each, verb) for each in found) or "nothing to sweep"


def as_objects(found: Sequence[Found]) -> str:
    """The same as a JSON list of objects."""
    return json.dumps([_plain(each) for each in found], indent=2)


def _line(found: Found, verb: str) -> str:
    left = found.leftover
    if found.is_removed:
        return f"{verb} {left.name} ({left.owner})"
    return f"kept {left.name} ({left.owner}); --kept removes it"


def _plain(found: Found) -> dict[str, object]:
    left = found.leftover
    return {
        "name": left.name,
        "owner": left.owner,
        "isKept": left.is_kept,
        "isRemoved": found.is_removed,
    }
