"""Probes: what Kubernetes' tables say of them, asked of our functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import anyio
import attrs

from seedpod._core.probing import (
    ProbeWorker,
    Seen,
    Step,
    Verdict,
    is_error,
    is_init_ready,
    is_ready,
    is_started,
    probe_workers,
)
from seedpod._core.requests import (
    HOOK_AGENT,
    PROBE_AGENT,
    HTTPRequest,
    Target,
    TargetError,
    headers,
    http_request,
    tcp_address,
)
from seedpod._core.restart import RESTART_ALL, is_sidecar, may_restart, rule_action
from seedpod._core.urls import url_of
from seedpod._runtime.performing import Performer
from seedpod.abc import Action, OutputSink, Signal
from seedpod.errors import StartError
from seedpod.spec import (
    Container,
    ContainerPort,
    ExecAction,
    HTTPGetAction,
    HTTPHeader,
    PodSpec,
    Probe,
    TCPSocketAction,
)
from seedpod.spec.words import ProbeKind
from seedpod.status import ContainerState, Outcome, Phase, Result, Terminated, Termination
from seedpod.testing import run_virtual
from tests.conformance.checks.probe_servers import asked_by_grpc, asked_by_http, asked_by_tcp
from tests.conformance.rows import Json, Row, all_of, container_statuses, structured
from tests.runtime.servers import HOST

T = TypeVar("T")


def _worker(row: Row) -> None:
    given = row.given
    container = structured(Container, given["container"])
    others = all_of(Container, given.get("otherContainers"))
    worker = ProbeWorker(
        ProbeKind(given["probeType"]),
        structured(Probe, given.get("probe") or {}),
        is_sidecar=given["containerIsInit"] and is_sidecar(container),
    )
    for step, expected in zip(given["steps"], row.expect["steps"], strict=True):
        seen = _seen(given, step["podStatus"], container, others)
        found = worker.sees(seen)
        if found is Step.ASK:
            worker.answered(_result(step["probeWouldReturn"]))
        assert (found is not Step.OVER) == expected["continue"]
        if "result" in expected:
            assert worker.verdict == expected["result"]
        if "onHold" in expected:
            assert worker.is_on_hold == expected["onHold"]


def _result(word: str) -> Result:
    return Result(word) if word in set(Result) else Result.UNKNOWN


def _seen(given: Json, status: Json | None, container: Container, others: list[Container]) -> Seen:
    if status is None:
        return Seen(phase=None)
    apps, inits = (status.get(name, ()) for name in ("containerStatuses", "initContainerStatuses"))
    phase = Phase(status["phase"])
    named = (each for each in (*apps, *inits) if each["name"] == container.name)
    own = next((each for each in named if each.get("containerID")), None)
    if own is None:
        return Seen(phase=phase)
    (found,) = container_statuses([own])
    policy = given.get("podRestartPolicy", "")
    every = {each.name: each for each in (container, *others)}
    restarts_all = any(
        isinstance(each.state, Terminated)
        and rule_action(every[each.name], each.state.exit_code) == RESTART_ALL
        for each in container_statuses([*apps, *inits])
        if each.name in every
    )
    return Seen(
        phase=phase,
        state=found.state,
        container_id=own["containerID"],
        is_started=bool(found.started),
        seconds_since_started=own.get("secondsSinceStarted", 0),
        is_deleting=given.get("podBeingDeleted", False),
        may_run_again=restarts_all or _may_restart(policy, container, found.state),
    )


def _may_restart(policy: str, container: Container, state: ContainerState) -> bool:
    return not isinstance(state, Terminated) or may_restart(policy, container, state.exit_code)


def _ready_from_probes(row: Row) -> None:
    given, kind = row.given, row.given["containerKind"]
    (status,) = container_statuses(
        [{"name": "x", "ready": False, "restartCount": 0, "state": given["state"]}]
    )
    probed, cached = given["activeProbes"], given["cachedResults"]
    started = is_started(
        status.state, has_probe="startup" in probed, verdict=_verdict(cached, "startup")
    )
    ready = is_ready(
        status.state,
        is_started=started,
        has_probe="readiness" in probed,
        verdict=_verdict(cached, "readiness"),
    )
    found = {"started": started, "ready": is_init_ready(status.state) if kind == "init" else ready}
    assert found.items() >= row.expect.items()


def _verdict(cached: Mapping[str, str], probe: str) -> Verdict | None:
    return Verdict(cached[probe]) if cached.get(probe) else None


def _probe_workers(row: Row) -> None:
    found = sorted(probe_workers(structured(PodSpec, row.given["spec"])))
    assert found == sorted((name, kind) for name, kind in row.expect["workers"])


def _probe_once(row: Row) -> None:
    for kind in row.given["probeTypes"]:
        found, error, command = _asked_once(row.given, ProbeKind(kind))
        assert (found, error) == (row.expect["result"], row.expect["error"])
        if "command" in row.expect:
            assert list(command) == row.expect["command"]


def _asked_once(given: Json, kind: ProbeKind) -> tuple[str, bool, Sequence[str]]:
    raw: dict[str, Any] = {"name": "x", "env": given.get("env", [])}
    if given["probe"] is not None:
        raw[f"{kind}Probe"] = given["probe"]
    workload = _Performing(given.get("handlerReturns", {}))
    by = Performer.of(structured(Container, raw), workload, _target())
    outcome = anyio.run(by.probe, kind)
    is_yes = outcome.result in {Result.SUCCESS, Result.WARNING}
    return "Success" if is_yes else "Failure", is_error(outcome), workload.command


def _http_get_target(row: Row) -> None:
    action = structured(HTTPGetAction, row.given["httpGet"])
    target = _target(row.given)
    url = _refusing(lambda: http_request(action, target, PROBE_AGENT).url)
    assert (url is not None) == row.expect["ok"]
    if url is None:
        return
    path = row.expect["path"]
    assert (url.host, url.port) == (row.expect["host"], row.expect["port"])
    assert url.target == (path if path.startswith("/") else f"/{path}")


def _tcp_socket_target(row: Row) -> None:
    action = structured(TCPSocketAction, row.given["tcpSocket"])
    target = _target(row.given)
    address = _refusing(lambda: tcp_address(action, target))
    assert (address is not None) == row.expect["ok"]
    assert address is None or address == (row.expect["host"], row.expect["port"])


def _refusing(resolve: Callable[[], T]) -> T | None:
    """What is resolved; None: it is refused."""
    try:
        return resolve()
    except TargetError:
        return None


def _format_url(row: Row) -> None:
    given = row.given
    found = url_of(given["scheme"], given["host"], given["port"], given["path"])
    assert str(found) == row.expect["url"]


def _headers(row: Row) -> None:
    found = headers(all_of(HTTPHeader, row.given["httpHeaders"]))
    assert {name: list(values) for name, values in found.items()} == row.expect["headers"]


def _lifecycle_http(row: Row) -> None:
    action = structured(HTTPGetAction, row.given["httpGet"])
    found = http_request(action, _target(row.given), HOOK_AGENT)
    sent = {name: list(values) for name, values in found.headers.items() if name != "User-Agent"}
    expected = dict(row.expect["headers"])
    expected.pop("User-Agent", None)
    assert (str(found.url), sent) == (row.expect["url"], expected)


def _http(row: Row) -> None:
    def request(port: int, path: str) -> HTTPRequest:
        fields = all_of(HTTPHeader, row.given.get("requestHeaders"))
        action = HTTPGetAction(port=port, path=path, http_headers=tuple(fields))
        is_bound = not row.given.get("followNonLocalRedirects", False)
        return attrs.evolve(http_request(action, _target(), PROBE_AGENT), is_bound_to_host=is_bound)

    outcome = anyio.run(asked_by_http, row.given, request)
    assert outcome.result == row.expect["result"]
    assert row.expect.get("outputContains", "") in outcome.message
    if "outputLacks" in row.expect:
        assert row.expect["outputLacks"] not in outcome.message
    if "outputBytes" in row.expect:
        assert len(outcome.message.encode()) == row.expect["outputBytes"]


def _exec(row: Row) -> None:
    words = str({key: value for key, value in row.given.items() if key != "output"})
    is_late = re.search(r"timeout|timed? ?out|late", words, re.IGNORECASE) is not None
    probe = Probe(exec=ExecAction(command=("x",)), timeout_seconds=1)
    workload = _Running(row.given, is_late=is_late)
    by = Performer.of(Container(name="x", liveness_probe=probe), workload, _target())
    outcome = run_virtual(by.probe, ProbeKind.LIVENESS)
    assert (outcome.result, is_error(outcome)) == (row.expect["result"], row.expect["error"])
    output = "" if is_error(outcome) else outcome.message
    if "timed out" in (expected := row.expect.get("output", output)):
        assert "timed out" in output
    else:
        assert output == expected
    assert len(output) == row.expect.get("outputBytes", len(output))


def _tcp(row: Row) -> None:
    outcome = anyio.run(asked_by_tcp, row.given)
    assert (outcome.result, is_error(outcome)) == (row.expect["result"], row.expect["error"])


def _grpc(row: Row) -> None:
    outcome = anyio.run(asked_by_grpc, row.given)
    assert (outcome.result, is_error(outcome)) == (row.expect["result"], row.expect["error"])


class _Workload:
    """Runs, and that is all."""

    async def wait(self) -> Termination:
        await anyio.sleep_forever()
        raise AssertionError

    async def signal(self, signal: Signal) -> None:
        pass


class _Performing(_Workload):
    """Performs actions as a row says."""

    def __init__(self, returns: Json) -> None:
        self.command: Sequence[str] = ()
        self._outcome = Outcome(_result(returns.get("result", "")))
        if returns.get("error"):
            self._outcome = Outcome(Result.UNKNOWN, "no luck")

    async def perform(self, action: Action) -> Outcome:
        if isinstance(action.handler, ExecAction):
            self.command = action.handler.command
        return self._outcome


class _Running(_Workload):
    """Runs commands as a row says."""

    def __init__(self, given: Json, *, is_late: bool) -> None:
        self._given = given
        self._is_late = is_late

    async def exec(self, command: Sequence[str], write: OutputSink) -> int:
        if self._is_late:
            await anyio.sleep_forever()
        if self._given.get("runnerError"):
            raise StartError("test", "x", "no luck")
        write("stdout", self._given.get("output", "x" * self._given.get("outputBytes", 0)).encode())
        return int(self._given["exitCode"])


def _target(given: Json | None = None) -> Target:
    known: Json = {"podIP": HOST} if given is None else given
    ports = tuple(all_of(ContainerPort, known.get("ports")))
    return Target(pod="pod_default(uid)", container="x", ip=known["podIP"], ports=ports)


CHECKS: Final[Mapping[str, Callable[[Row], None]]] = {
    "worker": _worker,
    "readyFromProbes": _ready_from_probes,
    "probeWorkers": _probe_workers,
    "probeOnce": _probe_once,
    "httpGetTarget": _http_get_target,
    "tcpSocketTarget": _tcp_socket_target,
    "formatURL": _format_url,
    "headers": _headers,
    "lifecycleHTTP": _lifecycle_http,
    "http": _http,
    "exec": _exec,
    "tcp": _tcp,
    "grpc": _grpc,
}
