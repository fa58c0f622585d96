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
from seedpod._runtime.engine import Engine as Engine
from seedpod._runtime.running_pod import RunningPod as RunningPod

__all__ = ["Backoff", "Engine", "Manifest", "RunningPod"]
