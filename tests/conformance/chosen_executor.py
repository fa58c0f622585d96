"""The executor that scenarios are run with: chosen by name, made anew for every run."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs

from seedpod.abc import CanPull, Executor
from seedpod.executors import executor_options, find_executor

IMAGES = "images"
"""The one requirement of scenarios that an executor may lack; all others are the engine's."""


@attrs.frozen(slots=False)
class ChosenExecutor:
    """An installed executor by its name, at one level of isolation if it has levels.

    Raises:
        ExecutorNotFoundError: On first use, if nothing of this name is installed.
    """

    name: str
    isolation: str | None = None
    """Its level; None: it has none, or one of its own choice."""

    @property
    def title(self) -> str:
        """What a person knows it by."""
        return self.name if self.isolation is None else f"{self.name}, isolation {self.isolation}"

    @cached_property
    def options(self) -> frozenset[str]:
        """What its constructor takes."""
        return frozenset(executor_options(self.name))

    @property
    def is_linking(self) -> bool:
        """Whether it cannot mount, so that volumes appear where the host lets links stand."""
        return self.isolation != "view" and "link_mounts_under" in self.options

    @cached_property
    def has_images(self) -> bool:
        """Whether it fetches images, and runs what is in them."""
        return isinstance(self._made({}), CanPull)

    def lacks(self, requirements: Iterable[str]) -> tuple[str, ...]:
        """Those of a scenario's requirements that it cannot meet."""
        return () if self.has_images else tuple({*requirements} & {IMAGES})

    def made_for(self, mount_root: Path) -> Executor:
        """A new executor, for a pod whose mounts are below *mount_root*."""
        links = {"link_mounts_under": [mount_root]} if self.is_linking else {}
        return self._made({**links, "limits": "best-effort"})

    def _made(self, options: dict[str, Any]) -> Executor:
        if self.isolation is not None:
            options = {**options, "isolation": self.isolation}
        known = {name: value for name, value in options.items() if name in self.options}
        return find_executor(self.name, **known)
