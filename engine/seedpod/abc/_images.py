"""The power of an executor that has images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import attrs


@runtime_checkable
class CanPull(Protocol):
    """An executor that has images. Without this power `image` is not looked at."""

    async def has_image(self, image: str) -> bool:
        """Whether the image is there already.

        Cancellation: nothing is undone.

        Raises:
            PullError: That cannot be found out.
        """
        ...

    async def pull_image(self, pull: ImagePull) -> int:
        """Fetch an image, and return its size in bytes.

        The engine asks for an image once at a time, however many containers want it.

        Cancellation: the image may or may not be there.

        Raises:
            PullError: It cannot be fetched.
        """
        ...


@attrs.frozen(kw_only=True)
class ImagePull:
    """One image to fetch."""

    image: str
    """Its name, with the tag or the digest."""
    credentials: tuple[RegistryCredentials, ...] = ()
    """Of the pod's `imagePullSecrets`, those that fit the image, in the order to try them; whatever
    the executor has of its own comes after them."""
    tell: Callable[[PullProgress], None] = attrs.field(
        default=lambda progress: None,  # noqa: ARG005 (nobody listens)
        repr=False,
    )
    """Is told how far it has come, as often as there is news; never blocks and never raises."""


@attrs.frozen(kw_only=True)
class RegistryCredentials:
    """What a registry is shown by somebody who may fetch an image."""

    registry: str
    """Whose they are, as their owner wrote it: `registry.example:5000/team`."""
    username: str = ""
    password: str = attrs.field(default="", repr=False)
    identity_token: str = attrs.field(default="", repr=False)
    """Instead of a password: what a registry's own login has given out."""
    registry_token: str = attrs.field(default="", repr=False)
    """Instead of both: a bearer token for the registry."""


@attrs.frozen
class PullProgress:
    """How far the fetching of an image has come."""

    received_bytes: int
    total_bytes: int | None = None
    """None until it is known how much there is."""
