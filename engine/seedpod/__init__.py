"""Seedpod: Kubernetes Pods inside a Python process.

    [pod] = seedpod.load("pod.yaml")
    async with seedpod.Engine(seedpod.find_executor("subprocess")) as engine:
        running = await engine.start(pod)

The packages `spec`, `status`, `events`, `errors`, `abc`, `executors`, `observe` and `testing` are public; what
begins with an underscore is not.
"""

from __future__ import annotations

from seedpod._core.backoff import Backoff as Backoff
from seedpod._core.manifest import Manifest as Manifest
from seedpod._core.manifest_dump import dump as dump
from seedpod._core.ordering import PlanStep as PlanStep
from seedpod._core.printer import PodRow as PodRow
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
    "RunningPod",
    "Why",
    "check",
    "dump",
    "find_executor",
    "load",
    "plan",
    "run",
]
