"""Rows of Kubernetes' own test tables, and the values they speak of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar, cast

import attrs

from seedpod._core.manifest.structure import shape_of, structure
from seedpod.errors import Problem
from seedpod.spec import Pod, PodSpec, ResourceRequirements
from seedpod.status import (
    ContainerState,
    ContainerStatus,
    Phase,
    PodCondition,
    PodStatus,
    Running,
    Terminated,
    Waiting,
)

Json: TypeAlias = Mapping[str, Any]
T = TypeVar("T")

EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""The instant every time in the rows is relative to."""
OWN_FOLDER: Final = Path(__file__).parent / "vectors"
"""The rows that are part of the project."""


@attrs.frozen
class Row:
    """One question and Kubernetes' answer to it."""

    id: str
    given: Json
    expect: Json
    source: str
    file: str = ""
    """The stem of the file it stands in."""

    @property
    def question(self) -> str:
        """What is asked; a file with one question only does not name it."""
        return str(self.given.get("fn") or self.given.get("condition") or "")


def rows_of(folder: Path) -> list[Row]:
    """Every row of every file of a folder.

    Raises:
        ValueError: A file is not what it should be, or there is none.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise ValueError(f"{folder}: no file of rows (*.json) there")
    return [row for file in files for row in _rows_of_file(file)]


def structured(cls: type[T], raw: Json) -> T:
    """The spec object a fragment describes; fragments are neither defaulted nor validated."""
    problems: list[Problem] = []
    plain: type = cls
    made = cast("T", structure(shape_of(plain), dict(raw), None, problems))
    assert not problems
    return made


def all_of(cls: type[T], raw: Iterable[Json] | None) -> list[T]:
    """Spec objects for a list of fragments."""
    return [structured(cls, each) for each in raw or ()]


def pod_of(given: Json) -> Pod:
    """The pod a row is about, be it given whole, by spec, or not at all."""
    if "pod" in given:
        return structured(Pod, {k: v for k, v in given["pod"].items() if k != "status"})
    return Pod(spec=structured(PodSpec, given.get("spec") or given.get("podSpec") or {}))


def pod_status(raw: Json) -> PodStatus:
    """A status; a phase that is no phase (some rows have placeholders) is kept as it is."""
    phase: Any = raw.get("phase", "Pending")
    return PodStatus(
        phase=Phase(phase) if phase in set(Phase) else phase,
        reason=raw.get("reason", ""),
        conditions=pod_conditions(raw.get("conditions")),
        init_container_statuses=container_statuses(raw.get("initContainerStatuses")),
        container_statuses=container_statuses(raw.get("containerStatuses")),
        pod_ips=tuple(each["ip"] for each in raw.get("podIPs") or ()),
        allocated_resources=raw.get("allocatedResources"),
        resources=_resources(raw),
    )


def pod_conditions(raw: Iterable[Json] | None) -> tuple[PodCondition, ...]:
    """Conditions; the rows give a type, a status and perhaps a reason."""
    return tuple(PodCondition(**each) for each in raw or ())


def container_statuses(raw: Iterable[Json] | None) -> tuple[ContainerStatus, ...]:
    """Container statuses in their order."""
    return tuple(_container_status(each) for each in raw or ())


def _rows_of_file(file: Path) -> list[Row]:
    try:
        found = json.loads(file.read_text())
        return [
            Row(each["id"], each["given"], each["expect"], each.get("source", ""), file.stem)
            for each in found
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{file}: must be a list of rows ({error!r})") from error


def _container_status(raw: Json) -> ContainerStatus:
    last = raw.get("lastState", {}).get("terminated")
    return ContainerStatus(
        name=raw["name"],
        state=_state(raw.get("state") or {}),
        last_state=None if last is None else _terminated(last),
        restart_count=raw["restartCount"],
        ready=raw["ready"],
        started=raw.get("started"),
        allocated_resources=raw.get("allocatedResources"),
        resources=_resources(raw),
    )


def _resources(raw: Json) -> ResourceRequirements | None:
    found = raw.get("resources")
    return None if found is None else structured(ResourceRequirements, found)


def _state(raw: Json) -> ContainerState:
    if "running" in raw:
        return Running(_time(raw["running"].get("startedAt")) or EPOCH)
    if "terminated" in raw:
        return _terminated(raw["terminated"])
    return Waiting(**raw.get("waiting", {}))


def _terminated(raw: Json) -> Terminated:
    return Terminated(
        raw["exitCode"],
        raw.get("reason", ""),
        finished_at=_time(raw.get("finishedAt")),
        signal=raw.get("signal"),
    )


def _time(raw: str | None) -> datetime | None:
    return None if raw is None else datetime.fromisoformat(raw)
