"""Finding what processes have left that are no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import attrs

from seedpod.abc import Leftover
from seedpod_docker._api import Api
from seedpod_docker._claim import is_claimed
from seedpod_docker._json import Table, table_in, text_in
from seedpod_docker._labels import CONTAINER, KEPT, OWNER, POD_NAME, POD_NAMESPACE, POD_UID
from seedpod_docker._lookup import labelled
from seedpod_docker._owner import Owner


@attrs.frozen
class Abandoned:
    """One container whose owner is no more."""

    listed: Table
    """As the engine lists it."""
    owner: Owner

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        return table_in(self.listed, "Labels")

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
        labels = table_in(each, "Labels")
        owner = Owner.parse(text_in(labels, OWNER))
        if owner is not None and not owner.is_alive:
            pods[text_in(labels, POD_UID)].append(Abandoned(each, owner))
    return [
        each
        for uid, found in pods.items()
        if not (found[0].is_kept and is_claimed(title, uid))
        for each in sorted(found, key=_order)
    ]


def _order(each: Abandoned) -> tuple[bool, str]:
    return CONTAINER not in each.labels, each.labels.get(CONTAINER, "")
