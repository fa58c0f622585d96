"""Seedpod: Kubernetes Pods inside a Python process.

    [pod] = seedpod.load("pod.yaml")
    async with seedpod.Engine(seedpod.find_executor("subprocess")) as engine:
        running = await engine.start(pod)

The packages `spec`, `status`, `events`, `errors`, `abc`, `guard`, `executors` and `testing` are
public; what begins with an underscore is not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from seedpod._core.backoff import Backoff as Backoff
    from seedpod._core.manifest.dump import dump as dump
    from seedpod._core.manifest.dump import with_status as with_status
    from seedpod._core.manifest.load import Manifest as Manifest
    from seedpod._core.ordering import PlanStep as PlanStep
    from seedpod._core.printer import PodRow as PodRow
    from seedpod._core.restart_limit import RestartLimit as RestartLimit
    from seedpod._core.why import Why as Why
    from seedpod._runtime.engine import Engine as Engine
    from seedpod._runtime.output import LogLine as LogLine
    from seedpod._runtime.running_pod import RunningPod as RunningPod
    from seedpod.executors import find_executor as find_executor
    from seedpod.loading import load as load
    from seedpod.planning import Plan as Plan
    from seedpod.planning import check as check
    from seedpod.planning import plan as plan
    from seedpod.running import run as run

__all__ = [
    "Backoff",
    "Engine",
    "LogLine",
    "Manifest",
    "Plan",
    "PlanStep",
    "PodRow",
    "RestartLimit",
    "RunningPod",
    "Why",
    "check",
    "dump",
    "find_executor",
    "load",
    "plan",
    "run",
    "with_status",
]

# A hundred classes take their time to be made: each name is imported when it is first asked for.
_HOMES: Final = {
    "Backoff": "_core.backoff",
    "Engine": "_runtime.engine",
    "LogLine": "_runtime.output",
    "Manifest": "_core.manifest.load",
    "Plan": "planning",
    "PlanStep": "_core.ordering",
    "PodRow": "_core.printer",
    "RestartLimit": "_core.restart_limit",
    "RunningPod": "_runtime.running_pod",
    "Why": "_core.why",
    "check": "planning",
    "dump": "_core.manifest.dump",
    "find_executor": "executors",
    "load": "loading",
    "plan": "planning",
    "run": "running",
    "with_status": "_core.manifest.dump",
}
_PACKAGES: Final = frozenset({"abc", "errors", "events", "executors", "spec", "status", "testing"})


if not TYPE_CHECKING:  # a checker is to find what is not there

    def __getattr__(name: str) -> object:
        if name in _PACKAGES:
            return import_module(f"seedpod.{name}")
        if name not in _HOMES:
            raise AttributeError(f"module 'seedpod' has no attribute {name!r}")
        value: object = getattr(import_module(f"seedpod.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_PACKAGES})
