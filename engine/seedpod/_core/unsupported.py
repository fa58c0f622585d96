"""What is valid in Kubernetes and would change how a pod runs, but this engine does not do (yet).

Such a field is refused by name, never accepted and ignored. What changes nothing here
(`nodeSelector`) is not refused: `seedpod check` lists it.
"""

from __future__ import annotations

from collections.abc import Iterator

from seedpod.errors import ABSENT, Problem, ProblemKind
from seedpod.spec import Pod


def unsupported(pod: Pod) -> Iterator[Problem]:
    """Every field of *pod*, valid and with its defaults, that the engine would have to ignore."""
    spec = pod.spec
    if spec.scheduling_gates:
        yield _refused("spec.schedulingGates", "there is no scheduler that could lift a gate")
    if spec.os is not None and spec.os.name != "linux":
        yield _refused("spec.os.name", "only linux is supported", spec.os.name)


def _refused(path: str, why: str, found: object = ABSENT) -> Problem:
    return Problem(path, ProblemKind.UNSUPPORTED, found, why)
