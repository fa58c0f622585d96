"""What an engine would do with a pod, told before it is done: whether it is taken on, and how."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from seedpod._core.defaults import with_defaults
from seedpod._core.manifest.effects import without_effect
from seedpod._core.ordering import PlanStep, start_plan, stop_plan
from seedpod._core.resources import effective_limits, effective_requests, qos_class
from seedpod._runtime.admission import reasons_against
from seedpod.abc import Executor
from seedpod.errors import Problem
from seedpod.spec import Pod, Quantity


@attrs.frozen(kw_only=True)
class Plan:
    """How a pod will be run: the order of things, and what they may use."""

    namespace: str
    name: str
    start: tuple[PlanStep, ...]
    """Every container, in the order of its start."""
    stop: tuple[PlanStep, ...]
    """The apps and sidecars, in the order of their stop signals."""
    requests: Mapping[str, Quantity]
    """What the pod as a whole asks for, by resource."""
    limits: Mapping[str, Quantity]
    """What the pod as a whole may use, by resource."""
    qos_class: str
    """`Guaranteed`, `Burstable` or `BestEffort`."""
    grace_period_seconds: float
    """How long the pod may take to end."""
    without_effect: tuple[str, ...]
    """The paths of the fields it sets that mean nothing here."""


def plan(pod: Pod) -> Plan:
    """The plan for *pod*, which must be valid."""
    pod = with_defaults(pod)
    grace = pod.spec.termination_grace_period_seconds
    return Plan(
        namespace=pod.metadata.namespace,
        name=pod.metadata.name,
        start=start_plan(pod.spec),
        stop=stop_plan(pod.spec),
        requests=effective_requests(pod),
        limits=effective_limits(pod),
        qos_class=str(qos_class(pod)),
        grace_period_seconds=30.0 if grace is None else float(grace),
        without_effect=without_effect(pod),
    )


def check(pod: Pod, executor: Executor) -> tuple[Problem, ...]:
    """Every reason why an engine with *executor* would not take *pod* on; empty if it would."""
    return tuple(reasons_against(with_defaults(pod), executor))
