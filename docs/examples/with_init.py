"""Containers of Docker that a signal ends, though their commands have no handler for it."""

from __future__ import annotations

import sys

import anyio

import seedpod

POD = """
apiVersion: v1
kind: Pod
metadata: {name: sleeper}
spec:
  containers:
    - {name: app, image: "busybox:1.37", command: [sh, -c, "sleep 1000; true"]}
"""


async def main():
    executor = seedpod.find_executor("docker", init=True)
    async with seedpod.Engine(executor) as engine:
        [pod] = seedpod.load(POD)
        running = await engine.start(pod)
        status = await running.stop()
    print(status.container("app").state.exit_code)


anyio.run(main, backend=sys.argv[1] if sys.argv[1:] else "asyncio")
