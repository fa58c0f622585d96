"""Where pods are: in their status, in their environment, and for whoever asks their probes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio
from anyio.abc import ByteStream

from seedpod import Engine, RunningPod, events
from seedpod.abc import ContainerPlan, PodContext
from seedpod.spec import (
    EnvVar,
    EnvVarSource,
    ObjectFieldSelector,
    Pod,
    Probe,
    TCPSocketAction,
)
from seedpod.status import PodStatus, Termination
from seedpod.testing import FakeExecutor, FakeExecutorWithAddresses, Script, exits, runs
from seedpod.testing.fake import FakeSandbox
from seedpod.testing.fake_addresses import SandboxWithAddresses
from tests.core.found_pods import attempt, in_sandbox
from tests.core.sketches import RUNNING
from tests.runtime.servers import serving
from tests.runtime.stage import Act, app, play, pod, stop

FIELDS = ("status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs")


def asking(name: str) -> Pod:
    """A pod with a container that has all addresses in its environment."""
    env = [
        EnvVar(name=field, value_from=EnvVarSource(field_ref=ObjectFieldSelector(field_path=field)))
        for field in FIELDS
    ]
    return pod(app(name, env=env), policy="Always")


class Remembering(FakeExecutorWithAddresses):
    """Remembers the environment of each attempt."""

    envs: list[Mapping[str, str]]

    def script(self, pod: str, plan: ContainerPlan) -> Script:
        self.envs = [*getattr(self, "envs", ()), plan.env]
        return super().script(pod, plan)


class SlowToOpen(FakeExecutorWithAddresses):
    """An executor that takes a second to open, and three for a sandbox."""

    is_open = False

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        await anyio.sleep(1)
        async with super().open():
            self.is_open = True
            yield

    @property
    def host_addresses(self) -> tuple[str, ...]:
        assert self.is_open
        return ("10.0.0.1", "fd00::1")

    def open_pod(self, pod: PodContext) -> AbstractAsyncContextManager[FakeSandbox]:
        return self._opened(pod)

    @asynccontextmanager
    async def _opened(self, pod: PodContext) -> AsyncGenerator[FakeSandbox]:
        await anyio.sleep(3)
        async with super().open_pod(pod) as sandbox:
            yield sandbox


class AtItsOwnAddress:
    """An executor, and a sandbox, whose pods are at 127.0.0.2 and leave probes to the engine."""

    name = "addressing"
    addresses = ("127.0.0.2",)
    host_addresses = ("127.0.0.1",)

    @asynccontextmanager
    async def open_pod(self, pod: PodContext) -> AsyncGenerator[AtItsOwnAddress]:
        yield self

    @asynccontextmanager
    async def start(self, container: ContainerPlan) -> AsyncGenerator[UntilTold]:
        yield UntilTold()


class UntilTold:
    """A workload that runs until it is told to end, and then fails."""

    def __init__(self) -> None:
        self._told = anyio.Event()

    async def wait(self) -> Termination:
        await self._told.wait()
        return Termination(1)

    async def signal(self, signal: str) -> None:
        self._told.set()


def looking(at: list[PodStatus]) -> Act:
    """Takes note of the status."""

    def look(running: RunningPod) -> None:
        at.append(running.status)

    return look


def test_a_pod_has_its_address_once_its_sandbox_is_open(backend: str) -> None:
    seen: list[PodStatus] = []
    executor = SlowToOpen(addresses=("10.0.0.7", "fd00::7"))
    moments = {2.5: looking(seen), 3.5: looking(seen), 5: stop()}
    story = play(pod(app("x")), backend=backend, executor=executor, moments=moments)
    assert [(each.pod_ip, each.pod_ips) for each in (*seen, story.status)] == [
        ("", ()),
        ("10.0.0.7", ("10.0.0.7", "fd00::7")),
        ("10.0.0.7", ("10.0.0.7", "fd00::7")),  # after its end as well
    ]
    assert {(each.host_ip, each.host_ips) for each in seen} == {
        ("10.0.0.1", ("10.0.0.1", "fd00::1"))
    }


def test_the_event_of_the_sandbox_tells_the_addresses(backend: str) -> None:
    executor = FakeExecutorWithAddresses({"x": exits()}, addresses=("10.0.0.9",))
    story = play(pod(app("x")), backend=backend, executor=executor)
    [opened] = story.of(events.SandboxOpened)
    assert isinstance(opened, events.SandboxOpened)
    assert opened.addresses == ("10.0.0.9",)


def test_containers_are_told_the_addresses(backend: str) -> None:
    executor = Remembering({"x": runs()}, addresses=("10.0.0.7", "fd00::7"))
    story = play(asking("x"), backend=backend, executor=executor, moments={1: stop()})
    assert story.started("x") == [0]
    assert executor.envs == [
        {
            "status.hostIP": "10.0.0.1",
            "status.hostIPs": "10.0.0.1",
            "status.podIP": "10.0.0.7",
            "status.podIPs": "10.0.0.7,fd00::7",
        }
    ]


def test_another_sandbox_may_be_somewhere_else(backend: str) -> None:
    executor = Remembering({"x": runs()}, addresses=("10.0.0.7",))
    seen: list[PodStatus] = []

    def lose(running: RunningPod) -> None:
        executor.addresses = ("10.0.0.8",)
        executor.lose("web")

    moments: dict[float, Act] = {1: looking(seen), 2: lose, 20: looking(seen), 30: stop()}
    play(asking("x"), backend=backend, executor=executor, moments=moments)
    assert [each.pod_ip for each in seen] == ["10.0.0.7", "10.0.0.8"]
    assert [env["status.podIP"] for env in executor.envs] == ["10.0.0.7", "10.0.0.8"]


def test_a_sandbox_that_was_found_tells_its_addresses(backend: str) -> None:
    found = in_sandbox(attempt("x", RUNNING))
    executor = FakeExecutorWithAddresses(
        {"x": exits(after=5)}, found={"web": found}, addresses=("10.0.0.12",)
    )
    story = play(pod(app("x")), backend=backend, executor=executor)
    assert [each.what for each in executor.calls][:2] == ["open", "adopt"]
    assert story.status.pod_ips == ("10.0.0.12",)


def test_a_pod_without_a_network_has_no_address(backend: str) -> None:
    executor = Remembering({"x": runs()}, addresses=())
    story = play(asking("x"), backend=backend, executor=executor, moments={1: stop()})
    assert (story.status.pod_ip, story.status.pod_ips) == ("", ())
    assert executor.envs[0]["status.podIP"] == ""


def test_without_addresses_of_their_own_pods_are_where_the_host_is(backend: str) -> None:
    story = play(pod(app("x")), {"x": exits()}, backend=backend)
    status = story.status
    assert (status.pod_ip, status.pod_ips) == ("127.0.0.1", ("127.0.0.1",))
    assert (status.host_ip, status.host_ips) == ("127.0.0.1", ("127.0.0.1",))
    [opened] = story.of(events.SandboxOpened)
    assert isinstance(opened, events.SandboxOpened)
    assert opened.addresses == ()


def test_addresses_of_a_sandbox_are_only_asked_for_if_the_executor_promised_them(
    backend: str,
) -> None:
    class Boastful(FakeExecutor):
        def open_pod(self, pod: PodContext) -> AbstractAsyncContextManager[FakeSandbox]:
            return SandboxWithAddresses(self, "web", {}, ("10.0.0.7",))

    story = play(pod(app("x")), backend=backend, executor=Boastful({"x": exits()}))
    assert story.status.pod_ips == ("127.0.0.1",)


def test_probes_ask_at_the_address_of_the_pod(backend: str) -> None:
    async def talk(stream: ByteStream) -> None:
        await stream.send(b"welcome")

    async def main() -> PodStatus:
        async with (
            serving(talk, host="127.0.0.2") as port,
            Engine(AtItsOwnAddress()) as engine,
        ):
            probe = Probe(
                tcp_socket=TCPSocketAction(port=port), period_seconds=1, failure_threshold=1
            )
            running = await engine.start(pod(app("x", startup_probe=probe)))
            return await running.stop()

    assert anyio.run(main, backend=backend).pod_ip == "127.0.0.2"
