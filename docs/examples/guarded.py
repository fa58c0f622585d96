"""A thing of the machine that does not outlive the process that made it, however that ends."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio

from seedpod.guard import GUARD


@asynccontextmanager
async def guarded():
    """What is made in this block can be registered: the `open` of an executor is one."""
    GUARD.acquire()
    try:
        yield
    finally:
        with anyio.move_on_after(10, shield=True):
            await GUARD.release()


@contextmanager
def thing(path):
    """A file at *path* as long as the block lasts: it stands for a container of some daemon's."""
    key = f"example:{path}"
    GUARD.add_command(key, ["rm", "-f", path])
    try:
        Path(path).touch()
        yield
    finally:
        Path(path).unlink(missing_ok=True)
        GUARD.forget(key)


async def main():
    async with guarded():
        with thing("/tmp/thing"):
            print("made", flush=True)
            await anyio.sleep_forever()


anyio.run(main, backend=sys.argv[1] if len(sys.argv) > 1 else "asyncio")
