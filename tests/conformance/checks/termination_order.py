"""Grace periods, hooks, and the order of stop signals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from seedpod._core.grace import container_grace, effective_grace
from seedpod._core.hooks import hook_of, runs_pre_stop, sleep_result
from seedpod._core.ordering import stop_prerequisites
from seedpod._core.requests import HOOK_AGENT, Target, http_request
from seedpod.spec import SleepAction
from seedpod.spec.words import HookKind
from seedpod.status import Result
from tests.conformance.rows import Row, pod_of, structured


def check_order(row: Row) -> None:
    """How long each running container waits: for those before it, or until its grace is used up."""
    given = row.given
    before = stop_prerequisites(pod_of(given).spec)
    running, grace, lasts = given["running"], given["graceSeconds"], given["secondsToStopOnceTold"]

    def wait(name: str) -> float:
        ends = [wait(each) + lasts[each] for each in before[name] if each in running]
        return min(float(grace[name]), max(ends, default=0.0))

    found = {name: int(wait(name)) for name in running}
    assert found == row.expect["waitBeforeStopWholeSeconds"]


def check_container_grace(row: Row) -> None:
    given = row.given
    pod = pod_of(given)
    every = (*pod.spec.containers, *pod.spec.init_containers)
    container = next(each for each in every if each.name == given["container"])
    probes = {"LivenessProbe": container.liveness_probe, "StartupProbe": container.startup_probe}
    deletion = pod.metadata.deletion_grace_period_seconds
    failed = probes.get(given["killReason"])
    found = container_grace(pod.spec, failed, deletion_seconds=deletion)
    assert found == row.expect["graceSeconds"]


def check_pod_grace(row: Row) -> None:
    pod = pod_of(row.given)
    asked = (pod.metadata.deletion_grace_period_seconds, row.given.get("gracePeriodOverride"))
    assert effective_grace(pod.spec, *asked) == row.expect["graceSeconds"]


def check_hook(row: Row) -> None:
    given, expect = row.given, row.expect
    spec = pod_of(given).spec
    [container] = (*spec.containers, *spec.init_containers)
    if given["event"] == "start":
        hook = hook_of(container, HookKind.POST_START)
        is_run = hook is not None
    else:
        hook = hook_of(container, HookKind.PRE_STOP)
        is_run = runs_pre_stop(container, given.get("graceSeconds", container_grace(spec)))
    assert is_run == expect["hookRun"]
    assert hook is not None
    if "command" in expect:
        assert hook.exec is not None
        assert list(hook.exec.command) == expect["command"]
    if "requestHostContains" in expect:
        assert hook.http_get is not None
        target = Target(pod="pod", container=container.name, ip="10.0.0.1", ports=container.ports)
        request = http_request(hook.http_get, target, HOOK_AGENT)
        assert expect["requestHostContains"] in request.url.authority


def check_sleep(row: Row) -> None:
    found = sleep_result(structured(SleepAction, row.given["sleep"]), row.given["graceSeconds"])
    assert (found is Result.FAILURE) == row.expect["error"]


CHECKS: Final[Mapping[str, Callable[[Row], None]]] = {
    "terminationOrder": check_order,
    "containerGracePeriod": check_container_grace,
    "podGracePeriod": check_pod_grace,
    "lifecycleHook": check_hook,
    "sleepHook": check_sleep,
}
