"""A pod that is found in some state, taken up by a real engine: what it does first.

The decisions are one thing, that the engine comes to the same is another. A fake executor is given
the past that a row describes; every container plays on until it is told to stop, and its probes
answer what the row says they have said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import anyio
import attrs

from seedpod import Backoff, Engine, events
from seedpod._core.adoption.actions import Actions, pod_actions
from seedpod._core.adoption.attempts import newest_attempts
from seedpod._core.adoption.kills import Verdicts
from seedpod._core.adoption.restarting_all import restart_trigger
from seedpod._core.probing import Verdict
from seedpod._runtime.admission import admitted
from seedpod.errors import SpecError
from seedpod.spec import Container, ExecAction, Pod, Probe
from seedpod.spec.words import ProbeKind
from seedpod.status import FoundPod, PodStatus, Running, Waiting
from seedpod.testing import (
    FakeExecutorWithPast,
    Reply,
    Script,
    breaks,
    fails,
    run_virtual,
    runs,
    succeeds,
)
from tests.conformance.rows import Json
from tests.core.found_pods import carried_out

BACKENDS: Final = ("asyncio", "trio")
_SECONDS: Final = 5.0
"""How long the engine has to act; every probe has been asked by then."""
_ANSWERS: Final = {
    Verdict.SUCCESS: succeeds(),
    Verdict.FAILURE: fails(),
    Verdict.UNKNOWN: breaks("asked too early"),
}
_ASKED: Final = Probe(
    exec=ExecAction(command=("true",)), period_seconds=1, failure_threshold=1, timeout_seconds=1
)


Attempts: TypeAlias = set[tuple[str, int, str]]
"""The newest attempt of each container that had one: its name, its number, and what it does."""


@attrs.frozen
class Deeds:
    """What an engine did with a pod it found, within a few seconds."""

    started: frozenset[str]
    killed: frozenset[str]
    """Told to end, each by its name."""
    reset: frozenset[str]
    """Removed, because all containers are restarted."""
    was_discarded: bool
    """What was found was of no use."""
    was_opened: bool
    has_ended: bool


@attrs.frozen
class _End:
    """Where a pod gets to that is looked at until there is nothing to do."""

    started: frozenset[str]
    """On the way."""
    has_ended: bool


def inexpressible(pod: Pod, found: FoundPod, *, restarts_all: bool) -> str | None:
    """Why a pod in this state cannot be put before an engine; None if it can."""
    if pod.metadata.deletion_timestamp:
        return "an engine is not given a pod that is being deleted: it is told to stop it"
    try:
        admitted(_playable(pod, {}), FakeExecutorWithPast())
    except SpecError as error:
        return f"it is refused: {error}"
    if pod_actions(pod, found) != pod_actions(pod, found, heeds_own_policies=True):
        return "a lost sandbox: apps of a Never pod that have another policy are started again"
    if restarts_all and restart_trigger(pod.spec, found) is None:
        return "that a restart of all containers has begun is known from a condition, not found"
    return None


def deeds(pod: Pod, found: FoundPod, verdicts: Verdicts, backend: str) -> Deeds:
    """Have an engine take up *pod*, and see what it does."""
    pod = _playable(pod, verdicts)
    executor = FakeExecutorWithPast(
        _scripts(pod, found, verdicts), found={pod.metadata.name: found}
    )
    seen: list[events.Event] = []

    async def main() -> bool:
        observers = [lambda _, event: seen.append(event)]
        async with Engine(executor, observers=observers, backoff=Backoff(delays=(0.0,))) as engine:
            running = engine.start_soon(pod)
            await anyio.sleep(_SECONDS)
            has_ended = running.is_finished
            calls.extend(executor.calls)
            running.stop_soon(0)
        return has_ended

    calls: list[object] = []
    has_ended = run_virtual(main, backend=backend)
    what = [(each.what, each.container) for each in executor.calls[: len(calls)]]
    return Deeds(
        started=frozenset(name for word, name in what if word == "start"),
        killed=frozenset(name for word, name in what if word in {"SIGTERM", "SIGKILL"}),
        reset=frozenset(
            name
            for event in seen
            if isinstance(event, events.AllContainersReset)
            for name in event.containers
        ),
        was_discarded=("discard", "") in what,
        was_opened=("open", "") in what,
        has_ended=has_ended,
    )


def check_deeds(
    pod: Pod, found: FoundPod, verdicts: Verdicts, actions: Actions, *, restarts_all: bool
) -> None:
    """Have engines take up *pod*, and compare what they do with the actions that were decided."""
    for backend in BACKENDS:
        done = deeds(pod, found, verdicts, backend)
        if restarts_all:
            assert done.reset == {each.name for each in actions.containers_to_reset}, backend
            continue
        wanted = {*actions.init_containers_to_start, *actions.containers_to_start}
        in_the_end = _in_the_end(pod, found, verdicts)
        assert wanted <= done.started <= in_the_end.started, backend
        assert done.has_ended is in_the_end.has_ended, backend
        killed = {each.name for each in actions.containers_to_kill}
        if actions.kills_pod:
            assert done.was_opened or not actions.creates_sandbox, backend
        else:
            assert killed <= done.killed, backend
            assert done.killed == killed or done.has_ended, backend
            assert not done.was_discarded, backend


def played(pod: Pod, steps: Iterable[Json], backend: str) -> list[Attempts]:
    """Have an engine run *pod*, let things happen to it, and see what there is after each."""
    pod = _playable(pod, {})
    name = pod.metadata.name
    every = (*pod.spec.init_containers, *pod.spec.containers)
    executor = FakeExecutorWithPast({each.name: runs() for each in every})

    async def main() -> list[Attempts]:
        found: list[Attempts] = []
        async with Engine(executor, backoff=Backoff(delays=(0.0,))) as engine:
            running = engine.start_soon(pod)
            for step in steps:
                _happens(executor, name, step["event"] or {})
                await anyio.sleep(_SECONDS)
                found.append(_attempts(running.status))
            running.stop_soon(0)
        return found

    return run_virtual(main, backend=backend)


def _happens(executor: FakeExecutorWithPast, pod: str, event: Json) -> None:
    if event.get("sandboxDies"):
        executor.lose(pod)
    elif "exits" in event:
        executor.end(pod, event["exits"], event["exitCode"])


def _attempts(status: PodStatus) -> Attempts:
    return {
        (each.name, each.restart_count, "running" if isinstance(each.state, Running) else "exited")
        for each in (*status.init_container_statuses, *status.container_statuses)
        if not isinstance(each.state, Waiting)
    }


def _in_the_end(pod: Pod, found: FoundPod, verdicts: Verdicts) -> _End:
    """What comes of looking again and again, until a look finds nothing to do."""
    starts: set[str] = set()
    for _ in range(20):
        actions = pod_actions(pod, found, verdicts)
        now = {*actions.init_containers_to_start, *actions.containers_to_start}
        if actions.kills_pod and not actions.creates_sandbox:
            return _End(frozenset(starts), has_ended=True)
        if not now and not actions.creates_sandbox:
            break
        starts |= now
        found = carried_out(pod.spec, found, actions)
        verdicts = {
            name: dict.fromkeys((ProbeKind.STARTUP, ProbeKind.LIVENESS), Verdict.SUCCESS)
            for name in newest_attempts(found)
        }
    return _End(frozenset(starts), has_ended=False)


def _playable(pod: Pod, verdicts: Verdicts) -> Pod:
    """The row's pod with a name, and with probes that can be asked; rows leave both out."""
    spec = pod.spec
    return attrs.evolve(
        pod,
        metadata=attrs.evolve(pod.metadata, name=pod.metadata.name or "web", uid=""),
        spec=attrs.evolve(
            spec,
            init_containers=tuple(_asked(each, verdicts) for each in spec.init_containers),
            containers=tuple(_asked(each, verdicts) for each in spec.containers),
        ),
    )


def _asked(container: Container, verdicts: Verdicts) -> Container:
    said = verdicts.get(container.name, {})
    has_liveness = container.liveness_probe is not None or ProbeKind.LIVENESS in said
    has_startup = container.startup_probe is not None
    return attrs.evolve(
        container,
        startup_probe=_ASKED if has_startup else None,
        liveness_probe=_ASKED if has_liveness else None,
        readiness_probe=None,
    )


def _scripts(pod: Pod, found: FoundPod, verdicts: Verdicts) -> Mapping[str, list[Script]]:
    """What was found answers as the row says; what is started anew answers yes."""
    newest = newest_attempts(found)
    scripts: dict[str, list[Script]] = {}
    for each in (*pod.spec.init_containers, *pod.spec.containers):
        attempt = newest.get(each.name)
        said = verdicts.get(each.name, {})
        before = 0 if attempt is None else attempt.attempt + 1
        scripts[each.name] = [_script(said)] * before + [runs()]
    return scripts


def _script(said: Mapping[ProbeKind, Verdict]) -> Script:
    startup, liveness = _answer(said, ProbeKind.STARTUP), _answer(said, ProbeKind.LIVENESS)
    return runs(startup=startup, liveness=liveness)


def _answer(said: Mapping[ProbeKind, Verdict], kind: ProbeKind) -> Reply:
    return _ANSWERS[said.get(kind, Verdict.UNKNOWN)]
