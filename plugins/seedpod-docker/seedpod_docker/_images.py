"""The images of an engine: whether one is there, and fetching one.

Source: Docker Engine API, "Create an image"; kubelet, PullImage, for the order of credentials.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from math import inf
from typing import Final

import attrs
from anyio import Lock, current_time

from seedpod.abc import ImagePull, PullProgress
from seedpod.errors import PullError
from seedpod_docker._api import ApiError, UnreachableError, in_path
from seedpod_docker._connection import NAME, Connection
from seedpod_docker._credentials import header, own_credentials, registry_of
from seedpod_docker._description import ImageFacts
from seedpod_docker._json import Table, number_in, table_in, text_in

_MOMENT: Final = 1.0
"""Seconds: so long an image that was seen counts as there."""


@attrs.define(eq=False)
class Images:
    """What is known of the images of one engine."""

    connection: Connection
    facts: dict[str, ImageFacts] = attrs.field(factory=dict[str, ImageFacts])
    """Of the images that were looked at, by the name they were asked for and without a tag."""
    _seen: dict[str, float] = attrs.field(factory=dict[str, float])
    """When each image was last seen to be there."""
    _looking: dict[str, Lock] = attrs.field(factory=lambda: defaultdict[str, Lock](Lock))

    async def has(self, image: str) -> bool:
        """Whether the image is there, or was a moment ago; what is said of it is remembered.

        Many containers of one image are started together: one look does for them.

        Cancellation: nothing is undone.

        Raises:
            PullError: The engine does not answer, or refuses.
        """
        async with self._looking[image]:
            if current_time() - self._seen.get(image, -inf) < _MOMENT:
                return True
            return await self._inspect(image) is not None

    async def pull(self, pull: ImagePull) -> int:
        """Fetch an image, and return its size in bytes.

        Cancellation: the engine stops fetching; the image may be there.

        Raises:
            PullError: It cannot be fetched.
        """
        registry = registry_of(pull.image)
        offered = [*pull.credentials, *await own_credentials(registry)]
        headers = [{"X-Registry-Auth": header(each, registry)} for each in offered]
        refusal: PullError | None = None
        for each in headers or [{}]:
            try:
                await self._pull(pull, each)
                break
            except PullError as error:
                refusal = error
        else:
            if refusal is not None:
                raise refusal
        size = await self._inspect(pull.image)
        if size is None:
            raise PullError(NAME, pull.image, "was fetched, and is not there")
        return size

    async def _pull(self, pull: ImagePull, headers: Mapping[str, str]) -> None:
        layers = Layers(pull.tell)
        query = {"fromImage": pull.image}
        problem = ""
        try:
            async with self.connection.api.streaming(
                "POST", "/images/create", query, headers=headers
            ) as told:
                # To the end, after an error too: nobody closes what is left in the middle.
                async for line in told:
                    problem = problem or text_in(line, "error")
                    layers.note(line)
        except ApiError as error:
            raise PullError(NAME, pull.image, error.message) from error
        except UnreachableError as error:
            raise PullError(NAME, pull.image, str(error)) from error
        if problem:
            raise PullError(NAME, pull.image, problem)

    async def _inspect(self, image: str) -> int | None:
        """The size of an image, in bytes; None if it is not there."""
        try:
            told = await self.connection.api.call("GET", f"/images/{in_path(image)}/json")
        except ApiError as error:
            if error.status == 404:
                return None
            raise PullError(NAME, image, error.message) from error
        except UnreachableError as error:
            raise PullError(NAME, image, str(error)) from error
        self._seen[image] = current_time()
        facts = ImageFacts.of(told)
        for name in _names(image):
            self.facts[name] = facts
        return int(told.get("Size") or 0)


@attrs.define(eq=False)
class Layers:
    """How far each part of an image has come."""

    tell: Callable[[PullProgress], None]
    _received: dict[str, int] = attrs.field(factory=dict[str, int])
    _totals: dict[str, int] = attrs.field(factory=dict[str, int])

    def note(self, line: Table) -> None:
        """Take note of a line of what the engine tells while it fetches."""
        layer, status = text_in(line, "id"), text_in(line, "status")
        if status == "Downloading":
            detail = table_in(line, "progressDetail")
            self._received[layer] = number_in(detail, "current")
            if number_in(detail, "total"):
                self._totals[layer] = number_in(detail, "total")
        elif status == "Download complete" and layer in self._totals:
            self._received[layer] = self._totals[layer]
        else:
            return
        self.tell(PullProgress(sum(self._received.values()), sum(self._totals.values()) or None))


def _names(image: str) -> Iterator[str]:
    """How a manifest may have named it: the engine's caller has added the tag it means."""
    yield image
    if image.endswith(":latest"):
        yield image.removesuffix(":latest")
