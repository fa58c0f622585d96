"""The actions of a scenario: when one is due, and what it does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Final

import seedpod
from seedpod.spec import Pod
from tests.conformance.claims import Evidence, MalformedError, UnmetError, as_list
from tests.conformance.claims_of_log import line_at
from tests.conformance.scenario_check import evaluate


def is_due(when: Mapping[str, Any], evidence: Evidence) -> bool:
    """Whether what an action waits for has come true.

    Raises:
        MalformedError: It waits for something that is not in the vocabulary.
    """
    [(kind, argument)] = when.items()
    if kind == "log":
        return _is_written(evidence, argument)
    if kind not in _AS_CLAIMS:
        raise MalformedError(f"unknown 'when': {kind}")
    return not evaluate(_AS_CLAIMS[kind](argument), evidence)


def is_about_the_log(when: Mapping[str, Any]) -> bool:
    """Whether only the lifecycle log tells: no event of the engine says that it was written to."""
    return "log" in when


def patched(pod: Pod, patch: Any) -> Pod:
    """*pod* with a merge patch applied: null removes, mappings are merged, the rest replaces.

    Raises:
        SpecError: What comes of it is no valid pod.
    """
    return _loaded(_merged(_as_written(pod), patch))


def with_images(pod: Pod, images: Mapping[str, str]) -> Pod:
    """*pod* with other images for some of its containers.

    Raises:
        SpecError: What comes of it is no valid pod.
    """
    written = _as_written(pod)
    for key in ("initContainers", "containers"):
        for container in written["spec"].get(key, ()):
            container["image"] = images.get(container["name"], container.get("image", ""))
    return _loaded(written)


def _is_written(evidence: Evidence, reference: Any) -> bool:
    try:
        line_at(evidence.lines, reference)
    except UnmetError:
        return False
    return True


def _status(name: str, path: str) -> dict[str, Any]:
    return {"status": {"container": name, "path": path, "equals": True}}


_AS_CLAIMS: Final[Mapping[str, Callable[[Any], list[Any]]]] = {
    "phase": lambda phase: [{"phase": phase}],
    "running": lambda names: [{"running": names}],
    "started": lambda name: [_status(name, "started")],
    "ready": lambda name: [
        {"condition": "Ready=True"} if name == "pod" else _status(name, "ready")
    ],
    "restarts": lambda counts: [{"restarts": {name: f"{n}..*" for name, n in counts.items()}}],
    "waiting": lambda reasons: [{"waiting": reasons}],
    "terminated": lambda names: [{"terminated": dict.fromkeys(as_list(names), "*")}],
    "event": lambda reason: [{"event": reason}],
    "condition": lambda words: [{"condition": words}],
}


def _as_written(pod: Pod) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(seedpod.dump(pod, "json"))
    return written


def _loaded(written: dict[str, Any]) -> Pod:
    [pod] = seedpod.load(json.dumps(written))
    return pod


def _merged(value: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return deepcopy(patch)
    merged = dict(value) if isinstance(value, dict) else {}
    for key, each in patch.items():
        if each is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), each)
    return merged
