"""What is wrong with restart policies, restart rules and resize policies of containers.

Source: kubernetes, pkg/apis/core/validation: validateContainerRestartPolicy, validateResizePolicy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from seedpod._core.validation.report import (
    choice_problems,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
    too_many,
)
from seedpod._core.validation.scope import Scope
from seedpod.errors import Problem
from seedpod.spec.container import Container, ContainerResizePolicy, ContainerRestartRule
from seedpod.spec.words import (
    ContainerRestartRuleAction,
    ContainerRestartRuleOperator,
    RestartPolicy,
)

RESTART_POLICIES: Final = tuple(each.value for each in RestartPolicy)
_ACTIONS: Final = tuple(each.value for each in ContainerRestartRuleAction)
_OPERATORS: Final = tuple(each.value for each in ContainerRestartRuleOperator)
_MAX_RULES: Final = 20
_MAX_EXIT_CODES: Final = 255
_RESIZED: Final = ("cpu", "memory")
_RESIZE_POLICIES: Final = ("NotRequired", "RestartContainer")


def restart_problems(container: Container, path: str) -> Iterator[Problem]:
    """What is wrong with the restart policy and rules of a *container*."""
    policy, rules = container.restart_policy, container.restart_policy_rules
    if policy is not None and policy not in RESTART_POLICIES:
        yield not_supported(f"{path}.restartPolicy", policy, RESTART_POLICIES)
    if not rules:
        return
    if policy is None:
        wanted = f"must be one of {', '.join(RESTART_POLICIES)} where restartPolicyRules are set"
        yield required(f"{path}.restartPolicy", wanted)
    if len(rules) > _MAX_RULES:
        yield too_many(f"{path}.restartPolicyRules", len(rules), _MAX_RULES)
    for index, rule in enumerate(rules):
        yield from _rule_problems(rule, f"{path}.restartPolicyRules[{index}]")


def resize_problems(
    policies: Sequence[ContainerResizePolicy], pod_restart_policy: str, path: str
) -> Iterator[Problem]:
    """What is wrong with what a change of resources does; the index is in words, as upstream."""
    seen: set[str] = set()
    for index, policy in enumerate(policies):
        if policy.resource_name in seen:
            yield duplicate(f"{path}[{index}]", policy.resource_name, "must be set once a resource")
        seen.add(policy.resource_name)
        yield from choice_problems(policy.resource_name, _RESIZED, path)
        yield from choice_problems(policy.restart_policy, _RESIZE_POLICIES, path)
        if pod_restart_policy == RestartPolicy.NEVER and policy.restart_policy != "NotRequired":
            wanted = f"entry {index} must be NotRequired where the pod's restartPolicy is Never"
            yield invalid(path, policy.restart_policy, wanted)


def init_resize_problems(container: Container, scope: Scope, path: str) -> Iterator[Problem]:
    """Resize policies that make no sense for an init container that is no sidecar."""
    if scope.may_keep_restart_container:
        return
    for index, policy in enumerate(container.resize_policy):
        if policy.restart_policy == "RestartContainer":
            where = f"{path}.resizePolicy[{index}].restartPolicy"
            wanted = "must be NotRequired for an init container without restartPolicy Always"
            yield invalid(where, policy.restart_policy, wanted)


def unused_by_init_problems(container: Container, path: str) -> Iterator[Problem]:
    """What only a sidecar may have, and this init *container* has."""
    for field, value in (
        ("lifecycle", container.lifecycle),
        ("livenessProbe", container.liveness_probe),
        ("readinessProbe", container.readiness_probe),
        ("startupProbe", container.startup_probe),
    ):
        if value is not None:
            wanted = "must not be set for an init container without restartPolicy Always"
            yield forbidden(f"{path}.{field}", wanted)


def _rule_problems(rule: ContainerRestartRule, path: str) -> Iterator[Problem]:
    if rule.action not in _ACTIONS:
        yield not_supported(f"{path}.action", rule.action, _ACTIONS)
    codes = rule.exit_codes
    if codes is None:
        yield required(f"{path}.exitCodes", "must say which exit codes the rule is for")
        return
    if codes.operator not in _OPERATORS:
        yield not_supported(f"{path}.exitCodes.operator", codes.operator, _OPERATORS)
    if len(codes.values) > _MAX_EXIT_CODES:
        yield too_many(f"{path}.exitCodes.values", len(codes.values), _MAX_EXIT_CODES)
