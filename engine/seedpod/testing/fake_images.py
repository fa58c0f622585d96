"""A fake executor that has images: some are there, some can be fetched, some cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import anyio

from seedpod.abc import ImagePull, PullProgress
from seedpod.errors import PullError
from seedpod.testing.fake import FakeExecutor, Scripts
from seedpod.testing.fake_workload import NAME


class FakeExecutorWithImages(FakeExecutor):
    """A `FakeExecutor` that is asked for the image of each attempt.

    Args:
        scripts: As for `FakeExecutor`.
        present: Images that are there, by name with their tags: `web:1`, `proxy:latest`.
        refused: Why an image cannot be fetched, by name with its tag; may be changed meanwhile.
        protected: The password that the registry of an image wants to see, by name with its tag;
            may be changed meanwhile.
        progress: What is told while an image is fetched, by name with its tag; evenly spread, the
            last at the end.
        pull_seconds: How long it takes to fetch one, or to be told that it cannot be.
    """

    def __init__(
        self,
        scripts: Scripts | None = None,
        *,
        present: Iterable[str] = (),
        refused: Mapping[str, str] | None = None,
        protected: Mapping[str, str] | None = None,
        progress: Mapping[str, Sequence[PullProgress]] | None = None,
        pull_seconds: float = 0.0,
    ) -> None:
        super().__init__(scripts)
        self.present = set(present)
        """The images that are there; what is fetched is added."""
        self.refused = dict(refused or {})
        """Why an image cannot be fetched, by name."""
        self.protected = dict(protected or {})
        """The password it takes to fetch an image, by name."""
        self.pulls: list[ImagePull] = []
        """Every pull that was asked for, in order, with the credentials that were shown."""
        self._progress = dict(progress or {})
        self._pull_seconds = pull_seconds

    async def has_image(self, image: str) -> bool:
        """Whether the image is there.

        Cancellation: never waits, so there is nothing to undo.
        """
        return image in self.present

    async def pull_image(self, pull: ImagePull) -> int:
        """Fetch the image, and return its size: one byte.

        Cancellation: the image is not there; `calls` has `abandon` with its name.

        Raises:
            PullError: It is among those that are refused, or the password was not shown.
        """
        image = pull.image
        self.pulls.append(pull)
        self.note("", "", f"pull {image}")
        has_ended = False
        try:
            await self._fetch(pull)
            has_ended = True
        finally:
            if not has_ended:
                self.note("", "", f"abandon {image}")
        if image in self.refused:
            raise PullError(NAME, image, self.refused[image])
        wanted = self.protected.get(image)
        if wanted is not None and wanted not in {each.password for each in pull.credentials}:
            raise PullError(NAME, image, "pull access denied")
        self.present.add(image)
        return 1

    async def _fetch(self, pull: ImagePull) -> None:
        told = self._progress.get(pull.image, ())
        for each in told:
            await anyio.sleep(self._pull_seconds / len(told))
            pull.tell(each)
        if not told:
            await anyio.sleep(self._pull_seconds)
