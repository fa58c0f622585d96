"""A scenario: a pod, what is done to it, and what is expected of it, in one YAML file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import attrs
import yaml

import seedpod

MOUNT_ROOT: Final = "/tmp/podscn"
"""Every mount path of a scenario is below this directory."""
_TIMEOUT: Final = 30.0


@attrs.frozen
class Scenario:
    """One file, as it was read."""

    id: str
    text: str
    content: Any = attrs.field(eq=False, repr=False)

    @classmethod
    def of(cls, text: str) -> Scenario:
        """The scenario that is written in *text*."""
        content = yaml.safe_load(text)
        return cls(content["id"], text, content)

    @property
    def area(self) -> str:
        """The first words of its id: `sidecar-start`."""
        area: str = self.content.get("area") or self.id.partition("-")[0]
        return area

    @property
    def requires(self) -> tuple[str, ...]:
        """What an engine must be able to do: `images`, `restart_rules`, ..."""
        return tuple(self.content.get("requires") or ())

    @property
    def timeout(self) -> float:
        """After how many seconds it is given up."""
        return float(self.content.get("timeout") or _TIMEOUT)

    @property
    def backoff(self) -> seedpod.Backoff:
        """How long its containers wait before they restart."""
        given = self.content.get("backoff")
        if given is None:
            return seedpod.Backoff()
        return seedpod.Backoff(
            initial_seconds=float(given["initial"]), cap_seconds=float(given["max"])
        )

    @property
    def is_listening(self) -> bool:
        """Whether its containers say that they listen on ports."""
        spec = self.content["pod"]["spec"]
        containers = (*spec.get("initContainers", ()), *spec["containers"])
        return any(container.get("ports") for container in containers)

    @property
    def actions(self) -> list[Any]:
        """What is done, one after the other."""
        return list(self.content.get("actions") or ())

    @property
    def expectations(self) -> list[Any]:
        """What must hold in the end."""
        return list(self.content.get("expect") or ())

    def below(self, mount_root: Path) -> Scenario:
        """The same scenario, with its mounts below another directory."""
        return Scenario.of(self.text.replace(MOUNT_ROOT, str(mount_root)))

    def manifest(self) -> seedpod.Manifest:
        """Its pod, and the objects the pod refers to.

        Raises:
            SpecError: The pod is not valid.
        """
        items = [self.content["pod"], *(self.content.get("inputs") or ())]
        return seedpod.load(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


def scenarios_in(folder: Path) -> list[Scenario]:
    """The scenarios of a folder, sorted by id."""
    found = [Scenario.of(path.read_text()) for path in folder.glob("*.yaml")]
    return sorted(found, key=lambda scenario: scenario.id)
