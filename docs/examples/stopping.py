"""The same pod, stopped in three ways."""

from __future__ import annotations

import sys

import anyio

import seedpod


async def main():
    [pod] = seedpod.load("docs/examples/web.yaml")

    async with seedpod.Engine(seedpod.find_executor("subprocess")) as engine:
        running = await engine.start(pod)
        status = await running.stop()  # as long as the manifest allows
        print("stopped:", status.container("web").state.exit_code)

        running = await engine.start(pod)
        running.stop_soon()
        running.stop_soon(grace_period_seconds=1)  # less time after all
        status = await running.wait()
        print("hurried:", status.container("web").state.exit_code)

    executor = seedpod.find_executor("subprocess")
    with anyio.CancelScope() as scope:
        async with seedpod.Engine(executor, cancel_grace_seconds=0.5) as engine:
            running = await engine.start(pod)
            scope.cancel()  # as a timeout or Ctrl-C would
    print("cancelled:", running.status.container("web").state.exit_code)


anyio.run(main, backend=sys.argv[1])
