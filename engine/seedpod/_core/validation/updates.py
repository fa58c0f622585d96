"""What is wrong with a change of a pod that exists.

Source: kubernetes, pkg/apis/core/validation: ValidatePodUpdate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import attrs

from seedpod._core.validation.pod import content_problems
from seedpod._core.validation.report import forbidden, invalid
from seedpod.errors import Problem
from seedpod.spec.container import Container
from seedpod.spec.metadata import ObjectMeta
from seedpod.spec.pod import Pod, PodSpec
from seedpod.spec.words import RestartPolicy

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


def update_problems(old: Pod, new: Pod) -> list[Problem]:
    """Everything that is wrong with *new* in the place of *old*; both with defaults."""
    may_keep = any(_restarts_on_resize(each) for each in old.spec.init_containers)
    return [
        *_metadata_problems(old.metadata, new.metadata, "metadata"),
        *content_problems(new, may_keep_restart_container=may_keep),
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
        yield from _rules_problems(before, after, f"{path}.{field}")
    yield from _deadline_problems(old, new, f"{path}.activeDeadlineSeconds")
    if _with_allowed_changes(old, new) != new:
        yield forbidden(path, _MUTABLE)


def _rules_problems(
    before: Sequence[Container], after: Sequence[Container], path: str
) -> Iterator[Problem]:
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        if new.restart_policy_rules != old.restart_policy_rules:
            yield forbidden(f"{path}[{index}].restartPolicy", "restartPolicyRules must not change")


def _deadline_problems(old: PodSpec, new: PodSpec, path: str) -> Iterator[Problem]:
    before, after = old.active_deadline_seconds, new.active_deadline_seconds
    if after is None:
        if before is not None:
            yield invalid(path, None, f"must not be unset; it is {before}")
    elif before is not None and after > before:
        yield invalid(path, after, f"must be at most {before}, as it is now")


def _with_allowed_changes(old: PodSpec, new: PodSpec) -> PodSpec:
    """*old* with those changes of *new* that a pod may have."""
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
        tolerations=new.tolerations
        if _has_all(new.tolerations, old.tolerations)
        else old.tolerations,
        scheduling_gates=new.scheduling_gates
        if set(new.scheduling_gates) <= set(old.scheduling_gates)
        else old.scheduling_gates,
        termination_grace_period_seconds=new_grace if may_change_grace else old_grace,
    )


def _with_images(old: Sequence[Container], new: Sequence[Container]) -> tuple[Container, ...]:
    pairs = zip(old, new, strict=True)
    return tuple(attrs.evolve(before, image=after.image) for before, after in pairs)


def _has_all(some: Sequence[Mapping[str, object]], wanted: Sequence[Mapping[str, object]]) -> bool:
    return all(each in some for each in wanted)
