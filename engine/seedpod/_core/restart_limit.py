"""When to stop restarting: so many times within so much time, and no more.

Kubernetes has nothing of the kind: there a container that cannot run is restarted for ever.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import attrs


def _is_count(_: object, attribute: attrs.Attribute[Any], value: int) -> None:
    if value < 0:
        raise ValueError(f"{attribute.name}: {value!r}: wanted a number of restarts, 0 or more")


def _is_positive(_: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{attribute.name}: {value!r}: wanted a number of seconds above 0")


@attrs.frozen(kw_only=True)
class RestartLimit:
    """How often one container may be restarted within a window of time, which slides.

    Raises:
        ValueError: A number is out of its range.
    """

    max_restarts: int = attrs.field(validator=_is_count)
    """The next one within the window is the one too many; 0: no restart at all."""
    window_seconds: float = attrs.field(validator=_is_positive)
    """How far back restarts count."""


def has_given_up(limit: RestartLimit | None, restarted_at: Iterable[float], now: float) -> bool:
    """Whether a container is not to be restarted *now*, as it was restarted too often before.

    Args:
        limit: None: there is no limit.
        restarted_at: When it was restarted so far, on the clock of *now*, in any order.
        now: When it would be restarted.
    """
    if limit is None:
        return False
    recent = sum(1 for each in restarted_at if now - each < limit.window_seconds)
    return recent >= limit.max_restarts
