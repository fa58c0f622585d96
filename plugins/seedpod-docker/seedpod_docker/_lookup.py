"""Asking the engine for containers: one by its name, or all with a label."""

from __future__ import annotations

import json
from collections.abc import Sequence

from seedpod_docker._api import Api, ApiError
from seedpod_docker._json import Table


async def inspected(api: Api, name: str) -> Table | None:
    """The container of this name or id, as `GET /containers/ID/json` shows it; None: there is none.

    Cancellation: nothing is undone.

    Raises:
        UnreachableError: The engine does not answer.
        ApiError: It refuses.
    """
    try:
        known: Table = await api.call("GET", f"/containers/{name}/json")
    except ApiError as error:
        if error.status != 404:
            raise
        return None
    return known


async def labelled(api: Api, *labels: str) -> Sequence[Table]:
    """The containers that have all of these labels, as `GET /containers/json` shows them.

    Cancellation: nothing is undone.

    Raises:
        UnreachableError: The engine does not answer.
        ApiError: It refuses.
    """
    query = {"all": "true", "filters": json.dumps({"label": list(labels)})}
    found: Sequence[Table] = await api.call("GET", "/containers/json", query) or ()
    return found


def title_of(listed: Table) -> str:
    """What a person knows a listed container by."""
    names: Sequence[str] = listed.get("Names") or ()
    return next((name.lstrip("/") for name in names), str(listed["Id"])[:12])
