"""A host process for the guard's tests: starts containers, says so, and lives until it is killed.

    python host.py BACKEND CONTAINERS [LINK_UNDER DIRECTORY]

Writes `up` once all containers run; with 0 containers, starts and ends them in a storm without end.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import anyio

from seedpod.abc import ContainerKind, ContainerPlan, Mount, PodContext, Sandbox
from seedpod.executors.subprocess import SubprocessExecutor
from seedpod.spec import Container, ObjectMeta, Pod

# One that ignores SIGTERM, with a child that is left when its parent dies.
_SCRIPT = "trap '' TERM; sleep 1000 & echo ready; wait"


class Host:
    def __init__(self, arguments: list[str]) -> None:
        self.containers = int(arguments[0])
        paths = [Path(each) for each in arguments[1:]]
        self.under = paths[0] if paths else None
        self.directory = paths[1] if paths else None
        self.ready = 0
        self.all_ready = anyio.Event()

    async def run(self) -> None:
        executor = SubprocessExecutor(
            isolation="none", link_mounts_under=[self.under] if self.under else []
        )
        pod = Pod(metadata=ObjectMeta(name="guarded", namespace="default"))
        directories = () if self.directory is None else (self.directory,)
        context = PodContext(pod=pod, uid="u", volumes={}, directories=directories)
        async with (
            executor.open(),
            executor.open_pod(context) as sandbox,
            anyio.create_task_group() as group,
        ):
            for number in range(self.containers or 16):
                group.start_soon(self.hold if self.containers else self.storm, sandbox, number)
            await self.all_ready.wait()
            os.write(1, b"up\n")

    async def hold(self, sandbox: Sandbox, number: int) -> None:
        def write(_stream: str, data: bytes) -> None:
            self.ready += b"ready" in data
            if self.ready == self.containers:
                self.all_ready.set()

        mounts: tuple[Mount, ...] = ()
        if self.under is not None and self.directory is not None:
            place = self.under / "made" / f"here-{number}"
            mounts = (Mount(source=self.directory, mount_path=str(place), volume="data"),)
        async with sandbox.start(plan(_SCRIPT, write, mounts)) as workload:
            await workload.wait()

    async def storm(self, sandbox: Sandbox, _: int) -> None:
        while True:
            async with sandbox.start(plan("sleep 1000 & exec sleep 0.01", lambda *_: None)) as it:
                await it.wait()
            self.ready += 1
            if self.ready == 50:
                self.all_ready.set()


def plan(script: str, write: object, mounts: tuple[Mount, ...] = ()) -> ContainerPlan:
    return ContainerPlan(
        name="main",
        kind=ContainerKind.APP,
        spec=Container(name="main"),
        attempt=0,
        container_id="c",
        command=("sh", "-c", script),
        args=(),
        env={},
        mounts=mounts,
        write=write,  # type: ignore[arg-type]
    )


if __name__ == "__main__":
    anyio.run(Host(sys.argv[2:]).run, backend=sys.argv[1])
