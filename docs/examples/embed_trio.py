import trio

import seedpod


async def main():
    [pod] = seedpod.load("docs/examples/web.yaml")
    async with seedpod.Engine(seedpod.find_executor("subprocess")) as engine:
        running = await engine.start(pod)  # returns when the pod is Ready
        print(running.row().ready, running.status.phase)
        status = await running.stop(grace_period_seconds=2)
    print(status.phase)


trio.run(main)
