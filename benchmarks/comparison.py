"""One workload beside its floor: measured in turns, summed up as a ratio with its spread."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable, Mapping
from statistics import median
from typing import Literal, TypeVar

import anyio
import attrs

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Target:
    """What a workload is meant to reach; nothing fails if it does not."""

    what: Literal["ratio", "figure"]
    """Whether the limit is for the ratio or for our own figure."""
    bound: Literal["at most", "at least"]
    limit: float
    unit: str = "×"

    def __str__(self) -> str:
        """The target in words."""
        return f"{self.bound} {self.limit:g} {self.unit}"

    def is_met(self, value: float) -> bool:
        """Whether *value* is on the right side of the limit."""
        return value <= self.limit if self.bound == "at most" else value >= self.limit


@attrs.frozen(kw_only=True)
class Comparison:
    """What several rounds measured of one workload on one loop, and of what it stands beside."""

    workload: str
    what: str
    """What one figure is of: `1,000 fake pods`."""
    loop: str
    beside: str
    unit: str
    """Of every figure: `µs per pod`."""
    target: Target | None
    """None: the comparison is there to be read."""
    ours: tuple[float, ...]
    """One figure a round."""
    theirs: tuple[float, ...]
    """The floor's or the peer's, of the same rounds."""

    @property
    def ratios(self) -> tuple[float, ...]:
        """Our figure by theirs, of each round: what was measured seconds apart."""
        return tuple(our / their for our, their in zip(self.ours, self.theirs, strict=True))

    @property
    def is_met(self) -> bool | None:
        """Whether the medians reach the target; None if there is none."""
        if self.target is None:
            return None
        return self.target.is_met(
            median(self.ratios) if self.target.what == "ratio" else median(self.ours)
        )


def in_turns(
    sides: Mapping[str, Callable[[], T]], rounds: int, *, is_warmed_up: bool = True
) -> dict[str, tuple[T, ...]]:
    """Measure every side in each round, one after another: A B A B, never A A B B.

    Args:
        sides: What makes one figure, by name.
        rounds: How many figures of each.
        is_warmed_up: Whether a round goes before that is not counted.
    """
    figures: dict[str, list[T]] = {name: [] for name in sides}
    for number in range(-1 if is_warmed_up else 0, rounds):
        for name, measure in sides.items():
            gc.collect()
            figure = measure()
            if number >= 0:
                figures[name].append(figure)
    return {name: tuple(each) for name, each in figures.items()}


def on_loop(loop: str, measure: Callable[[int], Awaitable[T]], count: int) -> T:
    """The figure *measure* finds for *count*, on a new event loop of this kind."""
    return anyio.run(measure, count, backend=loop)
