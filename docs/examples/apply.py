"""A pod that waits for a ConfigMap, until somebody brings it."""

from __future__ import annotations

import sys

import anyio

import seedpod
from seedpod.events import ContainerWaiting

PATIENT = """
apiVersion: v1
kind: Pod
metadata: {name: patient}
spec:
  restartPolicy: Never
  containers:
    - name: patient
      image: busybox:1.28
      command: [sh, -c, echo $GREETING]
      envFrom:
        - configMapRef: {name: settings}
"""


async def main():
    [pod] = seedpod.load(PATIENT)
    [settings] = seedpod.load("docs/examples/settings.yaml").config_maps
    async with seedpod.Engine(seedpod.find_executor("subprocess")) as engine:
        running = engine.start_soon(pod)
        async with running.watch() as events:
            async for event in events:
                if isinstance(event, ContainerWaiting):
                    print(event.reason, event.message)
                    engine.apply(settings)
        async with running.logs() as lines:
            async for line in lines:
                print(line.text.decode())


anyio.run(main, backend=sys.argv[1])
