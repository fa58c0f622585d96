"""The example pods behave as Kubernetes says, at each level of isolation, on both loops."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import anyio
import pytest

import seedpod
from seedpod import events
from seedpod.events import ContainerEvent, Event
from seedpod.spec import Pod
from seedpod.status import Phase, PodStatus, Terminated
from tests.docs.running import moved
from tests.executors.views import levels

Act: TypeAlias = Callable[[seedpod.RunningPod], Awaitable[object]]
_BOUND = 60.0
"""Seconds one pod may take: a net, not a measure."""


class Stage:
    """One example at a time, run to its end; what happened stays in `events`."""

    def __init__(self, directory: Path, isolation: str, backend: str) -> None:
        self.directory = directory
        self.isolation = isolation
        self.examples = moved(directory) / "docs/examples"
        self.backend = backend
        self.events: list[Event] = []

    def play(self, name: str, act: Act = seedpod.RunningPod.wait) -> PodStatus:
        """Run the pod of the example *name*; *act* has to bring about its end."""
        return anyio.run(self._play, name, act, backend=self.backend)

    async def _play(self, name: str, act: Act) -> PodStatus:
        [pod] = seedpod.load(self.examples / name)
        links = [self.directory] if self.isolation == "none" else []
        options = {"isolation": self.isolation, "link_mounts_under": links}
        executor = seedpod.find_executor("subprocess", **options)
        backoff = seedpod.Backoff(delays=(0, 0.05))
        with anyio.fail_after(_BOUND):
            async with seedpod.Engine(executor, backoff=backoff, observers=[self._see]) as engine:
                running = engine.start_soon(pod)
                await act(running)
        return running.status

    def _see(self, _: Pod, event: Event) -> None:
        self.events.append(event)

    @property
    def order(self) -> list[str]:
        """Who started, was asked to end, and ended, in order."""
        words: dict[type[events.Event], str] = {
            events.ContainerStarted: "starts",
            events.ContainerSignalled: "is asked",
            events.ContainerExited: "ends",
        }
        return [
            f"{event.container} {words[type(event)]}"
            for event in self.events
            if isinstance(event, ContainerEvent) and type(event) in words
        ]

    @property
    def phases(self) -> list[Phase]:
        return [event.phase for event in self.events if type(event) is events.PodPhaseChanged]


@pytest.fixture(params=levels())
def stage(request: pytest.FixtureRequest, tmp_path: Path, backend: str) -> Stage:
    return Stage(tmp_path, request.param, backend)


def _says(container: str, text: bytes) -> Act:
    """Wait until *container* has written *text*, then stop the pod."""

    async def act(running: seedpod.RunningPod) -> None:
        async with running.logs(container) as lines:
            async for line in lines:
                if line.text == text:
                    break
        await running.stop(5)

    return act


def test_the_init_containers_wait_for_two_services(stage: Stage) -> None:
    services = stage.directory / "services"
    services.mkdir()
    shown: list[str] = []

    async def act(running: seedpod.RunningPod) -> None:
        async with running.logs() as lines:
            async for line in lines:
                shown.append(running.row().status)
                if line.text.startswith(b"waiting for "):
                    (services / line.text.split()[-1].decode()).touch()
                else:
                    assert line.text == b"The app is running!"
                    break
        await running.stop(5)

    status = stage.play("init-containers/myapp.yaml", act)
    assert dict.fromkeys(shown) == dict.fromkeys(["Init:0/2", "Init:1/2", "Running"])
    assert stage.order == [
        "init-myservice starts",
        "init-myservice ends",
        "init-mydb starts",
        "init-mydb ends",
        "myapp-container starts",
        "myapp-container is asked",
        "myapp-container ends",
    ]
    assert [each.restart_count for each in status.init_container_statuses] == [0, 0]
    assert stage.phases == [Phase.RUNNING, Phase.FAILED]  # ended by SIGTERM: exit code 143


def test_an_init_container_that_may_not_be_tried_again_fails_the_pod(stage: Stage) -> None:
    status = stage.play("init-containers/impatient.yaml")
    assert stage.order == ["init-myservice starts", "init-myservice ends"]
    assert (status.phase, _exits(status)) == (Phase.FAILED, {"init-myservice": 1})


def test_the_deployment_ships_its_logs_until_it_is_stopped(stage: Stage) -> None:
    status = stage.play("sidecar.yaml", _says("logshipper", b"logging"))
    assert stage.order == [
        "logshipper starts",
        "myapp starts",
        "myapp is asked",
        "myapp ends",
        "logshipper is asked",
        "logshipper ends",
    ]
    assert _exits(status) == {"logshipper": 143, "myapp": 143}
    assert stage.phases == [Phase.RUNNING, Phase.FAILED]
    assert not (stage.directory / "seedpod").exists()  # the link, and the directory made for it


def test_the_job_succeeds_and_its_sidecar_is_ended_after_it(stage: Stage) -> None:
    status = stage.play("job.yaml")
    assert stage.order == [
        "logshipper starts",
        "myjob starts",
        "myjob ends",
        "logshipper is asked",
        "logshipper ends",
    ]
    assert _exits(status) == {"logshipper": 143, "myjob": 0}
    assert stage.phases == [Phase.RUNNING, Phase.SUCCEEDED]


def test_always_restarts_success_and_failure_until_the_pod_is_stopped(stage: Stage) -> None:
    async def act(running: seedpod.RunningPod) -> None:
        async with running.watch() as watch:
            async for event in watch:
                counts = [each.restart_count for each in running.status.container_statuses]
                if isinstance(event, events.ContainerStarted) and min(counts) >= 3:
                    break
        await running.stop(5)

    status = stage.play("restart-policies/always.yaml", act)
    assert min(each.restart_count for each in status.container_statuses) >= 3
    assert stage.phases[0] is Phase.RUNNING
    assert status.phase is Phase.FAILED


def test_on_failure_restarts_failure_only(stage: Stage) -> None:
    status = stage.play("restart-policies/on-failure.yaml")
    assert _restarts(status) == {"succeeds": 0, "fails-twice": 2}
    assert stage.phases == [Phase.RUNNING, Phase.SUCCEEDED]


def test_never_restarts_nothing(stage: Stage) -> None:
    status = stage.play("restart-policies/never.yaml")
    assert _restarts(status) == {"succeeds": 0, "fails": 0}
    assert stage.phases == [Phase.RUNNING, Phase.FAILED]


def test_a_container_may_have_a_policy_of_its_own_and_rules(stage: Stage) -> None:
    status = stage.play("restart-policies/per-container.yaml")
    assert _restarts(status) == {"fails": 0, "fails-twice": 2, "exits-42-once": 1}
    assert _exits(status) == {"fails": 1, "fails-twice": 0, "exits-42-once": 0}
    assert status.phase is Phase.FAILED


def test_the_web_server_starts_last_and_stops_first(stage: Stage) -> None:
    stage.play("web.yaml", _says("web", b"the web server is up"))
    starts = ["migrate starts", "migrate ends", "proxy starts", "web starts"]
    assert stage.order == [*starts, "web is asked", "web ends", "proxy is asked", "proxy ends"]


def _restarts(status: PodStatus) -> dict[str, int]:
    return {each.name: each.restart_count for each in status.container_statuses}


def _exits(status: PodStatus) -> dict[str, int]:
    every = (*status.init_container_statuses, *status.container_statuses)
    return {each.name: each.state.exit_code for each in every if isinstance(each.state, Terminated)}
