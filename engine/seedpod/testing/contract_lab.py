"""What the contract of executors is told with: a pod, its containers, and what they write."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Final, Protocol, TypeAlias

import anyio
import attrs

from seedpod.abc import ContainerKind, ContainerPlan, LogSink, Sandbox, Stream, Workload
from seedpod.spec import Container

MARK: Final = "SEEDPOD_CONTRACT"
"""The environment variable by which what a test has started is found."""
_SERIAL: Final = count()


class Subject(Protocol):
    """What differs from executor to executor."""

    @property
    def image(self) -> str:
        """An image with `sh` and the usual small programs; empty if the executor needs none."""
        ...

    def shell(self, script: str) -> Sequence[str]:
        """The command that has *script* run by a POSIX shell."""
        ...

    def living(self, mark: str) -> Sequence[str]:
        """What runs with *mark* in its environment."""
        ...


class Output:
    """What a container wrote; somebody may wait for more."""

    def __init__(self) -> None:
        self._written: dict[Stream, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self._more = anyio.Event()

    def __call__(self, stream: Stream, data: bytes, time: float | None = None) -> None:  # noqa: ARG002 (nobody asks when)
        """Take note of *data*: a `LogSink`, and an `OutputSink`."""
        self._written[stream] += data
        self._more.set()

    @property
    def stdout(self) -> bytes:
        """Everything written to standard output so far."""
        return bytes(self._written["stdout"])

    @property
    def stderr(self) -> bytes:
        """Everything written to standard error so far."""
        return bytes(self._written["stderr"])

    async def has(self, text: bytes) -> None:
        """Wait until the container has written *text* to its standard output.

        Cancellation: stops waiting and changes nothing.
        """
        while text not in self._written["stdout"]:
            self._more = anyio.Event()
            await self._more.wait()


@attrs.frozen
class Lab:
    """One open pod of the executor under test, and the means to start containers in it."""

    subject: Subject
    sandbox: Sandbox
    mark: str

    @asynccontextmanager
    async def running(self, script: str) -> AsyncGenerator[Workload]:
        """A container that runs *script* and has got as far as writing `ready`.

        Cancellation: kills it.
        """
        output = Output()
        async with self.sandbox.start(self.plan(script, output)) as workload:
            await output.has(b"ready\n")
            yield workload

    async def exit_code(self, script: str, output: LogSink | None = None) -> int:
        """Run *script* to its end.

        Cancellation: kills it.
        """
        async with self.sandbox.start(self.plan(script, output or Output())) as workload:
            return (await workload.wait()).exit_code

    def plan(self, script: str, write: LogSink) -> ContainerPlan:
        """What to hand to `Sandbox.start` to have *script* run by a shell."""
        return self.plan_of(self.subject.shell(script), write)

    def plan_of(
        self,
        command: Sequence[str],
        write: LogSink,
        args: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> ContainerPlan:
        """What to hand to `Sandbox.start` to have *command* run as it is."""
        return ContainerPlan(
            name="main",
            kind=ContainerKind.APP,
            spec=Container(
                name="main",
                image=self.subject.image,
                command=tuple(command),
                args=tuple(args),
            ),
            attempt=0,
            container_id=f"contract-{next(_SERIAL)}",
            command=tuple(command),
            args=tuple(args),
            env={MARK: self.mark, **(env or {})},
            mounts=(),
            write=write,
        )

    def living(self) -> Sequence[str]:
        """What runs of this pod's containers, by whatever name."""
        return self.subject.living(self.mark)


Story: TypeAlias = Callable[[Lab], Awaitable[None]]
Teller: TypeAlias = Callable[[Story], None]
"""Runs a story in an open pod of the executor under test."""
