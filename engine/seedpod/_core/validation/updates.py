"""What is wrong with a change of a pod that exists.

Source: kubernetes, pkg/apis/core/validation: ValidatePodUpdate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final, TypeAlias, cast

import attrs

from seedpod._core.validation.gates import TODAY, Gates
from seedpod._core.validation.pod import content_problems
from seedpod._core.validation.report import forbidden, invalid
from seedpod.errors import Problem
from seedpod.spec import camel_case
from seedpod.spec.container import Container
from seedpod.spec.frozen import JsonValue
from seedpod.spec.metadata import ObjectMeta
from seedpod.spec.pod import Pod, PodSpec
from seedpod.spec.words import RestartPolicy

_Toleration: TypeAlias = Mapping[str, JsonValue]
_MUTABLE: Final = (
    "must not change but for spec.containers[*].image, spec.initContainers[*].image, "
    "spec.activeDeadlineSeconds, additions to spec.tolerations, removals from "
    "spec.schedulingGates, and spec.terminationGracePeriodSeconds from a negative number to 1"
)
_FIXED_METADATA: Final = (
    ("name", "name"),
    ("namespace", "namespace"),
    ("uid", "uid"),
    ("creation_timestamp", "creationTimestamp"),
    ("deletion_timestamp", "deletionTimestamp"),
    ("deletion_grace_period_seconds", "deletionGracePeriodSeconds"),
)


def update_problems(old: Pod, new: Pod, gates: Gates = TODAY) -> list[Problem]:
    """Everything that is wrong with *new* in the place of *old*.

    Args:
        old: As it is; with defaults.
        new: As it would be; with defaults.
        gates: What counts as valid.
    """
    may_keep = any(_restarts_on_resize(each) for each in old.spec.init_containers)
    return [
        *_metadata_problems(old.metadata, new.metadata, "metadata"),
        *content_problems(new, gates, may_keep_restart_container=may_keep),
        *_spec_problems(old.spec, new.spec, "spec"),
    ]


def _restarts_on_resize(container: Container) -> bool:
    """Whether an init container that is no sidecar has the resize policy RestartContainer."""
    return container.restart_policy != RestartPolicy.ALWAYS and any(
        policy.restart_policy == "RestartContainer" for policy in container.resize_policy
    )


def _metadata_problems(old: ObjectMeta, new: ObjectMeta, path: str) -> Iterator[Problem]:
    for name, field in _FIXED_METADATA:
        if getattr(new, name) != getattr(old, name):
            wanted = f"must stay {getattr(old, name)!r}"
            yield invalid(f"{path}.{field}", getattr(new, name), wanted)


def _spec_problems(old: PodSpec, new: PodSpec, path: str) -> Iterator[Problem]:
    for field, before, after in (
        ("containers", old.containers, new.containers),
        ("initContainers", old.init_containers, new.init_containers),
    ):
        if len(before) != len(after):
            yield forbidden(f"{path}.{field}", "must not be added to or removed from")
            return
    yield from _deadline_problems(old, new, f"{path}.activeDeadlineSeconds")
    yield from _tolerations_problems(old.tolerations, new.tolerations, f"{path}.tolerations")
    yield from _gates_problems(old, new, f"{path}.schedulingGates")
    allowed = _with_allowed_changes(old, new)
    if allowed != new:
        changed = ", ".join(_differences(allowed, new, path))
        yield forbidden(path, f"{_MUTABLE}; changed: {changed}")


def _differences(old: object, new: object, path: str) -> Iterator[str]:
    """The paths of what differs, as deep as both are alike."""
    if old == new:
        return
    kind: type[Any] = type(old)
    if kind is type(new) and attrs.has(kind):
        for field in attrs.fields(kind):
            before, after = getattr(old, field.name), getattr(new, field.name)
            yield from _differences(before, after, f"{path}.{camel_case(field.name)}")
    elif isinstance(old, tuple) and isinstance(new, tuple):
        pairs = zip_longest(cast("tuple[object, ...]", old), cast("tuple[object, ...]", new))
        for index, (before, after) in enumerate(pairs):
            yield from _differences(before, after, f"{path}[{index}]")
    else:
        yield path


def _deadline_problems(old: PodSpec, new: PodSpec, path: str) -> Iterator[Problem]:
    before, after = old.active_deadline_seconds, new.active_deadline_seconds
    if after is None:
        if before is not None:
            yield invalid(path, None, f"must not be unset; it is {before}")
    elif before is not None and after > before:
        yield invalid(path, after, f"must be at most {before}, as it is now")


def _tolerations_problems(
    old: Sequence[_Toleration], new: Sequence[_Toleration], path: str
) -> Iterator[Problem]:
    kept = [_without_seconds(each) for each in new]
    if not all(_without_seconds(each) in kept for each in old):
        yield forbidden(path, "must keep what is there, but for tolerationSeconds")


def _without_seconds(toleration: _Toleration) -> dict[str, object]:
    return {name: each for name, each in toleration.items() if name != "tolerationSeconds"}


def _gates_problems(old: PodSpec, new: PodSpec, path: str) -> Iterator[Problem]:
    there = {gate.name for gate in old.scheduling_gates}
    for index, gate in enumerate(new.scheduling_gates):
        if gate.name not in there:
            yield forbidden(f"{path}[{index}].name", "gates must only be removed", gate.name)


def _with_allowed_changes(old: PodSpec, new: PodSpec) -> PodSpec:
    """*old* with those changes of *new* that a pod may have, or whose problems are told apart."""
    old_grace, new_grace = (
        old.termination_grace_period_seconds,
        new.termination_grace_period_seconds,
    )
    may_change_grace = old_grace is not None and old_grace < 0 and new_grace == 1
    return attrs.evolve(
        old,
        containers=_with_images(old.containers, new.containers),
        init_containers=_with_images(old.init_containers, new.init_containers),
        active_deadline_seconds=new.active_deadline_seconds,
        tolerations=new.tolerations,
        scheduling_gates=new.scheduling_gates,
        termination_grace_period_seconds=new_grace if may_change_grace else old_grace,
    )


def _with_images(old: Sequence[Container], new: Sequence[Container]) -> tuple[Container, ...]:
    pairs = zip(old, new, strict=True)
    return tuple(attrs.evolve(before, image=after.image) for before, after in pairs)
