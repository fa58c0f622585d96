"""One manifest, as processes of this machine and as containers: the same is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

import seedpod
from seedpod import events
from seedpod.executors.subprocess import SubprocessExecutor
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.inside import IDLE, Ended, container, to_the_end, told

_NOT_PROMISED: Final = (
    events.ContainerImagePulling,
    events.ContainerImagePullProgressed,
    events.ContainerImagePulled,
    events.ContainerProbeFailed,
)
"""Processes have no images, and how often a probe asks in vain is a matter of time."""
_TELLING: Final = (
    *("attempt", "reason", "exit_code", "is_started", "is_ready", "hook", "is_success", "probe"),
    *("signal", "type", "is_true", "phase"),
)


@pytest.fixture
def place(tmp_path: Path) -> str:
    """Where the containers of a pod have a volume in common, whoever runs them."""
    return str(tmp_path / "shared")


def test_processes_and_containers_tell_the_same_story(
    engine: Engine, backend: str, place: str
) -> None:
    """An init container, a sidecar, two apps, probes, hooks and a restart; then a stop."""
    processes = SubprocessExecutor(isolation="none", link_mounts_under=[Path(place).parent])
    here = _ran(place, backend, executor=processes)
    there = _ran(place, backend, engine=engine)
    for name in ("prepare", "proxy", "web", "worker", ""):
        assert _told_of(there, name) == _told_of(here, name)
    hooks = [each.hook for each in there.events if isinstance(each, events.ContainerHookEnded)]
    assert hooks == ["postStart", "preStop"]
    assert _failed(there) == [("worker", 0, 3)]
    assert _exited_last(there) == _exited_last(here) == "proxy"
    assert there.status.phase == "Succeeded"


def _ran(place: str, backend: str, **options: Any) -> Ended:
    mounts = [{"name": "shared", "mountPath": place}]

    def one(script: str, name: str, **fields: Any) -> dict[str, Any]:
        return container(script, name=name, volumeMounts=mounts, **fields)

    prepared = {**_command(f"test -e {place}/prepared"), "periodSeconds": 1}
    restarted = {**_command(f"test -e {place}/restarted"), "periodSeconds": 1}
    again = f"test -e {place}/again || {{ touch {place}/again; exit 3; }}"
    then = f"trap 'exit 0' TERM; touch {place}/restarted; sleep 1000 & wait"
    hooks = {"postStart": _command(f"touch {place}/begun"), "preStop": _command("true")}
    return told(
        options.pop("engine", None),
        _stopped_when_ready,
        one(IDLE, "web", readinessProbe=prepared, lifecycle=hooks),
        one(f"{again}; {then}", "worker", readinessProbe=restarted),
        backend=backend,
        restartPolicy="OnFailure",
        initContainers=[
            one(f"touch {place}/prepared", "prepare"),
            one(IDLE, "proxy", restartPolicy="Always", startupProbe=prepared),
        ],
        volumes=[{"name": "shared", "emptyDir": {}}],
        **options,
    )


async def _stopped_when_ready(running: seedpod.RunningPod) -> Ended:
    assert await running.wait_ready(), running.status
    running.stop_soon()
    return await to_the_end(running)


def _told_of(ended: Ended, container: str) -> list[tuple[object, ...]]:
    """What is told of a container, in its order; of the pod as a whole, if it has no name."""
    told_of = [each for each in ended.events if not isinstance(each, _NOT_PROMISED)]
    return [_facts(each) for each in told_of if getattr(each, "container", "") == container]


def _facts(event: events.Event) -> tuple[object, ...]:
    """An event without its number, its time, and words for people."""
    known = {name: getattr(event, name) for name in _TELLING if hasattr(event, name)}
    return (type(event).__name__, *known.items())


def _failed(ended: Ended) -> list[tuple[str, int, int]]:
    exits = [each for each in ended.events if isinstance(each, events.ContainerExited)]
    return [(each.container, each.attempt, each.exit_code) for each in exits if each.exit_code]


def _exited_last(ended: Ended) -> str:
    *_, last = [each for each in ended.events if isinstance(each, events.ContainerExited)]
    return last.container


def _command(script: str) -> dict[str, Any]:
    return {"exec": {"command": ["sh", "-c", script]}}
