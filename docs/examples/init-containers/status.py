"""Run a pod, and print its line of `kubectl get pods` when that changes, and why it is so."""

from __future__ import annotations

import sys
from contextlib import suppress

import anyio

import seedpod


async def main(path):
    [pod] = seedpod.load(path)
    print("NAME       READY  STATUS                 RESTARTS")
    shown = ""
    async with seedpod.Engine(seedpod.find_executor("subprocess")) as engine:
        running = engine.start_soon(pod)
        async with running.watch() as events:
            async for _ in events:
                row = running.row()
                if row.status != shown:
                    shown = row.status
                    print(f"{row.name:10} {row.ready:6} {row.status:22} {row.restarts}")
                    for cause in running.why().causes:
                        print(f"           {cause}")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        anyio.run(main, sys.argv[1], backend=(*sys.argv, "asyncio")[2])
