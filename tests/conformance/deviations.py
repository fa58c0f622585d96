"""Rows of Kubernetes' tables that we answer differently, or not at all, each with the reason.

Nothing is passed over in silence: a row listed in `DEVIATIONS` is asked too, and must differ; a
question listed in `NOT_ASKED` must not be asked anywhere.
"""

from __future__ import annotations

from typing import Final

_RESIZE: Final = "containers are not resized in place, so the spec is all there is"
_FORGETTING: Final = "a container's back-off lives as long as its pod: nothing has to be forgotten"
_HOOKS: Final = "lifecycle hooks are not run yet"
_RESTART_ALL: Final = "the action RestartAllContainers is recognised but not carried out yet"
_DIRECT: Final = (
    "the engine is written as a story, not as a comparison of what is with what should be"
)
_OLD_ENV_NAMES: Final = "the row is asked with the stricter names of Kubernetes before 1.34"
_OLD_RESTART: Final = "the row is asked without per-container restart policies, which we have"

DEVIATIONS: Final[dict[str, str]] = {
    "expansion-0128": "no Service variables are made, so an unset enableServiceLinks is no error",
    "actions-0159": "an executor answers for every attempt: there is none whose fate is unknown",
    "backoff-0004": _FORGETTING,
    "backoff-0005": _FORGETTING,
    "backoff-0006": _FORGETTING,
    "backoff-0008": "waits are exact, as those of Kubernetes' container restarts are",
    "resources-0013": _RESIZE,
    "resources-0014": _RESIZE,
    "resources-0018": _RESIZE,
    "resources-0037": _RESIZE,
    "resources-0080": _RESIZE,
    "validation-0147": _OLD_ENV_NAMES,
    "validation-0148": _OLD_ENV_NAMES,
    "validation-0180": _OLD_ENV_NAMES,
    "validation-0182": _OLD_ENV_NAMES,
    "validation-0183": _OLD_ENV_NAMES,
    "validation-0396": "whether a container may be privileged is the executor's to say",
    "validation-0408": _OLD_RESTART,
    "validation-0409": _OLD_RESTART,
    "validation-0411": _OLD_RESTART,
    "validation-0442": "the row is asked without resize policies of init containers",
    "validation-0623": "the row is asked without the action RestartAllContainers",
}
"""By the id of the row: why we answer differently."""

NOT_ASKED: Final[dict[tuple[str, str], str]] = {
    ("conditions", "AllContainersRestarting"): _RESTART_ALL,
    ("backoff", "sameBackoffHistory"): (
        "the history is kept with the container of one life of a pod, not found by a key"
    ),
    ("termination_order", "lifecycleHook"): _HOOKS,
    ("termination_order", "sleepHook"): _HOOKS,
    ("actions", "computePodActions"): _DIRECT,
    ("actions", "syncSequence"): _DIRECT,
    ("actions", "pruneInitContainersBeforeStart"): "an attempt that ended leaves nothing to prune",
    ("actions", "hasAnyActiveRegularContainerStarted"): "a pod has one sandbox in its life",
    ("actions", "shouldAllContainersRestart"): _RESTART_ALL,
    ("actions", "activeDeadline"): "the deadline is a timer in the pod's own task, not a question",
}
"""By file and question: why nothing of ours answers it."""
