"""What `seedpod check` prints: the plan of every pod, for a person or for a program."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import seedpod
from seedpod.spec import Quantity

_STOP_WITH = {"init": "init container", "sidecar": "sidecar", "app": "app"}


def as_text(manifest: seedpod.Manifest) -> str:
    """The plans, for a person."""
    if not manifest.pods:
        return "no pod; what there is, is sound"
    return "\n\n".join("\n".join(_lines(seedpod.plan(pod))) for pod in manifest)


def as_json(manifest: seedpod.Manifest) -> str:
    """The plans, as a JSON list of objects."""
    return json.dumps([_plain(seedpod.plan(pod)) for pod in manifest], indent=2)


def _lines(plan: seedpod.Plan) -> Iterator[str]:
    yield f"pod {plan.namespace}/{plan.name}"
    yield "  starts:"
    yield from _steps(plan.start, "at once")
    yield f"  stops, within {plan.grace_period_seconds:g} s:"
    yield from _steps(plan.stop, "at once")
    yield f"  requests: {_amounts(plan.requests)}"
    yield f"  limits:   {_amounts(plan.limits)}"
    yield f"  QoS:      {plan.qos_class}"
    if plan.without_effect:
        yield f"  without effect: {', '.join(plan.without_effect)}"


def _steps(steps: Sequence[seedpod.PlanStep], at_once: str) -> Iterator[str]:
    labels = [f"{_STOP_WITH[step.kind]} {step.container}" for step in steps]
    width = max(map(len, labels), default=0)
    for number, (step, label) in enumerate(zip(steps, labels, strict=True), 1):
        when = at_once if step.waits_for == "nothing" else f"waits for {step.waits_for}"
        yield f"    {number}. {label:{width}}  {when}"


def _amounts(amounts: Mapping[str, Quantity]) -> str:
    return ", ".join(f"{name} {amount}" for name, amount in amounts.items()) or "none"


def _plain(plan: seedpod.Plan) -> dict[str, object]:
    return {
        "namespace": plan.namespace,
        "name": plan.name,
        "start": [_step(each) for each in plan.start],
        "stop": [_step(each) for each in plan.stop],
        "requests": {name: str(amount) for name, amount in plan.requests.items()},
        "limits": {name: str(amount) for name, amount in plan.limits.items()},
        "qosClass": plan.qos_class,
        "terminationGracePeriodSeconds": plan.grace_period_seconds,
        "withoutEffect": list(plan.without_effect),
    }


def _step(step: seedpod.PlanStep) -> dict[str, str]:
    return {"container": step.container, "kind": step.kind, "waitsFor": step.waits_for}
