"""A pod that is changed while it runs, and in the end has to make room."""

from __future__ import annotations

import sys

import anyio
import attrs

import seedpod
from seedpod.events import ContainerStarted

WEB = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  readinessGates:
    - {conditionType: example.com/registered}
  containers:
    - {name: web, image: example/web:1, command: [sleep, "3600"]}
"""


def with_image(pod, image):
    """The same pod, with this image for its only app."""
    [app] = pod.spec.containers
    spec = attrs.evolve(pod.spec, containers=[attrs.evolve(app, image=image)])
    return attrs.evolve(pod, spec=spec)


async def main():
    [pod] = seedpod.load(WEB)
    async with seedpod.Engine(seedpod.find_executor("subprocess")) as engine:
        running = engine.start_soon(pod)
        async with running.watch() as events:
            async for event in events:
                if isinstance(event, ContainerStarted) and event.attempt == 0:
                    running.set_condition("example.com/registered", "True")
                    await running.wait_ready()
                    running.update(with_image(running.pod, "example/web:2"))
                elif isinstance(event, ContainerStarted):
                    running.evict_soon("The machine is short of memory.")
    print(running.status.phase, running.status.reason)
    for event in running.kubernetes_events:
        print(event.type, event.reason, event.count, event.message)


anyio.run(main, backend=sys.argv[1])
