"""One more command in a running container: for probes and hooks."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

import anyio
import attrs
from anyio import create_task_group, move_on_after, sleep

from seedpod.abc import OutputSink
from seedpod.errors import StartError
from seedpod_docker._api import ApiError, EngineError, Raw, UnreachableError
from seedpod_docker._connection import LOG, NAME
from seedpod_docker._frames import Frames
from seedpod_docker._processes import Command, belongs, inner_number, kill, marked
from seedpod_docker._removal import remove

if TYPE_CHECKING:
    from seedpod_docker._container import DockerContainer

MARK: Final = "SEEDPOD_EXEC"
"""A variable by which the processes of a command are known."""
KILLED: Final = 137
"""128 + SIGKILL: what the end of its container does to a command."""
_NOT_STARTED: Final = frozenset({126, 127})
_REFUSAL: Final = re.compile(rb"(OCI runtime|exec failed|unable to start container process)")
"""How an engine says, in the place of the command's output, that there is no such command."""
_KEPT: Final = 4096
"""Bytes of the output in which that is looked for."""
_REST: Final = 2.0
"""Seconds the rest of the output may take once nothing of the command runs."""
_BOUND: Final = 10.0
"""Seconds that ending a command may take."""
_FIRST_PAUSE: Final = 0.002
_FIRST_LOOK: Final = 0.06
_LONGEST_PAUSE: Final = 0.2
"""Seconds between two looks at what should be over any moment."""


async def execute(container: DockerContainer, command: Sequence[str], write: OutputSink) -> int:
    """Run *command* in *container*, and return its exit code.

    Cancellation: as `CanExec.exec`; on an engine of another machine, or in another pid namespace,
        the command runs on until its container ends, which is logged.

    Raises:
        StartError: It cannot be started.
    """
    run = _Execution(container, tuple(command), write)
    try:
        return await run.run()
    except UnreachableError as error:
        raise StartError(NAME, container.plan.name, str(error)) from error


class _RunsOnError(Exception):
    """A command cannot be ended."""


@attrs.define(eq=False)
class _Execution:
    container: DockerContainer
    command: tuple[str, ...]
    write: OutputSink
    id: str = ""
    said: bytes = b""
    """The beginning of its output."""
    process: Command | None = None
    mark: str = attrs.field(factory=lambda: token_hex(8))

    async def run(self) -> int:
        api = self.container.connection.api
        body: dict[str, Any] = {"AttachStdout": True, "AttachStderr": True, "Cmd": self.command}
        if api.is_podman:  # which forgets the number of a process that has ended
            body["Env"] = [f"{MARK}={self.mark}"]
        try:
            created = await api.call("POST", f"{self.container.path}/exec", body=body)
            self.id = created["Id"]
            start = {"Detach": False, "Tty": False}
            async with api.raw("POST", f"/exec/{self.id}/start", body=start) as output:
                try:
                    await self._follow(output)
                finally:
                    with move_on_after(_BOUND, shield=True):
                        await self._end()
            return await self._exit_code()
        except ApiError as error:
            if self.container.has_ended or error.status in {404, 409}:
                return KILLED
            raise StartError(NAME, self.container.plan.name, error.message) from error

    async def _follow(self, output: Raw) -> None:
        """Read until its first process has ended, and nothing that it left writes any more."""
        if not self.container.connection.facts.is_local:
            await self._read(output)
            return
        async with create_task_group() as group:
            group.start_soon(self._end_with_leader)
            await self._read(output)
            group.cancel_scope.cancel()

    async def _read(self, output: Raw) -> None:
        frames = Frames()
        try:
            while data := await output.read():
                for stream, piece in frames.feed(data):
                    if len(self.said) < _KEPT:
                        self.said += piece[:_KEPT]
                    self.write(stream, piece)
        except UnreachableError:
            return  # how it ended is asked for next

    async def _end_with_leader(self) -> None:
        """Wait for the end of its first process; what that leaves would keep the output open.

        Most commands leave nothing, and have ended, and their output with them, before anything is
        asked here.
        """
        pause = _FIRST_LOOK
        while self.process is None:
            await sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            self._see(await self._inspect())
        with suppress(ProcessLookupError):
            await _death(self.process.pid)
        await self._end()

    async def _end(self) -> None:
        """See that nothing of the command runs."""
        facts = self.container.connection.facts
        if not facts.is_local or not self.id:
            return
        pause = _FIRST_PAUSE
        while self.process is None:
            known = await self._inspect()
            self._see(known)
            if known is None or not known["Running"]:
                break
            await sleep(pause)  # it is being started
        init = await self.container.init()
        with suppress(_RunsOnError):
            while members := self._members(init):
                refused = kill(members)
                if refused:
                    await self._kill_inside(refused)
                await sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def _members(self, init: int) -> list[int]:
        if not belongs(init, self.container.init_id):
            return []  # it has ended; or what is shown here is no process of the engine
        if self.process is not None:
            return self.process.members(init)
        if self.container.connection.facts.is_podman:
            return marked(init, f"{MARK}={self.mark}")
        return []

    async def _kill_inside(self, pids: list[int]) -> None:
        """Have processes killed from inside the container, by somebody who may."""
        container = self.container
        numbers = [str(number) for pid in pids if (number := inner_number(pid)) is not None]
        config = {
            "Image": container.killer,
            "Cmd": numbers,
            "HostConfig": {"PidMode": f"container:{container.init_id}", "NetworkMode": "none"},
        }
        api = container.connection.api
        if not container.killer:
            LOG.warning(
                "container %s: a command runs on: only root may end it", container.plan.name
            )
            raise _RunsOnError
        try:
            made = await api.call("POST", "/containers/create", body=config)
            try:
                await api.call("POST", f"/containers/{made['Id']}/start")
                await api.call("POST", f"/containers/{made['Id']}/wait")
            finally:
                with move_on_after(_BOUND, shield=True):
                    await remove(api, made["Id"])
        except EngineError as error:
            LOG.warning("container %s: a command runs on: %s", container.plan.name, error)
            raise _RunsOnError from error

    async def _exit_code(self) -> int:
        pause = _FIRST_PAUSE
        while True:
            known = await self._inspect()
            if known is None:
                return KILLED
            if not known["Running"]:
                break
            if self.container.has_ended:
                return KILLED
            await sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        code = known.get("ExitCode")
        if code in _NOT_STARTED and not known.get("Pid") and _REFUSAL.search(self.said):
            raise StartError(NAME, self.container.plan.name, self._refusal())
        return KILLED if code is None else int(code) & 0xFF

    def _refusal(self) -> str:
        return self.said.decode("utf-8", "replace").strip()

    def _see(self, known: Mapping[str, Any] | None) -> None:
        pid = (known or {}).get("Pid") or 0
        if pid and self.container.connection.facts.is_local:
            self.process = Command(pid)

    async def _inspect(self) -> Mapping[str, Any] | None:
        try:
            known: Mapping[str, Any] = await self.container.connection.api.call(
                "GET", f"/exec/{self.id}/json"
            )
        except ApiError as error:
            if error.status != 404:
                raise
            return None
        return known


async def _death(pid: int) -> None:
    """Wait until a process has ended, whoever's it is.

    Raises:
        ProcessLookupError: It has ended, or is not shown here.
    """
    pidfd = os.pidfd_open(pid)
    try:
        await anyio.wait_readable(pidfd)
    finally:
        anyio.notify_closing(pidfd)
        os.close(pidfd)
