"""Who performs the actions of probes and hooks, and what is made of what comes of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio
import attrs
import pytest

from seedpod._core.requests import Target
from seedpod._runtime.asked import missing_package
from seedpod._runtime.performing import Performer, perform_hook
from seedpod.abc import Action, OutputSink, Signal, Workload
from seedpod.errors import StartError
from seedpod.spec import (
    Container,
    EnvVar,
    ExecAction,
    GRPCAction,
    HTTPGetAction,
    LifecycleHandler,
    Probe,
    SleepAction,
    TCPSocketAction,
)
from seedpod.spec.words import HookKind, ProbeKind
from seedpod.status import Outcome, Result, Termination
from seedpod.testing import run_virtual
from tests.runtime.servers import HOST, Asked, Health, closed_port, grpc, http, response, serving

TARGET = Target(pod="shop_default(u-1)", container="web", ip=HOST)
PLACE = 'Container "web" in Pod "shop_default(u-1)" failed - error:'
COMMAND = ExecAction(command=("check", "it"))


class Running:
    """A workload that runs, and that is all."""

    async def wait(self) -> Termination:
        await anyio.sleep_forever()
        raise AssertionError

    async def signal(self, signal: Signal) -> None:
        pass


@attrs.define(eq=False)
class Shell(Running):
    """A workload in which commands do what a function says."""

    run: Callable[[OutputSink], Awaitable[int]]
    commands: list[Sequence[str]] = attrs.field(factory=list[Sequence[str]])

    async def exec(self, command: Sequence[str], write: OutputSink) -> int:
        self.commands.append(command)
        return await self.run(write)


@attrs.define(eq=False)
class Itself(Running):
    """A workload that performs actions itself; each outcome once, then never again."""

    outcomes: list[Outcome]
    performed: list[Action] = attrs.field(factory=list[Action])

    async def perform(self, action: Action) -> Outcome:
        self.performed.append(action)
        if not self.outcomes:
            await anyio.sleep_forever()
        return self.outcomes.pop(0)


def exits(code: int, *written: tuple[str, bytes]) -> Shell:
    async def run(write: OutputSink) -> int:
        for stream, data in written:
            write("stderr" if stream == "stderr" else "stdout", data)
        return code

    return Shell(run)


def hangs() -> Shell:
    async def run(write: OutputSink) -> int:
        await anyio.sleep_forever()
        raise AssertionError

    return Shell(run)


def refuses() -> Shell:
    async def run(write: OutputSink) -> int:
        raise StartError("test", "web", 'exec: "check": not found')

    return Shell(run)


async def probed(workload: Workload, probe: Probe, **container: Any) -> Outcome:
    by = Performer.of(Container(liveness_probe=probe, **container), workload, TARGET)
    return await by.probe(ProbeKind.LIVENESS)


def probe_of(handler: object, seconds: int = 10) -> Probe:
    names: dict[type, str] = {
        ExecAction: "exec",
        HTTPGetAction: "http_get",
        TCPSocketAction: "tcp_socket",
        GRPCAction: "grpc",
    }
    values: dict[str, Any] = {names[type(handler)]: handler}
    return Probe(timeout_seconds=seconds, **values)


def asked(backend: str, workload: Workload, handler: object, seconds: int = 10) -> Outcome:
    """What comes of a liveness probe in a container that runs so, in virtual time."""
    return run_virtual(probed, workload, probe_of(handler, seconds), backend=backend)


def hooked(backend: str, workload: Workload, hook: LifecycleHandler) -> Outcome:
    """What comes of a preStop hook in a container that runs so, in virtual time."""
    return run_virtual(perform_hook, HookKind.PRE_STOP, hook, workload, TARGET, backend=backend)


def test_a_command_that_exits_with_0_is_success(backend: str) -> None:
    shell = exits(0, ("stdout", b"fine"))
    assert asked(backend, shell, COMMAND) == Outcome(Result.SUCCESS, "fine")
    assert shell.commands == [("check", "it")]


def test_a_command_that_exits_otherwise_is_a_failure_with_all_it_wrote(backend: str) -> None:
    shell = exits(7, ("stdout", b"out\n"), ("stderr", b"err\n"), ("stdout", b"\xff"))
    assert asked(backend, shell, COMMAND) == Outcome(
        Result.FAILURE, "out\nerr\n\N{REPLACEMENT CHARACTER}"
    )


def test_of_what_a_command_writes_ten_kibibytes_are_kept(backend: str) -> None:
    shell = exits(1, *[("stdout", b"x" * 1000)] * 100)
    assert asked(backend, shell, COMMAND).message == "x" * 10 * 1024


def test_a_command_that_hangs_is_given_up_in_time(backend: str) -> None:
    text = 'command timed out: "check it" timed out after 3s'
    assert asked(backend, hangs(), COMMAND, 3) == Outcome(Result.FAILURE, text)


def test_a_command_that_cannot_be_started_is_tried_three_times(backend: str) -> None:
    shell = refuses()
    outcome = asked(backend, shell, COMMAND)
    assert outcome == Outcome(Result.UNKNOWN, 'exec: "check": not found')
    assert len(shell.commands) == 3


def test_a_workload_that_cannot_run_commands_says_so(backend: str) -> None:
    text = "the executor cannot run a command in a container"
    assert asked(backend, Running(), COMMAND) == Outcome(Result.UNKNOWN, text)
    hook = LifecycleHandler(exec=COMMAND)
    assert text in hooked(backend, Running(), hook).message


def test_the_command_of_a_probe_sees_what_the_manifest_sets(backend: str) -> None:
    shell = exits(0)
    probe = probe_of(ExecAction(command=("$(A)", "$(B)", "$$(A)")))
    run_virtual(lambda: probed(shell, probe, env=(EnvVar(name="A", value="x"),)), backend=backend)
    assert shell.commands == [("x", "$(B)", "$(A)")]


def test_a_workload_that_performs_actions_itself_is_left_to_it(backend: str) -> None:
    every = (COMMAND, HTTPGetAction(port=80), TCPSocketAction(port=80), GRPCAction(port=80))
    for handler in every:
        itself = Itself([Outcome(Result.WARNING, "well")])
        assert asked(backend, itself, handler) == Outcome(Result.WARNING, "well")
        assert itself.performed == [Action(purpose=ProbeKind.LIVENESS, handler=handler)]


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (COMMAND, 'command timed out: "check it" timed out after 3s'),
        (
            HTTPGetAction(port=80, path="/x"),
            f'Get "http://{HOST}:80/x": context deadline exceeded '
            "(Client.Timeout exceeded while awaiting headers)",
        ),
        (TCPSocketAction(port=80), f"dial tcp {HOST}:80: i/o timeout"),
        (GRPCAction(port=80), "timeout: health rpc did not complete within 3s"),
    ],
)
def test_what_a_workload_does_not_do_in_time_is_given_up(
    backend: str, handler: object, text: str
) -> None:
    assert asked(backend, Itself([]), handler, 3) == Outcome(Result.FAILURE, text)


def test_what_cannot_be_asked_is_asked_at_once_again(backend: str) -> None:
    error, answer = Outcome(Result.UNKNOWN, "no luck"), Outcome(Result.SUCCESS, "fine")
    assert asked(backend, Itself([error, error, answer]), COMMAND) == answer
    unlucky = Itself([error] * 4)
    assert asked(backend, unlucky, COMMAND) == error
    assert len(unlucky.performed) == 3


def test_not_to_know_of_an_error_is_failure(backend: str) -> None:
    silent = Itself([Outcome(Result.UNKNOWN)])
    assert asked(backend, silent, COMMAND) == Outcome(Result.FAILURE)
    assert len(silent.performed) == 1


def test_a_port_that_is_none_cannot_be_asked(backend: str) -> None:
    text = 'strconv.Atoi: parsing "web": invalid syntax'
    for workload in (Running(), Itself([])):
        for handler in (HTTPGetAction(port="web"), TCPSocketAction(port="web")):
            assert asked(backend, workload, handler) == Outcome(Result.UNKNOWN, text)


def test_a_probe_without_a_handler_cannot_be_asked(backend: str) -> None:
    outcome = run_virtual(probed, Itself([]), Probe(), backend=backend)
    assert outcome == Outcome(Result.UNKNOWN, "missing probe handler")


def test_a_probe_that_there_is_none_of_succeeds(backend: str) -> None:
    by = Performer.of(Container(), Running(), TARGET)
    assert run_virtual(by.probe, ProbeKind.STARTUP, backend=backend).result is Result.SUCCESS


def test_the_rest_is_asked_over_the_network(backend: str) -> None:
    found: list[Asked] = []

    def answer(request: Asked) -> bytes:
        found.append(request)
        return response(200, "fine")

    async def main() -> list[Outcome]:
        async with serving(http(answer)) as web, serving(grpc(Health())) as health:
            handlers = (
                HTTPGetAction(port=web, path="/x"),
                TCPSocketAction(port=web),
                GRPCAction(port=health, service="db"),
                TCPSocketAction(port=await closed_port()),
            )
            return [await probed(Running(), probe_of(handler)) for handler in handlers]

    outcomes = anyio.run(main, backend=backend)
    assert [outcome.result for outcome in outcomes] == ["success"] * 3 + ["failure"]
    assert [request.path for request in found] == ["/x"]
    assert found[0].all("User-Agent") == ["kube-probe/1.36"]


@pytest.mark.parametrize("result", [Result.SUCCESS, Result.WARNING, Result.FAILURE])
def test_a_hook_is_left_to_a_workload_that_performs_actions_itself(
    backend: str, result: Result
) -> None:
    itself = Itself([Outcome(result, "text")])
    hook = LifecycleHandler(sleep=SleepAction(seconds=3))
    assert hooked(backend, itself, hook) == Outcome(result, "text")
    assert itself.performed == [Action(purpose=HookKind.PRE_STOP, handler=SleepAction(seconds=3))]


def test_a_hook_that_could_not_be_performed_has_failed(backend: str) -> None:
    itself = Itself([Outcome(Result.UNKNOWN, "no luck")])
    assert hooked(backend, itself, LifecycleHandler(exec=COMMAND)) == Outcome(
        Result.FAILURE, "no luck"
    )


@pytest.mark.parametrize("workload", [Running(), Itself([])])
def test_a_hook_by_tcp_always_fails(backend: str, workload: Workload) -> None:
    for hook in (LifecycleHandler(tcp_socket=TCPSocketAction(port=80)), LifecycleHandler()):
        outcome = hooked(backend, workload, hook)
        assert outcome == Outcome(Result.FAILURE, "Cannot run handler: invalid handler")


def test_a_hooks_command_is_run_as_it_stands(backend: str) -> None:
    shell = exits(0, ("stdout", b"fine"))
    hook = LifecycleHandler(exec=ExecAction(command=("$(A)",)))
    assert hooked(backend, shell, hook) == Outcome(Result.SUCCESS)
    assert shell.commands == [("$(A)",)]


def test_a_hooks_command_that_fails_is_described(backend: str) -> None:
    shell = exits(5, ("stdout", b"out\n"), ("stderr", b"err\n"))
    text = (
        f"Exec lifecycle hook ([check it]) for {PLACE} "
        "command 'check it' exited with 5: err\n, message: \"out\\nerr\\n\""
    )
    hook = LifecycleHandler(exec=COMMAND)
    assert hooked(backend, shell, hook) == Outcome(Result.FAILURE, text)
    refused = hooked(backend, refuses(), hook)
    assert refused.result is Result.FAILURE
    assert f'{PLACE} exec: "check": not found, message: ""' in refused.message


def test_a_pause_takes_as_long_as_it_says(backend: str) -> None:
    async def main() -> float:
        began = anyio.current_time()
        hook = LifecycleHandler(sleep=SleepAction(seconds=30))
        outcome = await perform_hook(HookKind.PRE_STOP, hook, Running(), TARGET)
        assert outcome == Outcome(Result.SUCCESS)
        return anyio.current_time() - began

    assert run_virtual(main, backend=backend) == pytest.approx(30)


def test_a_hook_by_http_is_success_whatever_the_answer(backend: str) -> None:
    found: list[Asked] = []

    def answer(request: Asked) -> bytes:
        found.append(request)
        return response(500)

    async def main() -> list[Outcome]:
        async with serving(http(answer)) as port:
            ports = (port, await closed_port(), "nobody")
            hooks = [
                LifecycleHandler(http_get=HTTPGetAction(port=each, path="/x")) for each in ports
            ]
            return [
                await perform_hook(HookKind.POST_START, hook, Running(), TARGET) for hook in hooks
            ]

    answered, refused, unknown = anyio.run(main, backend=backend)
    assert answered == Outcome(Result.SUCCESS)
    assert found[0].all("User-Agent") == ["kube-lifecycle/1.36"]
    assert refused.result is Result.FAILURE
    assert refused.message.startswith(f'HTTP lifecycle hook (/x) for {PLACE} Get "http://{HOST}:')
    assert unknown.result is Result.FAILURE
    assert f'{PLACE} strconv.Atoi: parsing "nobody": invalid syntax' in unknown.message


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    hook, call = LifecycleHandler(http_get=HTTPGetAction(port=80)), probe_of(GRPCAction(port=80))
    assert missing_package(hook) is None
    assert missing_package(call) is None
    monkeypatch.setattr("seedpod._runtime.asked.find_spec", lambda _: None)
    text = "needs the package h11, which is not installed: pip install 'seedpod[probes]'"
    assert missing_package(hook) == text
    assert "package h2," in str(missing_package(call))
    assert missing_package(probe_of(COMMAND)) is None
    assert missing_package(probe_of(TCPSocketAction(port=80))) is None
