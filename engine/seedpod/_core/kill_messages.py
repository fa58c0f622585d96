"""Why a container is killed, in the words of Kubernetes' Killing event.

Source: kubelet, `computePodActions`, `computeInitContainerActions`, `killContainer` and `SyncPod`.
"""

from __future__ import annotations

from typing import Final

from seedpod.spec.words import ProbeKind

APP: Final = "Container"
INIT: Final = "Init container"
"""Of sidecars too."""
RESTARTING_ALL: Final = "killing"
"""All containers are removed, to be restarted."""
FAILED_HOOK: Final = "FailedPostStartHook"


def stopping(name: str) -> str:
    """The container ends with its pod."""
    return f"Stopping container {name}"


def failed(kind: str, name: str, probe: ProbeKind) -> str:
    """Its liveness or startup probe has failed; *kind* is `Container` or `Init container`."""
    return f"{kind} {name} failed {probe} probe"


def changed(kind: str, name: str) -> str:
    """It was made from another description than it has now."""
    return f"{kind} {name} definition changed"


def unknown(kind: str) -> str:
    """Nobody knows whether it runs."""
    return f'{kind} is in "unknown" state, try killing it before restart'


def restarted(message: str) -> str:
    """*message* of an app that is started again; those of sidecars do not say so."""
    return f"{message}, will be restarted"
