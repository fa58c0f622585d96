"""Removing containers, and seeing that they are gone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from anyio import create_task_group, sleep

from seedpod_docker._api import Api, ApiError, UnreachableError

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


async def remove_all(api: Api, names: Iterable[str]) -> str:
    """Remove containers, several at a time, and return what went wrong; empty: nothing.

    Cancellation: some may be left.
    """
    problems: list[str] = []

    async def attempt(name: str) -> None:
        try:
            await remove(api, name)
        except (ApiError, UnreachableError) as error:
            problems.append(str(error))

    async with create_task_group() as group:
        for name in names:
            group.start_soon(attempt, name)
    return "; ".join(dict.fromkeys(problems))


async def labelled(api: Api, *labels: str) -> Sequence[Mapping[str, Any]]:
    """The containers that have all of these labels, as `GET /containers/json` shows them.

    Cancellation: nothing is undone.

    Raises:
        UnreachableError: The engine does not answer.
        ApiError: It refuses.
    """
    query = {"all": "true", "filters": json.dumps({"label": list(labels)})}
    found: Sequence[Mapping[str, Any]] = await api.call("GET", "/containers/json", query) or ()
    return found


def title_of(listed: Mapping[str, Any]) -> str:
    """What a person knows a listed container by."""
    names: Sequence[str] = listed.get("Names") or ()
    return next((name.lstrip("/") for name in names), str(listed["Id"])[:12])
