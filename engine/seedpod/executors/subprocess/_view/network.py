"""A network of a pod's own: a loopback, which its containers share, and nothing else.

A process that does nothing holds it. Bubblewrap makes it, as it makes views; entering it is a work
for util-linux's `nsenter`, before the bubblewrap of each container.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import attrs
from anyio import sleep

from seedpod.abc import ContainerKind, ContainerPlan
from seedpod.errors import ExecutorError
from seedpod.executors.subprocess._place import Launch
from seedpod.executors.subprocess._spawn import Command, NotStartedError
from seedpod.executors.subprocess._user import user_of_host
from seedpod.executors.subprocess._view.bubblewrap import Bubblewrap
from seedpod.executors.subprocess._view.inner import told
from seedpod.executors.subprocess._view.programs import installed
from seedpod.spec import Container
from seedpod.status import ContainerUser

if TYPE_CHECKING:
    from seedpod.executors.subprocess._attempt import Attempt

_NAME: Final = "network"
_MOMENT: Final = 0.001
"""Seconds between two looks for a network that is about to be there."""


@attrs.frozen
class Holder:
    """A `Place` for the process that holds the network."""

    bubblewrap: Bubblewrap

    @property
    def plan(self) -> ContainerPlan:
        """As if it were a container."""
        return ContainerPlan(
            name=_NAME,
            kind=ContainerKind.SIDECAR,
            spec=Container(name=_NAME),
            attempt=0,
            container_id="",
            command=(),
            args=(),
            env={},
            mounts=(),
            write=lambda _stream, _data, _time=None: None,
        )

    @property
    def user(self) -> ContainerUser:
        """As `Place.user`."""
        return user_of_host()

    def launch(self) -> Launch:
        """As `Place.launch`."""
        inner, writing = told(has_init=False)
        user = () if self.bubblewrap.is_root else ("--unshare-user",)
        command = (
            *(self.bubblewrap.program, *user, "--unshare-net", "--die-with-parent"),
            *("--dev-bind", "/", "/", "--json-status-fd", str(writing)),
            *("--", shutil.which("sleep") or "sleep", "infinity"),
        )
        return Launch(
            Command(argv=command, env={}, directory="/", fds=(writing,)),
            inner,
            passing=(writing,),
        )

    async def launch_in(self, attempt: Attempt, argv: Sequence[str]) -> Launch:  # noqa: ARG002
        """Nothing else runs in it."""
        raise NotStartedError("nothing runs in a network but its holder")

    def close(self) -> None:
        """As `Place.close`."""


async def entrance(attempt: Attempt, bubblewrap: Bubblewrap) -> tuple[str, ...]:
    """What to put before a command so that it is in the network that *attempt* holds.

    Cancellation: nothing is undone.

    Raises:
        ExecutorError: There is no such network.
    """
    try:
        program = installed("nsenter")
    except NotStartedError as error:
        raise ExecutorError("subprocess", f"a private network: {error}") from error
    while not attempt.is_dying:
        inner = attempt.inner
        if inner is not None and inner.has_become_command:
            user = () if bubblewrap.is_root else ("--user", "--preserve-credentials")
            return (program, "--target", str(inner.first_pid), *user, "--net", "--")
        await sleep(_MOMENT)
    words = attempt.last_error.decode(errors="replace").strip()
    raise ExecutorError("subprocess", f"a private network cannot be made: {words}")
