"""Images that are being fetched: one pull of an image at a time, for all who want it.

Theory of operation: a pull belongs to no pod. It lives in the engine's task group as long as
somebody waits for it. Whoever wants an image that is being fetched joins the pull, if it is made
with the same credentials; who would show others, or comes when everybody else has gone, waits until
the pull has ended, and makes one of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs
from anyio import CancelScope, sleep_forever
from anyio import Event as Wakeup
from anyio.abc import TaskGroup

from seedpod.abc import CanPull, ImagePull, PullProgress, RegistryCredentials
from seedpod.errors import PullError

_Listener: TypeAlias = Callable[[PullProgress], None]


@attrs.define(eq=False)
class Pulls:
    """What an engine fetches at the moment."""

    _images: CanPull
    _group: TaskGroup
    """Where the pulls live."""
    _running: dict[str, _Pull] = attrs.field(factory=dict[str, "_Pull"])
    """By the name of the image."""

    async def fetch(self, wanted: ImagePull) -> int | PullError:
        """Fetch an image, or wait for somebody else's pull of it.

        Returns:
            Its size in bytes, or why it could not be fetched.

        Cancellation: stops waiting; a pull that nobody waits for any more is given up.
        """
        while (pull := self._running.get(wanted.image)) is not None:
            if pull.may_be_joined(wanted.credentials):
                return await pull.outcome_for(wanted.tell)
            await pull.ended.wait()
        pull = self._running[wanted.image] = _Pull(wanted.image, wanted.credentials)
        self._group.start_soon(self._run, pull, name=f"pull {wanted.image}")
        return await pull.outcome_for(wanted.tell)

    async def _run(self, pull: _Pull) -> None:
        """Make one pull.

        Cancellation: the executor gives the image up.
        """
        asked = ImagePull(image=pull.image, credentials=pull.credentials, tell=pull.progressed)
        try:
            with pull.scope:
                pull.outcome = await self._images.pull_image(asked)
        except PullError as error:
            pull.outcome = error
        finally:
            del self._running[pull.image]
            pull.ended.set()


@attrs.define(eq=False)
class _Pull:
    """One pull, and who waits for it."""

    image: str
    credentials: tuple[RegistryCredentials, ...]
    scope: CancelScope = attrs.field(factory=CancelScope)
    ended: Wakeup = attrs.field(factory=Wakeup)
    outcome: int | PullError | None = None
    """The size of the image, or why there is none; None before the end."""
    _listeners: list[_Listener] = attrs.field(factory=list[_Listener])
    """One for each that waits."""
    _newest: PullProgress | None = None

    def may_be_joined(self, credentials: tuple[RegistryCredentials, ...]) -> bool:
        """Whether it is what somebody with these credentials wants, and not given up already."""
        return credentials == self.credentials and not self.scope.cancel_called

    def progressed(self, progress: PullProgress) -> None:
        """Tell everybody how far it has come."""
        self._newest = progress
        for tell in tuple(self._listeners):
            tell(progress)

    async def outcome_for(self, tell: _Listener) -> int | PullError:
        """Wait for the end.

        Cancellation: stops waiting; the last one to do so ends the pull.
        """
        self._listeners.append(tell)
        if self._newest is not None:
            tell(self._newest)
        try:
            await self.ended.wait()
        finally:
            self._listeners.remove(tell)
            if not self._listeners:
                self.scope.cancel()
        while self.outcome is None:  # the engine is being cancelled, and with it whoever waits
            await sleep_forever()
        return self.outcome
