"""What containers ask for and may use."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from seedpod.spec.frozen import FrozenMap, as_map, as_tuple
from seedpod.spec.quantity import Quantity, as_quantity


def as_quantities(amounts: Mapping[str, str | float | Quantity] | None) -> FrozenMap[Quantity]:
    """A read-only copy of *amounts* by resource name; None is the empty one."""
    if not amounts or (
        isinstance(amounts, FrozenMap) and all(type(each) is Quantity for each in amounts.values())
    ):
        return as_map(amounts)  # every evolved copy of what holds them comes this way
    return as_map({name: as_quantity(amount) for name, amount in amounts.items()})


@attrs.frozen(kw_only=True)
class ResourceClaim:
    """A reference to one of the pod's resource claims."""

    name: str = ""
    request: str = ""


@attrs.frozen(kw_only=True)
class ResourceRequirements:
    """Requests and limits by resource: `cpu` in cores, `memory` in bytes, ..."""

    limits: Mapping[str, Quantity] = attrs.field(default=None, converter=as_quantities)
    requests: Mapping[str, Quantity] = attrs.field(default=None, converter=as_quantities)
    claims: tuple[ResourceClaim, ...] = attrs.field(default=(), converter=as_tuple)
