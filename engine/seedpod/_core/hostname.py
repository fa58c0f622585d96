"""What a pod is called in its own eyes."""

from __future__ import annotations

from seedpod.spec import Pod


def hostname(pod: Pod) -> str:
    """The host name of *pod*, unless it has the host's network.

    Source: kubelet, GeneratePodHostNameAndDomain.
    """
    if pod.spec.hostname_override:
        return pod.spec.hostname_override
    return (pod.spec.hostname or pod.metadata.name)[:63].rstrip("-.")
