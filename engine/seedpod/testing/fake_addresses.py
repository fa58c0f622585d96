"""A fake executor whose pods have addresses of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from seedpod.abc import PodContext
from seedpod.status import FoundPod
from seedpod.testing.fake import FakeExecutor, FakeSandbox, Scripts
from seedpod.testing.fake_past import FakeExecutorWithPast, SandboxWithPast


class FakeExecutorWithAddresses(FakeExecutorWithPast):
    """A `FakeExecutorWithPast` that gives addresses to each pod; nobody can be reached there.

    Args:
        scripts: As for `FakeExecutor`.
        found: As for `FakeExecutorWithPast`.
        addresses: What a sandbox is given, the main one first; may be changed meanwhile, for those
            that are opened then.
        host_addresses: Where containers would reach the host.
    """

    def __init__(
        self,
        scripts: Scripts | None = None,
        *,
        found: Mapping[str, FoundPod] | None = None,
        addresses: Sequence[str] = ("10.0.0.7",),
        host_addresses: Sequence[str] = ("10.0.0.1",),
    ) -> None:
        super().__init__(scripts, found=found)
        self.addresses = tuple(addresses)
        """What the next sandbox is given."""
        self._host_addresses = tuple(host_addresses)

    @property
    def host_addresses(self) -> tuple[str, ...]:
        """Where containers would reach the host, the main one first."""
        return self._host_addresses

    def open_pod(self, pod: PodContext) -> AbstractAsyncContextManager[FakeSandbox]:
        """A sandbox with addresses."""
        return SandboxWithAddresses(self, pod.pod.metadata.name, self._open, self.addresses)


class SandboxWithAddresses(SandboxWithPast):
    """What the containers of a pod share: their addresses."""

    __slots__ = ("addresses",)

    def __init__(
        self,
        executor: FakeExecutor,
        pod: str,
        where: dict[str, SandboxWithPast],
        addresses: tuple[str, ...],
    ) -> None:
        super().__init__(executor, pod, where)
        self.addresses = addresses
        """The pod's, the main one first."""
