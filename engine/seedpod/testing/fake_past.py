"""A fake executor with a past: pods are found in some state, and sandboxes get lost."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

import anyio

from seedpod.abc import ContainerPlan, PodContext
from seedpod.spec import Pod
from seedpod.status import FoundContainer, FoundPod, Terminated, Termination
from seedpod.testing.fake import FakeExecutor, FakeSandbox, Scripts
from seedpod.testing.fake_workload import KILLED, FakeWorkload
from seedpod.testing.script import exits


class FakeExecutorWithPast(FakeExecutor):
    """A `FakeExecutor` that an earlier engine left pods in, and whose sandboxes may be lost.

    Args:
        scripts: As for `FakeExecutor`; what is found running plays on as if it had just started.
        found: What there is of a pod, by its name. An attempt whose state is not known is taken
            over like one that runs.
    """

    def __init__(
        self, scripts: Scripts | None = None, *, found: Mapping[str, FoundPod] | None = None
    ) -> None:
        super().__init__(scripts)
        self._found = dict(found or {})
        self._open: dict[str, SandboxWithPast] = {}

    async def find(self, pod: Pod) -> FoundPod | None:
        """What there is of *pod*; it is found once.

        Cancellation: never waits, so there is nothing to undo.
        """
        return self._found.pop(pod.metadata.name, None)

    async def discard(self, pod: Pod) -> None:
        """Nothing is left of *pod*.

        Cancellation: never waits, so there is nothing to undo.
        """
        self.note(pod.metadata.name, "", "discard")

    def open_pod(self, pod: PodContext) -> AbstractAsyncContextManager[FakeSandbox]:
        """A sandbox with nothing in it, or with what was found."""
        return SandboxWithPast(self, pod.pod.metadata.name, self._open)

    def lose(self, pod: str) -> None:
        """End all that runs in the sandbox of *pod*, with 137, and the sandbox itself.

        Raises:
            LookupError: The pod has none.
        """
        self._open.pop(pod).lose()

    def end(self, pod: str, container: str, exit_code: int) -> None:
        """End the running attempt of a container, whatever its script says.

        Raises:
            LookupError: There is none.
        """
        self._open[pod].end(container, Termination(exit_code))


class SandboxWithPast(FakeSandbox):
    """What the containers of a pod share, which may be gone before they are."""

    __slots__ = ("_lost", "_open", "_running")

    def __init__(self, executor: FakeExecutor, pod: str, where: dict[str, SandboxWithPast]) -> None:
        super().__init__(executor, pod)
        self._open = where
        self._running: list[FakeWorkload] = []
        self._lost = anyio.Event()

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._open[self.pod] = self
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._open.get(self.pod) is self:
            del self._open[self.pod]
        await super().__aexit__(kind, error, traceback)  # noqa: ASYNC102 (never waits)

    def start(self, container: ContainerPlan) -> AbstractAsyncContextManager[FakeWorkload]:
        """Play the script of this attempt."""
        script = self.executor.script(self.pod, container)
        return self._kept(FakeWorkload(self.executor.note, self.pod, container, script))

    def adopt(
        self, container: ContainerPlan, found: FoundContainer
    ) -> AbstractAsyncContextManager[FakeWorkload]:
        """Play the script of an attempt that was found, as if it began now."""
        script = self.executor.script(self.pod, container)
        if isinstance(found.state, Terminated):
            script = exits(found.state.exit_code)
        workload = FakeWorkload(self.executor.note, self.pod, container, script, is_adopted=True)
        return self._kept(workload)

    @property
    def is_lost(self) -> bool:
        """Whether the test has said so."""
        return self._lost.is_set()

    async def lost(self) -> None:
        """Wait until the test says that it is lost.

        Cancellation: stops waiting.
        """
        await self._lost.wait()

    def lose(self) -> None:
        """End what runs, and let the engine know."""
        self.executor.note(self.pod, "", "lost")
        for each in self._running:
            each.end_now(KILLED)
        self._lost.set()

    def end(self, container: str, end: Termination) -> None:
        """End what runs of one container.

        Raises:
            LookupError: Nothing does.
        """
        running = [each for each in self._running if each.name == container and each.is_running]
        if not running:
            raise LookupError(f"no attempt of {container} runs in pod {self.pod}")
        running[-1].end_now(end)

    def _kept(self, workload: FakeWorkload) -> FakeWorkload:
        self._running.append(workload)
        return workload
