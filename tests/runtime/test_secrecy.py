"""What a Secret holds is in nothing that is shown: no event, plan, status, log record or error."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from seedpod import Engine, RunningPod, events, load
from seedpod.errors import SeedpodError
from seedpod.events import Event
from seedpod.spec import Pod, Secret
from seedpod.testing import exits, fails, refuses, run_virtual, runs
from tests.runtime.stage import Act, later
from tests.runtime.test_acceptance_waiting import Watching, watching

HIDDEN = "c0rrect-h0rse"
SPELLINGS = [
    HIDDEN,
    HIDDEN[:10],
    base64.b64encode(HIDDEN.encode()).decode(),
    HIDDEN.encode().hex(),
]
SECRET = f"""
apiVersion: v1
kind: Secret
metadata: {{name: keys}}
stringData:
  token: {HIDDEN}
  1.odd-key: {HIDDEN}
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  restartPolicy: OnFailure
  volumes:
  - {name: kept, secret: {secretName: keys, defaultMode: 0400}}
  - {name: mixed, projected: {sources: [{secret: {name: keys}}]}}
  - {name: scratch, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
  containers:
  - name: x
    image: i
    command: [serve, --token=$(TOKEN)]
    args: [$(TOKEN)]
    envFrom: [{secretRef: {name: keys}, prefix: P_}]
    env:
    - {name: TOKEN, valueFrom: {secretKeyRef: {name: keys, key: token}}}
    - {name: AGAIN, value: again $(TOKEN)}
    volumeMounts:
    - {name: kept, mountPath: /kept}
    - {name: mixed, mountPath: /mixed}
    - {name: kept, mountPath: /token, subPath: token}
    livenessProbe: {exec: {command: [check, $(TOKEN)]}}
"""


@pytest.fixture(autouse=True)
def _all_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        yield


def described(manifest: str = POD, secret: str = SECRET) -> tuple[Pod, Secret]:
    return load(manifest)[0], load(secret).secrets[0]


class Shown:
    """Everything that a run showed to anybody, as text."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.events: list[Event] = []
        self.executor: Watching = watching({})

    def see(self, *things: object) -> None:
        for each in things:
            self.texts += [repr(each), str(each)]

    def look(self, running: RunningPod) -> None:
        """At the handle, and all that can be reached from it."""
        run = running._run
        self.see(running, running.pod, running.status, running.kubernetes_events)
        self.see(running.row(), running.why(), run, run.settings, run.settings.objects)
        self.see(*run.containers, run.record, run.room, run.volumes)

    def lies_open(self) -> list[str]:
        return [text for text in self.texts if any(each in text for each in SPELLINGS)]


def shown(
    what: Pod, *objects: Secret, backend: str, scripts: Any, moments: dict[float, Act] | None = None
) -> Shown:
    """Run a pod, and be shown all there is, at several moments and in the end."""
    all_that = Shown()
    all_that.executor = watching(scripts)

    async def main() -> None:
        async with (
            Engine(
                all_that.executor,
                observers=[lambda _, event: all_that.events.append(event)],
                wall_clock=lambda: 0.0,
                objects=objects,
            ) as engine,
            anyio.create_task_group() as group,
        ):
            running = engine.start_soon(what)
            group.start_soon(watch, running)
            for moment, act in (moments or {}).items():
                group.start_soon(later, moment, act, running)
            for _ in range(3):
                all_that.look(running)
                await anyio.sleep(4)
            running.stop_soon()
            await running.wait()
            all_that.look(running)
            all_that.see(engine, all_that.executor)

    async def watch(running: RunningPod) -> None:
        async with running.watch() as stream:
            all_that.see(stream)
            async for event in stream:
                all_that.see(event)

    run_virtual(main, backend=backend)
    all_that.see(*all_that.events, *all_that.executor.calls, all_that.executor.context)
    all_that.see(*all_that.executor.plans, *objects)
    return all_that


def kinds(found: Shown) -> set[type[Event]]:
    return {type(each) for each in found.events}


def test_the_plant_is_there_to_be_found(backend: str) -> None:
    what, secret = described()
    found = shown(what, secret, backend=backend, scripts={"x": runs()})
    [plan] = found.executor.plans
    assert plan.env["TOKEN"] == plan.env["P_token"] == plan.env["P_1.odd-key"] == HIDDEN
    assert plan.env["AGAIN"] == f"again {HIDDEN}"
    assert (plan.command[1], plan.args) == (f"--token={HIDDEN}", (HIDDEN,))
    assert secret.data["token"] == HIDDEN.encode()
    assert "'TOKEN': ..." in repr(plan)
    found.see(HIDDEN)
    assert len(found.lies_open()) == 2


@pytest.mark.parametrize(
    "scripts",
    [
        {"x": runs()},
        {"x": exits(1)},
        {"x": refuses("there is no such program")},
        {"x": runs(liveness=fails("no answer"))},
    ],
    ids=["runs", "exits", "refused", "unhealthy"],
)
def test_nothing_of_it_is_shown(
    backend: str, scripts: Any, caplog: pytest.LogCaptureFixture
) -> None:
    what, secret = described()
    newer = Secret(metadata=secret.metadata, data={"token": f"{HIDDEN} new", "1.odd-key": HIDDEN})

    def apply(running: RunningPod) -> None:
        running._run.settings.objects.apply(newer)

    found = shown(what, secret, backend=backend, scripts=scripts, moments={5: apply})
    assert events.VolumesUpdated in kinds(found)
    assert found.lies_open() == []
    assert not any(each in caplog.text for each in SPELLINGS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("key: token", "key: missing"),
        ("kept, secret: {secretName: keys", "kept, secret: {secretName: missing"),
        ("{secret: {name: keys}}", "{secret: {name: keys, items: [{key: nope, path: p}]}}"),
        ("mountPath: /token, subPath: token", "mountPath: /token, subPath: token/below"),
        ("mountPath: /token, subPath: token", "mountPath: /token, subPathExpr: token/$(TOKEN)"),
    ],
)
def test_nothing_of_it_is_in_the_reason_of_a_pod_that_cannot_run(
    backend: str, old: str, new: str, caplog: pytest.LogCaptureFixture
) -> None:
    what, secret = described(POD.replace(old, new))
    found = shown(what, secret, backend=backend, scripts={"x": runs()})
    assert {events.PodBlocked, events.ContainerWaiting} & kinds(found)
    assert events.ContainerStarted not in kinds(found)
    assert found.lies_open() == []
    assert not any(each in caplog.text for each in SPELLINGS)


@pytest.mark.parametrize("before", ["/", "../", "/dev/"])
def test_nothing_of_it_is_in_what_is_said_of_a_path_made_of_it(backend: str, before: str) -> None:
    manifest = POD.replace("subPath: token", "subPathExpr: $(TOKEN)")
    what, secret = described(manifest, SECRET.replace(": c0", f": {before}c0"))
    found = shown(what, secret, backend=backend, scripts={"x": runs()})
    assert events.ContainerWaiting in kinds(found)
    assert found.lies_open() == []
    assert any("SubPath `$(TOKEN)`" in text for text in found.texts)


@pytest.mark.parametrize(
    "secret",
    [
        SECRET.replace("stringData", "data"),  # not base64
        SECRET.replace(f"token: {HIDDEN}", f"token: [{HIDDEN}]"),
        SECRET.replace("1.odd-key", "bad/name"),
        SECRET.replace(f"token: {HIDDEN}", f"token: {{{HIDDEN}: {HIDDEN}}}"),
        SECRET.replace("metadata", "type: 5\nimmutable: no\nmetadata"),
    ],
)
def test_nothing_of_it_is_in_what_is_said_of_a_wrong_manifest(secret: str) -> None:
    with pytest.raises(SeedpodError) as refused:
        load(secret)
    told = f"{refused.value!r} {refused.value} {getattr(refused.value, 'problems', ())!r}"
    assert not any(each in told for each in SPELLINGS)


def test_nothing_of_it_is_in_what_is_said_of_a_change_that_is_forbidden() -> None:
    _, secret = described(secret=SECRET + "immutable: true\n")
    engine = Engine(watching({}), objects=[secret])
    with pytest.raises(SeedpodError) as refused:
        engine.apply(Secret(metadata=secret.metadata, data={"token": f"{HIDDEN}!"}, immutable=True))
    told = f"{refused.value!r} {refused.value} {getattr(refused.value, 'problems', ())!r}"
    assert not any(each in told for each in SPELLINGS)
