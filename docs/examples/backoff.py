"""A crash loop under several back-offs and a limit, in virtual time."""

from __future__ import annotations

import random
import sys

import seedpod
from seedpod.testing import FakeExecutor, exits, run_virtual

CRASHES = """
apiVersion: v1
kind: Pod
metadata: {name: crashes}
spec:
  activeDeadlineSeconds: 120
  containers:
    - {name: app, image: example/app}
"""


async def starts(**options):
    """When the app is started in the first two minutes, and why the pod has failed."""
    executor = FakeExecutor({"app": exits(1)})
    [pod] = seedpod.load(CRASHES)
    async with seedpod.Engine(executor, **options) as engine:
        running = engine.start_soon(pod)
    return [round(time) for time in executor.times("start", "app")], running.status.reason


CURVES = (
    seedpod.Backoff(),
    seedpod.Backoff(initial_seconds=1, cap_seconds=20),
    seedpod.Backoff(delays=(0, 5, 30)),
    seedpod.Backoff(jitter=0.5),
)
LIMIT = seedpod.RestartLimit(max_restarts=3, window_seconds=60)


async def main():
    for curve in CURVES:
        print(*await starts(backoff=curve, random=random.Random(1)))
    print(*await starts(restart_limit=LIMIT))


run_virtual(main, backend=sys.argv[1])
