"""An executor that plays scripts and remembers what it was asked, and when."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Self, TypeAlias

import anyio
import attrs

from seedpod.abc import CanPerform, ContainerKind, ContainerPlan, PodContext
from seedpod.testing.fake_workload import NAME, FakeWorkload
from seedpod.testing.script import Script, exits, runs

Scripts: TypeAlias = Mapping[str, Script | Sequence[Script]]


@attrs.frozen
class Call:
    """One thing the executor was asked, or that happened in it."""

    time: float
    """In seconds since the engine opened the executor."""
    pod: str
    container: str
    """Empty for what concerns the whole pod."""
    what: str
    """`open`, `close`, `start`, `refuse`, `SIGTERM` (any signal), `exit 0` (any), `abandon`; the
    name of a probe or a hook, as it begins: `readiness`, `preStop`."""


class FakeExecutor:
    """Runs no container: each attempt plays a script.

    Args:
        scripts: By container name, or by `pod/container`: the script of every attempt, or one
            script for each, the last of which repeats. A container without one succeeds at once if
            it is an init container, and else runs until told otherwise.
    """

    name = NAME
    workload_powers = frozenset({CanPerform})

    def __init__(self, scripts: Scripts | None = None) -> None:
        self.calls: list[Call] = []
        """Everything that was asked, in order."""
        self._scripts = {
            name: (script,) if isinstance(script, Script) else tuple(script)
            for name, script in (scripts or {}).items()
        }
        self._opened_at = 0.0

    def __repr__(self) -> str:
        return f"FakeExecutor({self._scripts!r})"

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Count the time of `calls` from here.

        Cancellation: nothing is undone.
        """
        self._opened_at = anyio.current_time()
        yield

    def open_pod(self, pod: PodContext) -> AbstractAsyncContextManager[FakeSandbox]:
        """A sandbox with nothing in it."""
        return FakeSandbox(self, pod.pod.metadata.name)

    def times(self, what: str, container: str | None = None) -> list[float]:
        """When *what* happened (to this container), in seconds since the executor was opened."""
        return [
            each.time
            for each in self.calls
            if each.what == what and (container is None or each.container == container)
        ]

    def note(self, pod: str, container: str, what: str) -> None:
        """Remember a call."""
        at = round(anyio.current_time() - self._opened_at, 6)
        self.calls.append(Call(at, pod, container, what))

    def script(self, pod: str, plan: ContainerPlan) -> Script:
        """What this attempt plays."""
        scripts = self._scripts.get(f"{pod}/{plan.name}") or self._scripts.get(plan.name)
        if scripts:
            return scripts[min(plan.attempt, len(scripts) - 1)]
        return _SUCCEEDS if plan.kind is ContainerKind.INIT else _RUNS


_SUCCEEDS = exits(0)
_RUNS = runs()


class FakeSandbox(AbstractAsyncContextManager["FakeSandbox"]):
    """What the containers of a pod share: nothing but a name."""

    __slots__ = ("executor", "pod")

    def __init__(self, executor: FakeExecutor, pod: str) -> None:
        self.executor = executor
        self.pod = pod

    async def __aenter__(self) -> Self:
        self.executor.note(self.pod, "", "open")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.executor.note(self.pod, "", "close")

    def start(self, container: ContainerPlan) -> AbstractAsyncContextManager[FakeWorkload]:
        """Play the script of this attempt."""
        script = self.executor.script(self.pod, container)
        return FakeWorkload(self.executor.note, self.pod, container, script)
