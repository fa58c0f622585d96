"""Reading the vectors: rows of Kubernetes' own test tables, and the values they speak of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar, cast

import attrs
import pytest

from seedpod._core.manifest.structure import shape_of, structure
from seedpod.errors import Problem
from seedpod.spec import Pod, PodSpec
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
from tests.conformance.deviations import DEVIATIONS, NOT_ASKED

Json: TypeAlias = Mapping[str, Any]
Asker: TypeAlias = Callable[[Json], object]
"""Puts the question of a row to the engine."""
T = TypeVar("T")

EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""The instant every time in the vectors is relative to."""
_DIRECTORY: Final = Path(__file__).parent / "vectors"


@attrs.frozen
class Row:
    """One question and Kubernetes' answer to it."""

    id: str
    given: Json
    expect: Json
    source: str

    @property
    def question(self) -> str:
        """What is asked; a file with one question only does not name it."""
        return str(self.given.get("fn") or self.given.get("condition") or "")


def rows(topic: str) -> list[Row]:
    """Every row of one file."""
    found = json.loads((_DIRECTORY / f"{topic}.json").read_text())
    return [Row(each["id"], each["given"], each["expect"], each["source"]) for each in found]


def agreeing(topic: str) -> list[Any]:
    """As test parameters: the rows we answer as Kubernetes does."""
    return _params(row for row in _asked(topic) if row.id not in DEVIATIONS)


def deviating(topic: str) -> list[Any]:
    """As test parameters: the rows we answer differently, on purpose."""
    return _params(row for row in _asked(topic) if row.id in DEVIATIONS)


def unaccounted(topic: str, askers: Iterable[str]) -> set[str]:
    """Questions of a file that are neither asked nor listed as not asked, or are both."""
    listed = {question for file, question in NOT_ASKED if file == topic}
    return {row.question for row in rows(topic)} ^ set(askers) ^ listed


def structured(cls: type[T], raw: Json) -> T:
    """The spec object a fragment describes; fragments are neither defaulted nor validated."""
    problems: list[Problem] = []
    plain: type = cls
    made = cast("T", structure(shape_of(plain), dict(raw), None, problems))
    assert not problems
    return made


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
    )


def pod_conditions(raw: Iterable[Json] | None) -> tuple[PodCondition, ...]:
    """Conditions; the rows give a type, a status and perhaps a reason."""
    return tuple(PodCondition(**each) for each in raw or ())


def container_statuses(raw: Iterable[Json] | None) -> tuple[ContainerStatus, ...]:
    """Container statuses in their order."""
    return tuple(_container_status(each) for each in raw or ())


def _container_status(raw: Json) -> ContainerStatus:
    last = raw.get("lastState", {}).get("terminated")
    return ContainerStatus(
        name=raw["name"],
        state=_state(raw.get("state") or {}),
        last_state=None if last is None else _terminated(last),
        restart_count=raw["restartCount"],
        ready=raw["ready"],
        started=raw.get("started"),
    )


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


def _asked(topic: str) -> list[Row]:
    return [row for row in rows(topic) if (topic, row.question) not in NOT_ASKED]


def _params(found: Iterable[Row]) -> list[Any]:
    return [pytest.param(row, id=row.id) for row in found]
