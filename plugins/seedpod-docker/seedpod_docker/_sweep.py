"""Finding and removing what processes have left that are no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import attrs

from seedpod.abc import Leftover
from seedpod_docker._api import Api
from seedpod_docker._claim import is_claimed
from seedpod_docker._labels import CONTAINER, KEPT, OWNER, POD_NAME, POD_NAMESPACE, POD_UID
from seedpod_docker._owner import Owner
from seedpod_docker._removal import labelled, remove_all


@attrs.frozen
class Abandoned:
    """One container whose owner is no more."""

    id: str
    labels: Mapping[str, str]
    owner: Owner

    @property
    def is_kept(self) -> bool:
        """Whether it was meant to be left."""
        return self.labels.get(KEPT) == "true"

    @property
    def leftover(self) -> Leftover:
        """The same for a person."""
        labels = self.labels
        pod = f"{labels.get(POD_NAMESPACE)}/{labels.get(POD_NAME)}"
        name = labels.get(CONTAINER)
        what = f"container {name} of pod {pod}" if name else f"sandbox of pod {pod}"
        return Leftover(
            name=what,
            owner=self.owner.title,
            pod_uid=labels.get(POD_UID, ""),
            is_kept=self.is_kept,
        )


async def abandoned(api: Api, title: str) -> Sequence[Abandoned]:
    """Every container whose owner is known to be no more, pod by pod, its sandbox last.

    Cancellation: nothing is undone.

    Raises:
        UnreachableError: The engine does not answer.
        ApiError: It refuses.
    """
    pods = defaultdict[str, list[Abandoned]](list)
    for each in await labelled(api, OWNER):
        labels: Mapping[str, str] = each.get("Labels") or {}
        owner = Owner.parse(labels.get(OWNER, ""))
        if owner is not None and not owner.is_alive:
            pods[labels.get(POD_UID, "")].append(Abandoned(each["Id"], labels, owner))
    return [
        each
        for uid, found in pods.items()
        if not (found[0].is_kept and is_claimed(title, uid))
        for each in sorted(found, key=_order)
    ]


async def sweep_away(api: Api, found: Sequence[Abandoned]) -> str:
    """Remove them, sandboxes last, and return what went wrong; empty: nothing.

    Cancellation: some may be left.
    """
    joined = [each.id for each in found if CONTAINER in each.labels]
    sandboxes = [each.id for each in found if CONTAINER not in each.labels]
    problems = (await remove_all(api, joined), await remove_all(api, sandboxes))
    return "; ".join(filter(None, problems))


def _order(each: Abandoned) -> tuple[bool, str]:
    return CONTAINER not in each.labels, each.labels.get(CONTAINER, "")
