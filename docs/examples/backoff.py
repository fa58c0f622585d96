"""A crash loop under three back-offs, in virtual time."""

from __future__ import annotations

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


async def starts(backoff):
    """When the app is started in the first two minutes."""
    executor = FakeExecutor({"app": exits(1)})
    [pod] = seedpod.load(CRASHES)
    async with seedpod.Engine(executor, backoff=backoff) as engine:
        engine.start_soon(pod)
    return [round(time) for time in executor.times("start", "app")]


CURVES = (
    seedpod.Backoff(),
    seedpod.Backoff(initial_seconds=1, cap_seconds=20),
    seedpod.Backoff(delays=(0, 5, 30)),
)

for curve in CURVES:
    print(run_virtual(starts, curve, backend=sys.argv[1]))
