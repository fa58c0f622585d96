"""How a container says whose it is: the labels and the name of everything that is made here.

By these, and by nothing else, containers are found again: by the engine that goes on with a pod, by
the guard after the death of its host, and by whoever sweeps.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

import attrs

from seedpod.abc import ContainerKind, ContainerPlan
from seedpod.spec import Container, Pod

OWNER: Final = "io.seedpod.owner"
"""The process that made it: see `Owner`."""
KEPT: Final = "io.seedpod.kept"
"""`true`: it is to outlive its owner."""
POD_UID: Final = "io.seedpod.pod.uid"
POD_NAME: Final = "io.seedpod.pod.name"
POD_NAMESPACE: Final = "io.seedpod.pod.namespace"
INCARNATION: Final = "io.seedpod.pod.incarnation"
"""One life of the pod: the same for all that was made from its first sandbox to its end."""
SANDBOX: Final = "io.seedpod.sandbox"
"""The number of the sandbox in the life of the pod."""
CONTAINER: Final = "io.seedpod.container.name"
"""Missing: it holds the pod's namespaces."""
KIND: Final = "io.seedpod.container.kind"
"""`init`, `sidecar` or `app`."""
ATTEMPT: Final = "io.seedpod.container.attempt"
SPEC: Final = "io.seedpod.container.spec"
"""What of its description, if it changed, would make it another container."""
_UNFIT: Final = re.compile(r"[^a-zA-Z0-9_.-]")
_LONGEST: Final = 200


@attrs.frozen
class PodLabels:
    """What everything of one sandbox of a pod has in common."""

    pod: Pod
    uid: str
    owner: str
    is_kept: bool
    incarnation: str
    sandbox_attempt: int

    @property
    def of_pod(self) -> dict[str, str]:
        """The labels of the container that holds the namespaces."""
        metadata = self.pod.metadata
        return {
            OWNER: self.owner,
            KEPT: "true" if self.is_kept else "false",
            POD_UID: self.uid,
            POD_NAME: metadata.name,
            POD_NAMESPACE: metadata.namespace,
            INCARNATION: self.incarnation,
            SANDBOX: str(self.sandbox_attempt),
        }

    def of_container(self, plan: ContainerPlan) -> dict[str, str]:
        """The labels of one attempt of a container."""
        return {
            **self.of_pod,
            CONTAINER: plan.name,
            KIND: ContainerKind(plan.kind).value,
            ATTEMPT: str(plan.attempt),
            SPEC: spec_mark(plan.spec),
        }

    def name_of_pod(self) -> str:
        """The name of the container that holds the namespaces."""
        return self._name("POD", "", self.sandbox_attempt)

    def name_of(self, plan: ContainerPlan) -> str:
        """The name of one attempt of a container: an engine has one container of a name."""
        return self._name(plan.name, plan.container_id, plan.attempt)

    def _name(self, container: str, attempt_id: str, attempt: int) -> str:
        metadata = self.pod.metadata
        mark = sha256(f"{self.uid}\0{attempt_id}".encode()).hexdigest()[:12]
        words = f"seedpod_{container}_{metadata.name}_{metadata.namespace}"
        return f"{_UNFIT.sub('-', words)[:_LONGEST]}_{mark}_{attempt}"


def spec_mark(container: Container) -> str:
    """The same for two descriptions of which Kubernetes would not restart the container.

    Source: kubelet, HashContainer: name and image.
    """
    return sha256(f"{container.name}\0{container.image}".encode()).hexdigest()[:16]
