"""Run a pod, and print its line of `kubectl get pods` as it changes, and what it waits for."""

from __future__ import annotations

import sys

import anyio

import seedpod


async def main(path):
    [pod] = seedpod.load(path)
    print("NAME       READY  STATUS                 RESTARTS")
    shown = None
    async with seedpod.Engine(seedpod.find_executor("subprocess")) as engine:
        running = engine.start_soon(pod)
        async with running.watch() as events:
            async for _ in events:
                row, causes = running.row(), running.why().causes
                if shown != (row.status, causes[:2]):
                    shown = (row.status, causes[:2])
                    print(f"{row.name:10} {row.ready:6} {row.status:22} {row.restarts}")
                    for cause in causes:
                        print(f"           {cause}")


if __name__ == "__main__":
    try:
        anyio.run(main, sys.argv[1], backend=(*sys.argv, "asyncio")[2])
    except* KeyboardInterrupt:
        pass
