"""What is wrong with what a pod says to a scheduler.

Nobody schedules here, so these fields have no effect; but what is wrong in them is wrong anywhere.
Affinity and spread constraints are not looked into.

Source: kubernetes, pkg/apis/core/validation: ValidatePodSpec, ValidateTolerations,
validateSchedulingGates, validatePodResourceClaims.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from seedpod._core.validation import text
from seedpod._core.validation.metadata import label_problems
from seedpod._core.validation.report import (
    choice_problems,
    duplicate,
    invalid,
    not_supported,
    required,
)
from seedpod.errors import Problem
from seedpod.spec.frozen import JsonValue
from seedpod.spec.pod import PodSchedulingGate, PodSpec

_Object: TypeAlias = Mapping[str, JsonValue]

_PREEMPTIONS: Final = ("PreemptLowerPriority", "Never")
_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_OPERATORS: Final = ("Equal", "Exists")
_CLAIM_SOURCES: Final = ("resourceClaimName", "resourceClaimTemplateName")


def scheduling_problems(spec: PodSpec, path: str) -> Iterator[Problem]:
    """What is wrong with where a pod asks to run, and how much it matters."""
    for field, name in (
        ("nodeName", spec.node_name),
        ("priorityClassName", spec.priority_class_name),
    ):
        if name and not text.is_dns_subdomain(name):
            yield invalid(f"{path}.{field}", name, text.DNS_SUBDOMAIN)
    runtime = spec.runtime_class_name
    if runtime is not None and not text.is_dns_subdomain(runtime):
        yield invalid(f"{path}.runtimeClassName", runtime, text.DNS_SUBDOMAIN)
    if spec.preemption_policy is not None:
        where = f"{path}.preemptionPolicy"
        yield from choice_problems(spec.preemption_policy, _PREEMPTIONS, where)
    if spec.node_selector:
        yield from label_problems(spec.node_selector, f"{path}.nodeSelector")
    yield from _gates_problems(spec.scheduling_gates, f"{path}.schedulingGates")
    for index, toleration in enumerate(spec.tolerations):
        yield from _toleration_problems(toleration, f"{path}.tolerations[{index}]")
    yield from _claims_problems(spec.resource_claims, f"{path}.resourceClaims")


def _gates_problems(gates: Sequence[PodSchedulingGate], path: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, gate in enumerate(gates):
        if not text.is_qualified_name(gate.name):
            yield invalid(f"{path}[{index}]", gate.name, text.QUALIFIED_NAME)
        if gate.name in seen:
            yield duplicate(f"{path}[{index}]", gate.name)
        seen.add(gate.name)


def _toleration_problems(toleration: _Object, path: str) -> Iterator[Problem]:
    key, effect = _word(toleration, "key"), _word(toleration, "effect")
    operator = _word(toleration, "operator")
    if key and not text.is_qualified_name(key):
        yield invalid(f"{path}.key", key, text.QUALIFIED_NAME)
    if not key and operator != "Exists":
        yield invalid(f"{path}.operator", operator, "must be Exists where key is empty")
    if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
        wanted = "must be NoExecute where tolerationSeconds is set"
        yield invalid(f"{path}.effect", effect, wanted)
    yield from _operator_problems(operator, _word(toleration, "value"), f"{path}.operator")
    if effect and effect not in _EFFECTS:
        yield not_supported(f"{path}.effect", effect, _EFFECTS)


def _operator_problems(operator: str, value: str, path: str) -> Iterator[Problem]:
    if operator == "Exists":
        if value:
            yield invalid(path, value, "the value must be empty where operator is Exists")
    elif operator in {"", "Equal"}:
        if not text.is_label_value(value):
            yield invalid(path, value, f"the value {text.LABEL_VALUE}")
    else:
        yield not_supported(path, operator, _OPERATORS)


def _claims_problems(claims: Sequence[_Object], path: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, claim in enumerate(claims):
        where, name = f"{path}[{index}]", _word(claim, "name")
        if not name:
            yield required(f"{where}.name", f"must name the claim; {text.DNS_LABEL}")
        elif name in seen:
            yield duplicate(f"{where}.name", name)
        elif not text.is_dns_label(name):
            yield invalid(f"{where}.name", name, text.DNS_LABEL)
        seen.add(name)
        sources = {field: claim[field] for field in _CLAIM_SOURCES if claim.get(field) is not None}
        if len(sources) != 1:
            yield invalid(where, sorted(sources), f"must have one of {', '.join(_CLAIM_SOURCES)}")
        for field, source in sources.items():
            if not text.is_dns_subdomain(str(source)):
                yield invalid(f"{where}.{field}", source, text.DNS_SUBDOMAIN)


def _word(fields: _Object, name: str) -> str:
    found = fields.get(name)
    return "" if found is None else str(found)
