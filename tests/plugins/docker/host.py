"""A host process that runs one pod until it is killed. Run as a program.

    python host.py ENGINE KEEP DIRECTORY < pod.yaml

It writes the name of each event as it happens, and `ready` once the pod is.
"""

from __future__ import annotations

import sys

import anyio

import seedpod
from seedpod.events import Event
from seedpod.spec import Pod
from seedpod_docker import DockerExecutor


async def main() -> None:
    """Run the pod."""
    url, keep, directory = sys.argv[1:]
    [pod] = seedpod.load(sys.stdin.read())
    executor = DockerExecutor(host=url, keep="pods" if keep == "pods" else "none")
    async with seedpod.Engine(executor, directory=directory, observers=[tell]) as engine:
        await engine.start(pod)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await anyio.sleep_forever()


def tell(_: Pod, event: Event) -> None:
    """Write what has happened."""
    sys.stdout.write(f"{type(event).__name__} {getattr(event, 'container', '')}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    anyio.run(main)
