"""What kept pods have on this machine goes with their containers, if nobody goes on with them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, cast

import attrs
import click

from seedpod import Engine, load
from seedpod.abc import CanAdopt, CanSweep, Executor, Leftover
from seedpod.cli.keeping import TakenError, claim, known_uids, state_directory
from seedpod.spec import Pod

_STAND_IN: Final = """
apiVersion: v1
kind: Pod
metadata: {name: swept}
spec:
  containers: [{name: none, image: none}]
  volumes:
    - name: swept
      downwardAPI: {items: [{path: uid, fieldRef: {fieldPath: metadata.uid}}]}
"""
"""A pod with a directory on disk, and one in memory where there may be one."""


async def sweep_kept(executor: CanSweep) -> Sequence[Leftover]:
    """Sweep what was left on purpose too, and the directories of the pods that are gone then.

    A pod that another seedpod has is left as it is, and so is the directory of one whose containers
    are elsewhere, or could not be looked for.

    Cancellation: something may be left.

    Raises:
        ExecutorError: Nobody can be asked, or something could not be removed.
        click.ClickException: What is kept on this machine cannot be looked at.
    """
    directory = state_directory()
    with ExitStack() as claims:
        uids = _unclaimed(claims, directory)
        if not uids or not isinstance(executor, CanAdopt):
            return await executor.sweep(kept=True)
        async with Engine(cast(Executor, executor), directory=directory) as engine:
            before = await _found(executor, uids)
            removed = await executor.sweep(kept=True)
            for uid in sorted(before - await _found(executor, before)):
                if (directory / uid).is_dir():
                    await _discard(engine, uid)
    return removed


async def _discard(engine: Engine, uid: str) -> None:
    """Remove the directories of a pod of which nothing else is left.

    A pod of this uid that is stopped before it begins takes them with it, as every pod does at its
    end: what is mounted in them first.

    Cancellation: something may be left.
    """
    pod = engine.start_soon(_stand_in(uid))
    pod.stop_soon(0)
    await pod.wait()


def _unclaimed(claims: ExitStack, directory: Path) -> list[str]:
    """The pods nobody has.

    Raises:
        click.ClickException: What is there cannot be read, or is somebody else's.
    """
    try:
        return [uid for uid in known_uids(directory) if _is_ours(claims, directory, uid)]
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error


def _is_ours(claims: ExitStack, directory: Path, uid: str) -> bool:
    """Whether nobody else has the pod; then nobody gets it before *claims* are given up."""
    try:
        claims.enter_context(claim(directory, uid))
    except TakenError:
        return False
    return True


async def _found(executor: CanAdopt, uids: Collection[str]) -> set[str]:
    """Those of which the executor has something.

    Cancellation: nothing is undone.
    """
    return {uid for uid in uids if await executor.find(_stand_in(uid)) is not None}


def _stand_in(uid: str) -> Pod:
    [pod] = load(_STAND_IN)
    return attrs.evolve(pod, metadata=attrs.evolve(pod.metadata, uid=uid))
