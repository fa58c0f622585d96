"""How containers are asked to end, and what is run in them before: on a real engine."""

from __future__ import annotations

from typing import Any

import pytest

import seedpod
from seedpod.events import ContainerHookEnded, ContainerProbeFailed, ContainerSignalled, Event
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.images import STOP_SIGNAL
from tests.plugins.docker.inside import (
    IDLE,
    Ended,
    container,
    executor_on,
    first_line,
    ran,
    stopped,
    to_the_end,
    told,
)

_SIGNALS = "".join(
    f"trap 'echo {each}; exit 0' {each}; " for each in ("TERM", "USR1", "USR2", "QUIT")
)
_TELLS_ITS_SIGNAL = f"{_SIGNALS} echo up; sleep 1000 & wait"


def test_the_stop_signal_is_the_images_unless_the_manifest_has_one(engine: Engine) -> None:
    image = {"image": STOP_SIGNAL.reference}
    own = {"lifecycle": {"stopSignal": "SIGUSR2"}}

    async def story(running: seedpod.RunningPod) -> Ended:
        for name in ("usual", "image", "manifest"):
            await first_line(running, name)
        return await stopped(running)

    ended = told(
        engine,
        story,
        container(_TELLS_ITS_SIGNAL, name="usual"),
        container(_TELLS_ITS_SIGNAL, name="image", **image),
        container(_TELLS_ITS_SIGNAL, name="manifest", **image, **own),
        os={"name": "linux"},
    )
    written = {each.name: ended.lines_of(each.name) for each in ended.status.container_statuses}
    assert written == {
        "usual": ["up", "TERM"],
        "image": ["up", "USR1"],
        "manifest": ["up", "USR2"],
    }
    sent = {each.container: each.signal for each in _of(ended, ContainerSignalled)}
    assert sent == {"usual": "SIGTERM", "image": "SIGUSR1", "manifest": "SIGUSR2"}


def test_who_does_not_end_when_asked_is_killed(engine: Engine) -> None:
    async def story(running: seedpod.RunningPod) -> Ended:
        await first_line(running)
        running.stop_soon(1)
        return await to_the_end(running)

    ended = told(engine, story, container("trap '' TERM; echo up; sleep 1000"))
    assert (ended.end_of().exit_code, ended.end_of().reason) == (137, "Error")


def test_with_the_engines_own_init_a_shell_that_traps_nothing_ends_when_asked(
    docker: Engine,
) -> None:
    async def story(running: seedpod.RunningPod) -> Ended:
        await first_line(running)
        return await stopped(running)

    ended = told(
        docker, story, container("echo up; sleep 1000"), executor=executor_on(docker, init=True)
    )
    assert ended.end_of().exit_code == 143


def test_hooks_run_in_the_container(engine: Engine) -> None:
    lifecycle = {
        "postStart": _command("echo begun >/tmp/hooks; echo $WHO >>/tmp/hooks"),
        "preStop": _command("echo ending >>/tmp/hooks"),
    }
    fields: dict[str, Any] = {"lifecycle": lifecycle, "env": [{"name": "WHO", "value": "me"}]}
    script = "trap 'cat /tmp/hooks; exit 0' TERM; sleep 1000 & wait"
    ended = told(engine, stopped, container(script, **fields))
    assert ended.lines == ["begun", "me", "ending"]
    assert [each.is_success for each in _of(ended, ContainerHookEnded)] == [True, True]


def test_a_hook_that_fails_ends_its_container(engine: Engine) -> None:
    hook = "until test -e /tmp/up; do sleep 0.01; done; exit 3"
    script = "trap 'exit 5' TERM; touch /tmp/up; sleep 1000 & wait"
    ended = ran(engine, container(script, lifecycle={"postStart": _command(hook)}))
    [failed] = _of(ended, ContainerHookEnded)
    assert not failed.is_success
    assert "3" in failed.message
    assert ended.end_of().exit_code == 5


def test_a_probe_fails_with_what_it_wrote(engine: Engine) -> None:
    async def story(running: seedpod.RunningPod) -> ContainerProbeFailed:
        return await _failed_probe(running)

    probe: dict[str, Any] = {
        "readinessProbe": {**_command("echo not yet; exit 1"), "periodSeconds": 1}
    }
    failed = told(engine, story, container(IDLE, **probe))
    assert not failed.is_error
    assert "not yet" in failed.message


def test_a_probe_that_takes_too_long_is_killed_with_all_it_started(
    engine: Engine, backend: str
) -> None:
    probe: dict[str, Any] = {
        "readinessProbe": {
            **_command("sleep 4321 & sleep 4321; echo not reached"),
            "timeoutSeconds": 1,
            "periodSeconds": 100,
        }
    }

    async def story(running: seedpod.RunningPod) -> Ended:
        failed = await _failed_probe(running)
        assert "timed out" in failed.message
        running.stop_soon()
        return await to_the_end(running)

    script = "trap 'ps; exit 0' TERM; sleep 1000 & wait"
    ended = told(engine, story, container(script, **probe), backend=backend)
    assert any("sleep 1000" in each for each in ended.lines)
    assert not any("4321" in each for each in ended.lines)


def test_a_liveness_probe_has_its_container_started_again(engine: Engine) -> None:
    probe: dict[str, Any] = {
        "livenessProbe": {**_command("test -e /v/again"), "periodSeconds": 1, "failureThreshold": 1}
    }
    mounts = [{"name": "v", "mountPath": "/v"}]
    script = "test -e /v/again && exit 0; trap 'touch /v/again; exit 7' TERM; sleep 1000 & wait"
    ended = ran(
        engine,
        container(script, volumeMounts=mounts, **probe),
        restartPolicy="OnFailure",
        volumes=[{"name": "v", "emptyDir": {}}],
    )
    assert ended.status.phase == "Succeeded"
    assert ended.status_of().restart_count == 1


def test_a_command_that_is_not_there_is_an_answer_of_a_probe(engine: Engine) -> None:
    probe: dict[str, Any] = {
        "readinessProbe": {"exec": {"command": ["/no/such/probe"]}, "periodSeconds": 1}
    }
    failed = told(engine, _failed_probe, container(IDLE, **probe))
    assert "/no/such/probe" in failed.message


@pytest.mark.parametrize("is_stopped", [True, False])
def test_a_cancelled_engine_leaves_no_container(
    docker: Engine, backend: str, *, is_stopped: bool
) -> None:
    class LeftError(Exception):
        pass

    async def story(running: seedpod.RunningPod) -> None:
        await first_line(running)
        if is_stopped:
            running.stop_soon(30)
        raise LeftError

    with pytest.raises(LeftError):
        told(docker, story, container("trap '' TERM; echo up; sleep 1000"), backend=backend)
    assert docker.containers() == []


def _command(script: str) -> dict[str, Any]:
    return {"exec": {"command": ["sh", "-c", script]}}


def _of(ended: Ended, kind: type[Event]) -> list[Any]:
    return [each for each in ended.events if type(each) is kind]


async def _failed_probe(running: seedpod.RunningPod) -> ContainerProbeFailed:
    """The first answer of a probe that was no."""
    async with running.watch() as events:
        async for event in events:
            if isinstance(event, ContainerProbeFailed):
                return event
    raise AssertionError(f"no probe failed: {running.status}")
