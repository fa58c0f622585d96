"""Containers and statuses in few words, for tests of decisions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from seedpod.spec import (
    Container,
    ContainerRestartRule,
    ContainerRestartRuleOnExitCodes,
    PodSpec,
    ResourceRequirements,
)
from seedpod.status import ContainerState, ContainerStatus, Running, Terminated, Waiting

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RUNNING = Running(NOW)
WAITING = Waiting("ContainerCreating")


def container(name: str, **fields: Any) -> Container:
    return Container(name=name, **fields)


def sidecar(name: str, **fields: Any) -> Container:
    return Container(name=name, restart_policy="Always", **fields)


def asking(name: str, policy: str | None = None, **requests: str) -> Container:
    """A container with these requests."""
    resources = ResourceRequirements(requests=requests)
    return Container(name=name, restart_policy=policy, resources=resources)


def rule(operator: str, *codes: int, action: str = "Restart") -> ContainerRestartRule:
    asked = ContainerRestartRuleOnExitCodes(operator=operator, values=codes)
    return ContainerRestartRule(action=action, exit_codes=asked)


def spec(
    *apps: Container, inits: tuple[Container, ...] = (), policy: str = "Always", **fields: Any
) -> PodSpec:
    return PodSpec(containers=apps, init_containers=inits, restart_policy=policy, **fields)


def ended(exit_code: int = 0, reason: str = "") -> Terminated:
    return Terminated(exit_code, reason or ("Error" if exit_code else "Completed"))


def seen(name: str, state: ContainerState, **fields: Any) -> ContainerStatus:
    return ContainerStatus(name=name, state=state, **fields)
