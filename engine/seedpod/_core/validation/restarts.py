"""What is wrong with restart policies, restart rules and resize policies of containers.

Source: kubernetes, pkg/apis/core/validation: validateContainerRestartPolicy, validateResizePolicy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from seedpod._core.validation.gates import Gates
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
_WANTED_WITH_RULES: Final = (
    f"must be one of {', '.join(RESTART_POLICIES)} where restartPolicyRules are set"
)
_ACTIONS: Final = tuple(each.value for each in ContainerRestartRuleAction)
_FIRST_ACTIONS: Final = (ContainerRestartRuleAction.RESTART.value,)
_OPERATORS: Final = tuple(each.value for each in ContainerRestartRuleOperator)
_MAX_RULES: Final = 20
_MAX_EXIT_CODES: Final = 255
_RESIZED: Final = ("cpu", "memory")
_RESIZE_POLICIES: Final = ("NotRequired", "RestartContainer")


def app_restart_problems(container: Container, gates: Gates, path: str) -> Iterator[Problem]:
    """What is wrong with the restart policy and rules of an app."""
    policy = container.restart_policy
    if not gates.container_restart_rules:
        if policy is not None:
            yield forbidden(f"{path}.restartPolicy", "must not be set for an app", policy)
        return
    if policy is None and container.restart_policy_rules:
        yield required(f"{path}.restartPolicy", _WANTED_WITH_RULES)
    yield from _policy_problems(container, gates, path)


def init_restart_problems(container: Container, gates: Gates, path: str) -> Iterator[Problem]:
    """What is wrong with the restart policy and rules of an init container or sidecar."""
    policy, rules = container.restart_policy, container.restart_policy_rules
    if policy is None:
        if rules:
            yield required(f"{path}.restartPolicy", _WANTED_WITH_RULES)
    elif not gates.container_restart_rules:
        if policy != RestartPolicy.ALWAYS:
            yield not_supported(f"{path}.restartPolicy", policy, (RestartPolicy.ALWAYS.value,))
    elif policy == RestartPolicy.ALWAYS and not gates.restart_all_containers_on_container_exits:
        if rules:
            yield forbidden(f"{path}.restartPolicyRules", "must not be set for a sidecar")
    else:
        yield from _policy_problems(container, gates, path)


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
    """Resize policies that make no sense for an init container, or for one that is no sidecar."""
    if container.resize_policy and not scope.gates.in_place_pod_vertical_scaling:
        found = len(container.resize_policy)
        yield invalid(f"{path}.resizePolicy", found, "must not be set for an init container")
    if container.restart_policy == RestartPolicy.ALWAYS or scope.may_keep_restart_container:
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


def _policy_problems(container: Container, gates: Gates, path: str) -> Iterator[Problem]:
    policy, rules = container.restart_policy, container.restart_policy_rules
    if policy is not None and policy not in RESTART_POLICIES:
        yield not_supported(f"{path}.restartPolicy", policy, RESTART_POLICIES)
    if len(rules) > _MAX_RULES:
        yield too_many(f"{path}.restartPolicyRules", len(rules), _MAX_RULES)
    actions = _ACTIONS if gates.restart_all_containers_on_container_exits else _FIRST_ACTIONS
    for index, rule in enumerate(rules):
        yield from _rule_problems(rule, actions, f"{path}.restartPolicyRules[{index}]")


def _rule_problems(
    rule: ContainerRestartRule, actions: tuple[str, ...], path: str
) -> Iterator[Problem]:
    if rule.action not in actions:
        yield not_supported(f"{path}.action", rule.action, actions)
    codes = rule.exit_codes
    if codes is None:
        yield required(f"{path}.exitCodes", "must say which exit codes the rule is for")
        return
    if codes.operator not in _OPERATORS:
        yield not_supported(f"{path}.exitCodes.operator", codes.operator, _OPERATORS)
    if len(codes.values) > _MAX_EXIT_CODES:
        yield too_many(f"{path}.exitCodes.values", len(codes.values), _MAX_EXIT_CODES)
