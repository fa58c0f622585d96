"""Performing what probes and hooks ask for, in or at one running attempt of a container.

A workload that performs actions itself is left to it. Otherwise commands are run by the workload,
and the rest is asked over the network from here. A probe has `timeoutSeconds`; a hook has as long
as its caller lets it.

Source: kubelet, `prober.runProbeWithRetries` and `handlerRunner.Run`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, TypeAlias

import attrs
from anyio import move_on_after, sleep

from seedpod._core.action_texts import (
    HEADERS_TIMED_OUT,
    INVALID_HOOK,
    command_exited,
    command_timed_out,
    exec_hook_failed,
    hook_place,
    http_hook_failed,
    request_failed,
    tcp_timed_out,
)
from seedpod._core.environment import static_command
from seedpod._core.grpc_health import call_timed_out
from seedpod._core.probes import probes
from seedpod._core.probing import MAXIMUM_TRIES, counted, is_error
from seedpod._core.requests import (
    HOOK_AGENT,
    PROBE_AGENT,
    Target,
    TargetError,
    http_request,
    tcp_address,
)
from seedpod._runtime.asked import handler_of
from seedpod.abc import Action, ActionHandler, CanExec, CanPerform, Stream, Workload
from seedpod.errors import StartError
from seedpod.spec import (
    Container,
    ExecAction,
    GRPCAction,
    HTTPGetAction,
    LifecycleHandler,
    TCPSocketAction,
)
from seedpod.spec.words import HookKind, ProbeKind
from seedpod.status import Outcome, Result

MAXIMUM_OUTPUT: Final = 10 * 1024
"""In bytes; what a command writes after that is not kept."""

_Question: TypeAlias = Callable[[], Awaitable[Outcome]]
"""Asks one probe once, within its time."""
_SUCCESS: Final = Outcome(Result.SUCCESS)
_CANNOT_EXEC: Final = "the executor cannot run a command in a container"


@attrs.frozen
class Performer:
    """The probes of one attempt, ready to be asked."""

    _questions: Mapping[ProbeKind, _Question]

    @classmethod
    def of(cls, container: Container, workload: Workload, target: Target) -> Performer:
        """All that can be found out before the first question is asked."""
        questions: dict[ProbeKind, _Question] = {}
        for kind, each in probes(container):
            handler = handler_of(each)
            if isinstance(handler, ExecAction):
                handler = ExecAction(command=static_command(handler.command, container.env))
            action = None if handler is None else Action(purpose=kind, handler=handler)
            questions[kind] = _question(action, each.timeout_seconds, workload, target)
        return cls(questions)

    async def probe(self, kind: ProbeKind) -> Outcome:
        """Ask the probe of this kind, and at once again if it cannot be asked.

        Unknown means that it could not be asked. A probe that there is none of succeeds.

        Cancellation: what was asked is given up, and leaves nothing behind.
        """
        question = self._questions.get(kind)
        if question is None:
            return _SUCCESS
        outcome = await question()
        for _ in range(MAXIMUM_TRIES - 1):
            if not is_error(outcome):
                break
            outcome = await question()
        return counted(outcome)


async def perform_hook(
    kind: HookKind, hook: LifecycleHandler, workload: Workload, target: Target
) -> Outcome:
    """Run a lifecycle hook; it has failed unless the result is success or a warning.

    Cancellation: the hook is given up, and leaves nothing behind.
    """
    handler = handler_of(hook)
    if handler is None or isinstance(handler, TCPSocketAction | GRPCAction):
        return Outcome(Result.FAILURE, INVALID_HOOK)
    if isinstance(workload, CanPerform):
        outcome = await workload.perform(Action(purpose=kind, handler=handler))
        is_unknown = outcome.result is Result.UNKNOWN
        return attrs.evolve(outcome, result=Result.FAILURE) if is_unknown else outcome
    if isinstance(handler, ExecAction):
        return await _exec_hook(workload, handler, target)
    if isinstance(handler, HTTPGetAction):
        return await _http_hook(handler, target)
    await sleep(handler.seconds)
    return _SUCCESS


def _question(
    action: Action | None, seconds: float, workload: Workload, target: Target
) -> _Question:
    """How a probe is asked that asks for *action*."""
    if action is None:
        return partial(_unasked, "missing probe handler")
    handler = action.handler
    try:
        if isinstance(workload, CanPerform):
            return partial(_left, workload, action, seconds, _late(handler, target, seconds))
        if isinstance(handler, ExecAction) and isinstance(workload, CanExec):
            return partial(_exec_probe, workload, handler.command, seconds)
        if isinstance(handler, HTTPGetAction | TCPSocketAction | GRPCAction):
            return _over_network(handler, target, seconds)
    except TargetError as error:
        return partial(_unasked, str(error))
    return partial(_unasked, _CANNOT_EXEC)


def _over_network(
    handler: HTTPGetAction | TCPSocketAction | GRPCAction, target: Target, seconds: float
) -> _Question:
    # These take their time to be imported, and most pods ask for none of them.
    from seedpod._runtime.network.grpc import grpc_probe  # noqa: PLC0415
    from seedpod._runtime.network.http import http_probe  # noqa: PLC0415
    from seedpod._runtime.network.tcp import tcp_probe  # noqa: PLC0415

    if isinstance(handler, HTTPGetAction):
        return partial(http_probe, http_request(handler, target, PROBE_AGENT), seconds)
    if isinstance(handler, TCPSocketAction):
        return partial(tcp_probe, *tcp_address(handler, target), seconds)
    return partial(grpc_probe, target.ip, handler.port, handler.service, seconds)


def _late(handler: ActionHandler, target: Target, seconds: float) -> str:
    """What is said of a probe that a workload performs itself, and not in time.

    Raises:
        TargetError: It cannot be asked at all.
    """
    if isinstance(handler, ExecAction):
        return command_timed_out(handler.command, seconds)
    if isinstance(handler, HTTPGetAction):
        return request_failed(http_request(handler, target, PROBE_AGENT).url, HEADERS_TIMED_OUT)
    if isinstance(handler, TCPSocketAction):
        return tcp_timed_out(*tcp_address(handler, target))
    return call_timed_out(seconds)


async def _left(workload: CanPerform, action: Action, seconds: float, late: str) -> Outcome:
    """Leave a probe to the workload."""
    with move_on_after(seconds):
        return await workload.perform(action)
    return Outcome(Result.FAILURE, late)


async def _unasked(why: str) -> Outcome:
    return Outcome(Result.UNKNOWN, why)


async def _exec_probe(workload: CanExec, command: tuple[str, ...], seconds: float) -> Outcome:
    output = _Output()
    try:
        with move_on_after(seconds):
            exit_code = await workload.exec(command, output.write)
            result = Result.SUCCESS if exit_code == 0 else Result.FAILURE
            return Outcome(result, output.text())
    except StartError as error:
        return Outcome(Result.UNKNOWN, error.message or str(error))
    return Outcome(Result.FAILURE, command_timed_out(command, seconds))


async def _exec_hook(workload: Workload, handler: ExecAction, target: Target) -> Outcome:
    output = _Output()
    problem = _CANNOT_EXEC
    if isinstance(workload, CanExec):
        try:
            exit_code = await workload.exec(handler.command, output.write)
            if exit_code == 0:
                return _SUCCESS
            problem = command_exited(handler.command, exit_code, output.errors())
        except StartError as error:
            problem = error.message or str(error)
    where = hook_place(target.container, target.pod)
    text = exec_hook_failed(handler.command, where, problem, output.text())
    return Outcome(Result.FAILURE, text)


async def _http_hook(handler: HTTPGetAction, target: Target) -> Outcome:
    from seedpod._runtime.network.http import http_hook  # noqa: PLC0415 (see above)

    try:
        outcome = await http_hook(http_request(handler, target, HOOK_AGENT))
    except TargetError as error:
        outcome = Outcome(Result.FAILURE, str(error))
    if outcome.result is not Result.FAILURE:
        return outcome
    where = hook_place(target.container, target.pod)
    return Outcome(Result.FAILURE, http_hook_failed(handler.path, where, outcome.message))


@attrs.define(eq=False)
class _Output:
    """What a command has written, as much of it as is kept."""

    _kept: bytearray = attrs.field(factory=bytearray)
    _errors: bytearray = attrs.field(factory=bytearray)
    """What it wrote to stderr."""

    def write(self, stream: Stream, data: bytes) -> None:
        """Take what comes next."""
        self._kept += data[: MAXIMUM_OUTPUT - len(self._kept)]
        if stream == "stderr":
            self._errors += data[: MAXIMUM_OUTPUT - len(self._errors)]

    def text(self) -> str:
        """All of it, in the order in which it came."""
        return self._kept.decode("utf-8", "replace")

    def errors(self) -> str:
        """What was written to stderr."""
        return self._errors.decode("utf-8", "replace")
