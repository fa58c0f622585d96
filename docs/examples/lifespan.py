"""A service that owns a pod for as long as it lives."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager

import anyio

import seedpod


@asynccontextmanager
async def lifespan(app):
    [pod] = seedpod.load("docs/examples/web.yaml")
    async with seedpod.Engine(seedpod.find_executor("subprocess")) as engine:
        web = await engine.start(pod)
        yield {"engine": engine, "web": web}
        await engine.stop(grace_period_seconds=5)


async def serve(app):
    """What a web framework does with it."""
    async with lifespan(app) as state:
        print("serving beside", state["web"].name)
    print("served")


if __name__ == "__main__":
    anyio.run(serve, None, backend=sys.argv[1])
