"""Removing containers, and seeing that they are gone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from anyio import create_task_group, sleep

from seedpod_docker._api import Api, ApiError, EngineError
from seedpod_docker._json import Table, table_in
from seedpod_docker._labels import CONTAINER

_TRIES: Final = 5
_PAUSE: Final = 0.1
"""Seconds before the first further try; doubled each time."""


async def remove(api: Api, name: str) -> None:
    """Kill and remove the container of this name or id, with the volumes only it had.

    Cancellation: it may be left.

    Raises:
        UnreachableError: The engine does not answer.
        ApiError: It could not be removed.
    """
    pause = _PAUSE
    for left in reversed(range(_TRIES)):
        try:
            await api.call("DELETE", f"/containers/{name}", {"force": "true", "v": "true"})
        except ApiError as error:
            if error.status == 404:
                return
            if not left:
                raise
            await sleep(pause)  # it is being removed already, or somebody still looks into it
            pause *= 2
        else:
            return


async def remove_pods(api: Api, listed: Iterable[Table]) -> str:
    """Remove listed containers, sandboxes last, and return what went wrong; empty: nothing.

    Podman does not let go of a sandbox that somebody has joined.

    Cancellation: some may be left.
    """
    joined: list[str] = []
    sandboxes: list[str] = []
    for each in listed:
        is_joined = CONTAINER in table_in(each, "Labels")
        (joined if is_joined else sandboxes).append(each["Id"])
    problems = (await remove_all(api, joined), await remove_all(api, sandboxes))
    return "; ".join(filter(None, problems))


async def remove_all(api: Api, names: Iterable[str]) -> str:
    """Remove containers, several at a time, and return what went wrong; empty: nothing.

    Cancellation: some may be left.
    """
    problems: list[str] = []

    async def attempt(name: str) -> None:
        try:
            await remove(api, name)
        except EngineError as error:
            problems.append(str(error))

    async with create_task_group() as group:
        for name in names:
            group.start_soon(attempt, name)
    return "; ".join(dict.fromkeys(problems))
