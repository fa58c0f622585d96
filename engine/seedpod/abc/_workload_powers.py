"""What a workload may be able to do besides: commands, probes and hooks; telling of itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import attrs

from seedpod.abc._plan import Stream
from seedpod.spec import ExecAction, GRPCAction, HTTPGetAction, SleepAction, TCPSocketAction
from seedpod.spec.words import HookKind, ProbeKind
from seedpod.status import ContainerUser, Outcome, Usage

OutputSink: TypeAlias = Callable[[Stream, bytes], None]
"""Takes what a command wrote, in order per stream; never blocks and never raises."""


@runtime_checkable
class CanExec(Protocol):
    """A workload in which further commands can be run: exec probes and hooks."""

    async def exec(self, command: Sequence[str], write: OutputSink) -> int:
        """Run *command* in the container, as it is, and return its exit code.

        It has the container's environment and working directory, and ends with the container at
        the latest (137). When the coroutine returns, nothing of the command runs any more.

        Cancellation: kills the command, and all it started, before it is left.

        Raises:
            StartError: The command cannot be started.
        """
        ...


ActionHandler: TypeAlias = ExecAction | HTTPGetAction | TCPSocketAction | GRPCAction | SleepAction


@attrs.frozen(kw_only=True)
class Action:
    """One thing a probe or a hook asks for."""

    purpose: ProbeKind | HookKind
    handler: ActionHandler
    """As the manifest has it; of a probe, `$(VAR)` in its command is expanded."""


@runtime_checkable
class CanPerform(Protocol):
    """A workload that performs the actions of probes and hooks itself, whatever they are."""

    async def perform(self, action: Action) -> Outcome:
        """Perform *action*, without a limit in time.

        Cancellation: the action is given up, and leaves nothing behind.
        """
        ...


@attrs.frozen(kw_only=True)
class WorkloadDescription:
    """What an executor knows of an attempt."""

    container_id: str = ""
    """With the scheme of the runtime: `docker://8f2e...`; empty: the engine's own id."""
    image_id: str = ""
    user: ContainerUser | None = None
    stop_signal: str = ""
    """What the image wants to be asked to end with; empty: it does not say."""


@runtime_checkable
class CanDescribe(Protocol):
    """A workload that knows more of itself than the engine does."""

    @property
    def description(self) -> WorkloadDescription:
        """What the status shows of this attempt; does not change while it runs."""
        ...


@runtime_checkable
class CanMeasure(Protocol):
    """A workload that can tell what it uses."""

    async def usage(self) -> Usage | None:
        """What it uses now, and has used; None if nobody counts, or it has ended.

        Cancellation: nothing is undone.
        """
        ...
