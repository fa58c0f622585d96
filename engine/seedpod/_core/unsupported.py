"""What is valid in Kubernetes and would change how a pod runs, but this engine does not do (yet).

Such a field is refused by name, never accepted and ignored. What changes nothing here
(`nodeSelector`) is not refused: `seedpod check` lists it.
"""

from __future__ import annotations

from collections.abc import Iterator

from seedpod._core.restart import RESTART_ALL
from seedpod.errors import ABSENT, Problem, ProblemKind
from seedpod.spec import Container, Pod, PodSpec

_PROBES = ("startup_probe", "readiness_probe", "liveness_probe")
_HOOKS = ("post_start", "pre_stop")
_NAMES = {
    "startup_probe": "startupProbe",
    "readiness_probe": "readinessProbe",
    "liveness_probe": "livenessProbe",
    "post_start": "postStart",
    "pre_stop": "preStop",
}


def unsupported(pod: Pod) -> Iterator[Problem]:
    """Every field of *pod*, valid and with its defaults, that the engine would have to ignore."""
    spec = pod.spec
    if spec.readiness_gates:
        yield _refused("spec.readinessGates", "readiness gates are not supported yet")
    if spec.scheduling_gates:
        yield _refused("spec.schedulingGates", "there is no scheduler that could lift a gate")
    if spec.os is not None and spec.os.name != "linux":
        yield _refused("spec.os.name", "only linux is supported", spec.os.name)
    for path, container in _containers(spec):
        yield from _unsupported_container(path, container)


def _unsupported_container(path: str, container: Container) -> Iterator[Problem]:
    yield from _unsupported_handlers(path, container)
    for index, rule in enumerate(container.restart_policy_rules):
        if rule.action == RESTART_ALL:
            where = f"{path}.restartPolicyRules[{index}].action"
            yield _refused(where, "only the action Restart is supported yet", rule.action)
    if container.termination_message_policy != "File":
        where = f"{path}.terminationMessagePolicy"
        found = container.termination_message_policy
        yield _refused(where, "termination messages are not supported yet", found)
    if container.termination_message_path != "/dev/termination-log":
        where = f"{path}.terminationMessagePath"
        found = container.termination_message_path
        yield _refused(where, "termination messages are not supported yet", found)


def _unsupported_handlers(path: str, container: Container) -> Iterator[Problem]:
    for name in _PROBES:
        if getattr(container, name) is not None:
            yield _refused(f"{path}.{_NAMES[name]}", "probes are not supported yet")
    for name in _HOOKS:
        if container.lifecycle is not None and getattr(container.lifecycle, name) is not None:
            yield _refused(f"{path}.lifecycle.{_NAMES[name]}", "hooks are not supported yet")


def _containers(spec: PodSpec) -> Iterator[tuple[str, Container]]:
    for index, container in enumerate(spec.init_containers):
        yield f"spec.initContainers[{index}]", container
    for index, container in enumerate(spec.containers):
        yield f"spec.containers[{index}]", container


def _refused(path: str, why: str, found: object = ABSENT) -> Problem:
    return Problem(path, ProblemKind.UNSUPPORTED, found, why)
