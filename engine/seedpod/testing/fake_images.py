"""A fake executor that has images: some are there, some can be fetched, some cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import anyio

from seedpod.errors import PullError
from seedpod.testing.fake import FakeExecutor, Scripts
from seedpod.testing.fake_workload import NAME


class FakeExecutorWithImages(FakeExecutor):
    """A `FakeExecutor` that is asked for the image of each attempt.

    Args:
        scripts: As for `FakeExecutor`.
        present: Images that are there, by name with their tags: `web:1`, `proxy:latest`.
        refused: Why an image cannot be fetched, by name with its tag; may be changed meanwhile.
        pull_seconds: How long it takes to fetch one, or to be told that it cannot be.
    """

    def __init__(
        self,
        scripts: Scripts | None = None,
        *,
        present: Iterable[str] = (),
        refused: Mapping[str, str] | None = None,
        pull_seconds: float = 0.0,
    ) -> None:
        super().__init__(scripts)
        self.present = set(present)
        """The images that are there; what is fetched is added."""
        self.refused = dict(refused or {})
        """Why an image cannot be fetched, by name."""
        self._pull_seconds = pull_seconds

    async def has_image(self, image: str) -> bool:
        """Whether the image is there.

        Cancellation: never waits, so there is nothing to undo.
        """
        return image in self.present

    async def pull_image(self, image: str) -> int:
        """Fetch the image, and return its size: one byte.

        Cancellation: the image is not there.

        Raises:
            PullError: It is among those that are refused.
        """
        self.note("", "", f"pull {image}")
        await anyio.sleep(self._pull_seconds)
        if image in self.refused:
            raise PullError(NAME, image, self.refused[image])
        self.present.add(image)
        return 1
