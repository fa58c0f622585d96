"""What an earlier engine has left of a pod is read off its containers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from seedpod.abc import ContainerKind
from seedpod.spec import Pod
from seedpod.status import (
    ContainerState,
    FoundContainer,
    FoundPod,
    FoundSandbox,
    Running,
    Terminated,
    Waiting,
)
from seedpod_docker._found import Left, addresses_of, found_pod, moment
from tests.plugins.docker.manifests import container, labels, plan, pod

BEGAN: Final = "2024-02-29T12:00:00.123456789Z"
ENDED: Final = "2024-02-29T12:00:05Z"
NEVER: Final = "0001-01-01T00:00:00Z"
RUNS: Final = {"Status": "running", "Running": True, "StartedAt": BEGAN, "FinishedAt": NEVER}
MADE: Final = {"Status": "created", "Running": False, "StartedAt": NEVER, "FinishedAt": NEVER}
OVER: Final = {"Status": "exited", "Running": False, "StartedAt": BEGAN, "FinishedAt": ENDED}
"""It has run to its end, and its exit code is 0."""
START: Final = datetime(2024, 2, 29, 12, 0, 0, 123456, UTC)
END: Final = datetime(2024, 2, 29, 12, 0, 5, tzinfo=UTC)


def known(
    labels: Mapping[str, str], state: Mapping[str, Any], address: str = "", **host: str
) -> Left:
    """A container with these labels, as an engine shows it."""
    return Left(
        {
            "Id": "8f2e",
            "Image": "sha256:1",
            "Config": {"Labels": dict(labels)},
            "State": dict(state),
            "HostConfig": {"NetworkMode": "bridge", **host},
            "NetworkSettings": {"Networks": {"bridge": {"IPAddress": address}}},
        }
    )


def sandbox(state: Mapping[str, Any] = RUNS, attempt: int = 0, **more: Any) -> Left:
    return known(labels(pod(), sandbox_attempt=attempt).of_pod, state, **more)


def app(
    state: Mapping[str, Any] = RUNS, attempt: int = 0, in_sandbox: int = 0, of: Pod | None = None
) -> Left:
    web = of or pod()
    told = labels(web, sandbox_attempt=in_sandbox).of_container(plan(web, attempt=attempt))
    return known(told, state)


def state_of(state: Mapping[str, Any]) -> ContainerState:
    return app(state).state()


def ended(exit_code: int, reason: str, message: str = "") -> Terminated:
    return Terminated(exit_code, reason, message, START, END, container_id="docker://8f2e")


def found(*left: Left, of: Pod | None = None) -> FoundPod:
    """What is found of a pod of which this is left, the newest first."""
    result = found_pod(of or pod(), left)
    assert result is not None
    return result


def only(*left: Left, of: Pod | None = None) -> FoundContainer:
    [container] = found(*left, of=of).containers
    return container


def test_of_nothing_there_is_nothing() -> None:
    assert found_pod(pod(), []) is None


def test_what_runs_is_running() -> None:
    assert state_of(RUNS) == Running(START)
    assert state_of({**RUNS, "Status": "paused"}) == Running(START)


@pytest.mark.parametrize("status", ["created", "configured", "initialized"])
def test_what_was_made_and_never_started_is_waiting(status: str) -> None:
    assert state_of({**MADE, "Status": status}) == Waiting()


@pytest.mark.parametrize("status", ["exited", "dead", "removing", "stopped"])
def test_what_has_ended_is_terminated(status: str) -> None:
    assert state_of({**OVER, "Status": status, "ExitCode": 0}) == ended(0, "Completed")
    assert state_of({**OVER, "Status": status, "ExitCode": 3}) == ended(3, "Error")


def test_what_was_killed_for_want_of_memory_says_so() -> None:
    assert state_of({**OVER, "ExitCode": 137, "OOMKilled": True}) == ended(137, "OOMKilled")


def test_what_the_engine_says_of_the_end_is_told() -> None:
    state = {**OVER, "ExitCode": 128, "Error": "no such device"}
    assert state_of(state) == ended(128, "Error", "no such device")


def test_an_exit_code_is_one_byte() -> None:
    assert state_of({**OVER, "ExitCode": -1}) == ended(255, "Error")


def test_a_container_is_found_by_its_labels() -> None:
    it = app(attempt=2)
    assert (it.name, it.attempt, it.sandbox, it.incarnation) == ("app", 2, 0, "i-1")
    assert only(sandbox(), it) == FoundContainer(
        name="app",
        attempt=2,
        state=Running(START),
        container_id="docker://8f2e",
        image_id="sha256:1",
    )


def test_a_sandbox_is_found_with_its_address() -> None:
    told = found(sandbox(attempt=3, address="172.17.0.2"))
    ready = FoundSandbox(is_ready=True, attempt=3, ip="172.17.0.2")
    assert told == FoundPod(sandboxes=(ready,), containers=())
    assert found(sandbox(OVER)).sandboxes == (FoundSandbox(is_ready=False),)


def test_a_sandbox_may_have_the_host_s_network() -> None:
    [told] = found(sandbox(NetworkMode="host")).sandboxes
    assert (told.has_host_network, told.ip) == (True, "")


def test_what_was_made_from_another_image_has_another_spec() -> None:
    assert only(app(of=pod({"image": "web:2"}))).has_other_spec
    assert not only(app(of=pod({"command": ["other"]}))).has_other_spec


def test_what_is_in_an_older_sandbox_is_not_in_the_newest() -> None:
    told = found(
        sandbox(attempt=1),
        app(in_sandbox=1, attempt=1),
        sandbox(OVER, attempt=0),
        app(OVER, in_sandbox=0),
    )
    assert [each.attempt for each in told.sandboxes] == [1, 0]
    facts = [(each.attempt, each.is_in_newest_sandbox) for each in told.containers]
    assert facts == [(1, True), (0, False)]


def test_without_a_sandbox_nothing_is_in_the_newest() -> None:
    told = found(app())
    assert (told.sandboxes, only(app()).is_in_newest_sandbox) == ((), False)


def test_what_the_manifest_no_longer_has_is_not_found() -> None:
    other = pod({"name": "other"})
    assert found(sandbox(), app(), of=other).containers == ()


def test_init_containers_are_found_too() -> None:
    web = pod(initContainers=[container(name="init", image="init:1")])
    [init] = web.spec.init_containers
    it = plan(web, spec=init, name="init", kind=ContainerKind.INIT)
    told = only(known(labels(web).of_container(it), OVER), of=web)
    assert (told.name, told.has_other_spec) == ("init", False)


def test_a_container_without_labels_is_taken_for_a_first_sandbox() -> None:
    bare = Left({"Config": {"Labels": None}})
    assert (bare.name, bare.sandbox, bare.attempt, bare.incarnation) == ("", 0, 0, "")


def test_addresses_are_those_of_every_network() -> None:
    networks = {
        "a": {"IPAddress": "10.0.0.1", "GlobalIPv6Address": "fd00::1"},
        "b": {"IPAddress": "", "GlobalIPv6Address": ""},
        "c": {"GlobalIPv6Address": None},
    }
    found = addresses_of({"NetworkSettings": {"Networks": networks}})
    assert found == ("10.0.0.1", "fd00::1")
    assert addresses_of({"NetworkSettings": {"Networks": None}}) == ()


@pytest.mark.parametrize("fraction", ["", ".5", ".50", ".50000000", ".500000000"])
def test_a_time_is_read_with_any_number_of_digits(fraction: str) -> None:
    micro = 500000 if fraction else 0
    at = datetime(2024, 2, 29, 12, 0, 5, micro, tzinfo=UTC)
    assert moment(f"2024-02-29T12:00:05{fraction}Z") == at
    assert moment(f"2024-02-29T13:00:05{fraction}+01:00") == at


@pytest.mark.parametrize("text", ["", NEVER, "0001-01-01T00:00:00.000Z"])
def test_a_time_may_mean_never(text: str) -> None:
    assert moment(text) is None
