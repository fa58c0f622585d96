"""Waits that end early when the pod is stopped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from anyio import CancelScope


class Pausable(Protocol):
    """A pod or a container: something that can be waiting when the pod is stopped."""

    pause: CancelScope | None

    @property
    def is_stopping(self) -> bool:
        """Whether nothing may be started any more."""
        ...


async def paused(owner: Pausable, wait: Callable[[], Awaitable[object]]) -> bool:
    """Wait for *wait*, unless the pod stops first.

    Returns:
        Whether *owner* may go on; False if the pod is stopping.

    Cancellation: stops waiting and changes nothing.
    """
    if owner.is_stopping:
        return False
    with CancelScope() as owner.pause:
        await wait()
    owner.pause = None
    return not owner.is_stopping
