"""One attempt's surroundings at the level `view`: its command, wrapped for bubblewrap."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
from anyio import sleep

from seedpod._runtime.volumes.removal import remove
from seedpod.abc import ContainerPlan
from seedpod.executors.subprocess._pipes import close_all
from seedpod.executors.subprocess._place import Launch
from seedpod.executors.subprocess._spawn import Command, NotStartedError
from seedpod.executors.subprocess._view.bubblewrap import Bubblewrap
from seedpod.executors.subprocess._view.files import Files
from seedpod.executors.subprocess._view.identity import Identity
from seedpod.executors.subprocess._view.inner import Inner, told
from seedpod.executors.subprocess._view.lookup import why_not_run
from seedpod.executors.subprocess._view.setpriv import KIT, Setpriv, found_setpriv, late_variables
from seedpod.executors.subprocess._view.staging import staged_for, staging
from seedpod.status import ContainerUser

if TYPE_CHECKING:
    from seedpod.executors.subprocess._attempt import Attempt

_LOG: Final = getLogger("seedpod.executors.subprocess")
_OWNER: Final = 0xB701
"""The ioctl NS_GET_USERNS: the user namespace that owns a namespace."""
_MOMENT: Final = 0.001
"""Seconds between two looks for a container that is about to start."""


@attrs.define(eq=False, kw_only=True)
class ViewPlace:
    """A `Place` of one attempt."""

    plan: ContainerPlan
    argv: tuple[str, ...]
    """The command, with what the image adds; empty if there is none."""
    env: Mapping[str, str] = attrs.field(repr=False)
    identity: Identity
    files: Files
    bubblewrap: Bubblewrap
    hostname: str
    """Empty: the host's."""
    entrance: tuple[str, ...]
    """What to put before bubblewrap to be in the pod's own network; empty: the host's."""
    shares_ipc: bool
    """Whether it sees the host's semaphores, queues and shared memory."""
    filter: bytes = attrs.field(repr=False)
    """What seccomp is to load; empty: nothing."""
    own: Path
    """A directory of the attempt's own."""

    @property
    def user(self) -> ContainerUser:
        """As `Place.user`."""
        return self.identity.user

    def launch(self) -> Launch:
        """As `Place.launch`."""
        options = (
            *self.identity.options(is_root=self.bubblewrap.is_root),
            "--unshare-pid",
        )
        is_root = self.bubblewrap.is_root
        before = staging(self.files.staged, self.files.own, is_root=is_root)
        return self._launch(self.argv, options, before, (), has_init=True)

    async def launch_in(self, attempt: Attempt, argv: Sequence[str]) -> Launch:
        """As `Place.launch_in`: the same view, and the processes of the attempt.

        Cancellation: nothing is undone.
        """
        while not attempt.is_dying:
            inner = attempt.inner
            if inner is not None and inner.is_set_up:
                return self._launch_beside(attempt.pid, inner, argv)
            await sleep(_MOMENT)
        raise NotStartedError("the container has ended")

    def close(self) -> None:
        """As `Place.close`."""
        self.files.close()
        for problem in remove(self.own):
            _LOG.warning("container %s: left behind: %s", self.plan.name, problem)

    def _launch_beside(self, outer: int, inner: Inner, argv: Sequence[str]) -> Launch:
        before = staged_for(outer, self.files.staged, is_root=self.bubblewrap.is_root)
        fds: list[int] = []
        try:
            options = self._beside(inner, fds)
        except OSError as error:
            close_all(fds)
            raise NotStartedError("the container is ending") from error
        return self._launch(argv, options, before, fds, has_init=False)

    def _beside(self, inner: Inner, fds: list[int]) -> tuple[str, ...]:
        """The options that lead to the processes inside; *fds* gets what they refer to.

        Bubblewrap leaves those open to the command: they are of namespaces that it is in anyway.
        """
        first = inner.first_pid
        processes = os.open(f"/proc/{first}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        fds.append(processes)
        if self.bubblewrap.is_root:
            return (*self.identity.options(is_root=True), "--pidns", str(processes))
        # The namespaces belong to one user namespace, and the processes are in another.
        owner = fcntl.ioctl(processes, _OWNER)
        fds.append(owner)
        user = os.open(f"/proc/{first}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        fds.append(user)
        return ("--userns", str(owner), "--userns2", str(user), "--pidns", str(processes))

    def _launch(
        self,
        argv: Sequence[str],
        options: Sequence[str],
        before: tuple[str, ...],
        fds: Sequence[int],
        *,
        has_init: bool,
    ) -> Launch:
        """The command *argv*, in the view; takes over *fds*, which *options* refer to."""
        opened = [*fds]
        try:
            setpriv = self._checked(argv)
            opened.append(_in_memory(_joined(self._options(options, setpriv))))
            command = [*self.entrance, *before, self.bubblewrap.program]
            command += ["--args", str(opened[-1])]
            if self.filter:
                opened.append(_in_memory(self.filter))
                command += ["--seccomp", str(opened[-1])]
            inner, writing = told(has_init=has_init)
        except BaseException:
            close_all(opened)
            raise
        opened.append(writing)
        command += ["--json-status-fd", str(writing), "--"]
        if setpriv is not None:
            command += setpriv.change(self.identity.change(), late_variables(self.env))
        fds = (*opened, *self.files.fds)
        made = Command(argv=(*command, *argv), env={}, directory="/", fds=fds, is_found=True)
        return Launch(made, inner, passing=tuple(opened))

    def _checked(self, argv: Sequence[str]) -> Setpriv | None:
        """What it takes to change the user; None: nothing has to be changed."""
        if not argv:
            raise NotStartedError("there is no command, and no image to take an entrypoint from")
        if any("\0" in word for word in argv):
            raise NotStartedError("embedded null byte")
        reason = why_not_run(argv, self.env, self.files.directory, self.files.sources)
        if reason:
            raise NotStartedError(reason)
        return self._setpriv()

    def _setpriv(self) -> Setpriv | None:
        if not self.bubblewrap.is_root or not self.identity.changes_user:
            return None
        return found_setpriv()

    def _options(self, options: Sequence[str], setpriv: Setpriv | None) -> Iterator[str]:
        """Bubblewrap's own; given through a file, as there are secrets among the variables."""
        yield from options
        yield "--die-with-parent"
        if not self.shares_ipc:
            yield "--unshare-ipc"
        if self.hostname:
            yield from ("--unshare-uts", "--hostname", self.hostname)
        yield from self.files.options
        late: dict[str, str] = {}
        if setpriv is not None:
            late = late_variables(self.env)
            yield from self.files.preload_options
            yield from ("--perms", "0755", "--dir", KIT)
            for point in setpriv.points:
                yield from (*point.options, point.at)
        for name, value in self.env.items():
            if name not in late:
                yield from ("--setenv", name, value)


def _joined(words: Iterable[str]) -> bytes:
    """*words* as bubblewrap reads them from a file."""
    found = [*words]
    if any("\0" in word for word in found):
        raise NotStartedError("embedded null byte")
    return os.fsencode("\0".join(found) + "\0")


def _in_memory(data: bytes) -> int:
    """A file that reads as *data*."""
    handle = os.memfd_create("seedpod", os.MFD_CLOEXEC)
    try:
        while data:
            data = data[os.write(handle, data) :]
        os.lseek(handle, 0, os.SEEK_SET)
    except BaseException:
        os.close(handle)
        raise
    return handle
