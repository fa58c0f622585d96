"""What keeps an engine from taking a pod on is said at once, each thing once, by its path."""

from __future__ import annotations

from collections.abc import Sequence

from seedpod import check
from seedpod.abc import Executor, PodContext
from seedpod.errors import Problem, ProblemKind
from seedpod.executors.subprocess import SubprocessExecutor
from seedpod.spec import (
    ExecAction,
    Lifecycle,
    LifecycleHandler,
    Pod,
    Probe,
    SleepAction,
    TCPSocketAction,
    Volume,
)
from seedpod.testing import FakeExecutor
from tests.runtime.stage import app, init, pod, sidecar

COMMAND = ExecAction(command=("check",))


class Plain:
    """An executor that promises nothing."""

    name = "plain"

    def open_pod(self, pod: PodContext) -> object:
        raise NotImplementedError


class Refusing(FakeExecutor):
    """Refuses what the engine refuses as well, and one thing more."""

    def review(self, _pod: Pod) -> Sequence[Problem]:
        paths = ("spec.volumes[0].nfs", "spec.hostIPC")
        return [Problem(each, ProblemKind.UNSUPPORTED, 5, "mine") for each in paths]


def refused(what: Pod, executor: object) -> dict[str, str]:
    found: Executor = executor  # type: ignore[assignment]
    return {each.path: each.wanted for each in check(what, found)}


def test_commands_are_refused_where_nobody_promises_to_run_them() -> None:
    hook = Lifecycle(pre_stop=LifecycleHandler(exec=COMMAND))
    what = pod(
        app("x", liveness_probe=Probe(exec=COMMAND), lifecycle=hook),
        app("y", readiness_probe=Probe(tcp_socket=TCPSocketAction(port=80))),
        inits=[init("a"), sidecar("s", startup_probe=Probe(exec=COMMAND))],
    )
    assert refused(what, Plain()) == dict.fromkeys(
        [
            "spec.initContainers[1].startupProbe.exec",
            "spec.containers[0].livenessProbe.exec",
            "spec.containers[0].lifecycle.preStop.exec",
        ],
        "executor plain runs no commands in containers",
    )
    assert refused(what, FakeExecutor()) == {}


def test_a_pause_needs_nobody() -> None:
    hook = Lifecycle(pre_stop=LifecycleHandler(sleep=SleepAction(seconds=1)))
    assert refused(pod(app("x", lifecycle=hook)), Plain()) == {}


def test_processes_run_commands() -> None:
    what = pod(app("x", command=["true"], liveness_probe=Probe(exec=COMMAND)))
    assert refused(what, SubprocessExecutor(isolation="none")) == {}


def test_what_the_engine_refuses_is_not_refused_again_by_the_executor() -> None:
    nfs = Volume(name="v", nfs={"server": "s", "path": "/"})
    found = refused(pod(app("x"), volumes=[nfs]), Refusing())
    assert list(found) == ["spec.volumes[0].nfs", "spec.hostIPC"]
    assert found["spec.volumes[0].nfs"] != "mine"
