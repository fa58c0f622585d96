"""Whether a container that is not running may run (again).

Source: kubelet, `ShouldContainerBeRestarted`, `ContainerShouldRestart`, `IsInitContainerFailed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from seedpod.spec import (
    Container,
    ContainerRestartRule,
    ContainerRestartRuleAction,
    PodSpec,
    RestartPolicy,
)
from seedpod.status import ContainerState, Running, Terminated

# Plain strings: looking a member up in its class costs more than comparing.
ALWAYS: Final = str(RestartPolicy.ALWAYS)
ON_FAILURE: Final = str(RestartPolicy.ON_FAILURE)
NEVER: Final = str(RestartPolicy.NEVER)
RESTART: Final = str(ContainerRestartRuleAction.RESTART)
RESTART_ALL: Final = str(ContainerRestartRuleAction.RESTART_ALL_CONTAINERS)
_RESTARTS: Final = frozenset({RESTART, RESTART_ALL})


class Ended(Protocol):
    """How an attempt ended: a `Termination` or a `Terminated` state."""

    @property
    def exit_code(self) -> int:
        """0 to 255."""
        ...

    @property
    def reason(self) -> str:
        """`OOMKilled` and the like; may be empty."""
        ...


def may_restart(pod_policy: str, container: Container, exit_code: int) -> bool:
    """Whether *container* is to run again after an attempt that ended with *exit_code*.

    The container's rules are asked first, then its own policy, then the pod's; rules on a container
    without a policy of its own count for nothing. An absent policy acts as `Always`.
    """
    own = container.restart_policy
    if own and container.restart_policy_rules:
        action = rule_action(container, exit_code)
        if action in _RESTARTS:
            return True
    policy = own or pod_policy
    if policy == NEVER:
        return False
    return policy != ON_FAILURE or exit_code != 0


def needs_start(
    pod_policy: str,
    container: Container,
    state: ContainerState | None,
    *,
    is_deleting: bool = False,
) -> bool:
    """Whether a container found in *state* is to be started; None: it never had an attempt.

    A container that waits was created and never ran, or was lost: it is to be started too.
    """
    if is_deleting or isinstance(state, Running):
        return False
    if isinstance(state, Terminated):
        return may_restart(pod_policy, container, state.exit_code)
    return True


def rule_action(container: Container, exit_code: int) -> str | None:
    """What the first of the container's rules that matches *exit_code* asks for, or None."""
    rule = matching_rule(container.restart_policy_rules, exit_code)
    return None if rule is None else rule.action


def matching_rule(
    rules: Sequence[ContainerRestartRule], exit_code: int
) -> ContainerRestartRule | None:
    """The first rule that matches *exit_code*; a rule without `exitCodes` never does."""
    return next((each for each in rules if _is_match(each, exit_code)), None)


def has_restart_all_rule(spec: PodSpec) -> bool:
    """Whether an exit of some container could restart all of them."""
    every = (*spec.init_containers, *spec.containers)
    return any(rule.action == RESTART_ALL for each in every for rule in each.restart_policy_rules)


def is_restartable(pod_policy: str, container: Container) -> bool:
    """Whether there is any way for *container* to end and run again."""
    if container.restart_policy and any(
        rule.action in _RESTARTS for rule in container.restart_policy_rules
    ):
        return True
    return effective_policy(pod_policy, container) != NEVER


def effective_policy(pod_policy: str, container: Container) -> str:
    """The container's own restart policy, else the pod's, else `Always`."""
    return container.restart_policy or pod_policy or ALWAYS


def is_sidecar(init_container: Container) -> bool:
    """Whether an entry of `initContainers` is a sidecar; says nothing about other containers."""
    return init_container.restart_policy == ALWAYS


def has_init_failed(ended: Ended) -> bool:
    """Whether an init container that ended so has failed; `OOMKilled` is failure, exit 0 or not."""
    return ended.exit_code != 0 or ended.reason == "OOMKilled"


def _is_match(rule: ContainerRestartRule, exit_code: int) -> bool:
    asked = rule.exit_codes
    if asked is None:
        return False
    if asked.operator == "In":
        return exit_code in asked.values
    return asked.operator == "NotIn" and exit_code not in asked.values
