"""One run of one scenario: the pod, what is done to it, and what is left to judge."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import anyio
import attrs

import seedpod
from seedpod import events
from seedpod.errors import SpecError
from seedpod.events import Event
from seedpod.spec import Pod
from tests.conformance.actions import is_about_the_log, is_due, patched, with_images
from tests.conformance.chosen_executor import ChosenExecutor
from tests.conformance.claims import Evidence, MalformedError
from tests.conformance.lifecycle_log import line_of_runner, parse_log
from tests.conformance.occurrences import Occurrences
from tests.conformance.scenario_file import Scenario
from tests.conformance.stage import Stage

_WHEN_TIMEOUT: Final = 20.0
_POLL: Final = 0.02
"""Seconds between two looks at the lifecycle log: nothing tells when a container writes."""
_NEWS: Final = 0.1
"""Seconds until a status is known: scenarios are written for a client of an API server, to whom
a container that runs has come to its first line."""


class RunFailedError(Exception):
    """The run came to nothing, whatever the expectations say; the sentence says why."""


@attrs.frozen
class Run:
    """What one run left."""

    evidence: Evidence | None
    """None if the pod never came to anything: it was refused, or the engine raised an error."""
    log: str
    """The lifecycle log with the runner's own lines."""
    problems: tuple[str, ...]
    """Why it failed as a run; empty if it went through."""
    is_sample: bool
    """It was ended by a `finish`, so the last status is that of a pod that was still alive."""
    mount_root: str
    """Where its mounts were."""


async def run_scenario(scenario: Scenario, executor: ChosenExecutor) -> Run:
    """Run *scenario* once, and leave nothing behind.

    Cancellation: the pod is killed, and what it had is removed.
    """
    with Stage.set_up() as stage:
        script = scenario.below(stage.mount_root) if executor.is_linking else scenario
        performance = Performance(script, stage)
        try:
            await performance.run(executor)
        except RunFailedError as failure:
            performance.problems.append(str(failure))
        except SpecError as error:
            performance.problems.append(f"the pod was refused: {error}")
        except Exception as error:  # noqa: BLE001 (a bug is a failure of this scenario, not of all)
            performance.problems.append(f"the engine raised {error!r}")
            performance.evidence = None
        performance.problems += stage.left()
    return performance.ended()


@attrs.define(eq=False)
class Performance:
    """A scenario on its way."""

    scenario: Scenario
    stage: Stage
    running: seedpod.RunningPod | None = None
    lines: str = ""
    """What the containers wrote to the lifecycle log, as of the last look."""
    own_lines: list[str] = attrs.field(factory=list[str])
    occurrences: Occurrences = attrs.field(factory=Occurrences)
    snapshots: dict[str, Any] = attrs.field(factory=dict[str, Any])
    problems: list[str] = attrs.field(factory=list[str])
    has_ended: bool = False
    is_sample: bool = False
    began: float = 0.0
    evidence: Evidence | None = None
    _is_there: Callable[[], bool] | None = None
    """What is being waited for."""
    _reached: anyio.Event = attrs.field(factory=anyio.Event)
    _reached_at: float = 0.0
    """When that came true, by the event loop's clock."""

    async def run(self, executor: ChosenExecutor) -> None:
        """Submit the pod, act, and keep what is there at the end.

        Cancellation: the pod is killed.
        """
        manifest = self.scenario.manifest()
        with anyio.CancelScope() as scope:
            async with seedpod.Engine(
                executor.made_for(self.stage.mount_root),
                backoff=self.scenario.backoff,
                objects=[*manifest.config_maps, *manifest.secrets],
                observers=[self.observe],
                cancel_grace_seconds=0,
                directory=self.stage.volumes,
            ) as engine:
                self.note("Submitted")
                self.began = time.monotonic()
                self.running = engine.start_soon(manifest[0])
                await self.act_in_time()
                self.note("Ended")
                self.evidence = await self.collected()
                if not self.has_ended:
                    scope.cancel()

    async def act_in_time(self) -> None:
        """Perform the actions and wait for the end, within the scenario's timeout."""
        try:
            with anyio.fail_after(self.scenario.timeout):
                await self.act()
        except (RunFailedError, MalformedError) as failure:
            self.problems.append(str(failure))
        except TimeoutError:
            self.problems.append(f"has not ended within {self.scenario.timeout:g} s")

    async def act(self) -> None:
        """Perform the actions, one after the other, then wait until the pod has ended."""
        for number, action in enumerate(self.scenario.actions):
            [(kind, argument)] = action["do"].items()
            name = f"actions[{number}] ({kind})"
            await self.wait_for(action, name)
            if self.has_ended:
                raise RunFailedError(f"the pod had ended before {name} was performed")
            if kind == "finish":
                self.note("Finish")
                self.is_sample = True
                return
            self.perform(kind, argument)
        await self.until(lambda: False)

    async def wait_for(self, action: Mapping[str, Any], name: str) -> None:
        """Wait until an action is due.

        There is one deadline, counted from the moment that what it waits for came true: a loop that
        was held up for a while must not perform it after what was due later.
        """
        when, since = action.get("when"), anyio.current_time()
        if when is not None:
            timeout = float(action.get("timeout", _WHEN_TIMEOUT))
            poll = _POLL if is_about_the_log(when) else math.inf
            with anyio.move_on_after(timeout) as scope:
                await self.until(lambda: is_due(when, self.seen()), poll)
            if scope.cancelled_caught:
                raise RunFailedError(f"{name}: {when} did not come true within {timeout:g} s")
            since = self._reached_at + (0 if is_about_the_log(when) else _NEWS)
        await anyio.sleep_until(since + action.get("after", 0))

    async def until(self, is_there: Callable[[], bool], poll: float = math.inf) -> None:
        """Wait until this holds, or the pod has ended."""
        self._is_there, self._reached = is_there, anyio.Event()
        try:
            self.look()
            while not self._reached.is_set():
                with anyio.move_on_after(poll):
                    await self._reached.wait()
                self.look()
        finally:
            self._is_there = None

    def perform(self, kind: str, argument: Any) -> None:
        """Do to the pod what an action says."""
        running = self.handle
        match kind:
            case "delete":
                self.note("Delete")
                running.stop_soon((argument or {}).get("grace"))
            case "snapshot":
                self.note(f"Snapshot {argument}")
                self.snapshots[argument] = self.pod()
            case "patch":
                self.note("Patch")
                running.update(patched(running.pod, argument))
            case "set_image":
                self.note("SetImage")
                running.update(with_images(running.pod, argument))
            case "set_condition":
                self.note("SetCondition")
                running.set_condition(argument["type"], argument["status"])
            case _:
                raise RunFailedError(f"unknown action {kind!r}")

    @property
    def handle(self) -> seedpod.RunningPod:
        """The pod, which has been submitted."""
        if self.running is None:
            raise RunFailedError("the pod was not submitted")
        return self.running

    def observe(self, _: Pod, event: Event) -> None:
        """Take note of an event of the pod, and of what was waited for."""
        self.has_ended = self.has_ended or isinstance(event, events.PodFinished)
        if self.running is not None:
            self.occurrences.note(self.running.kubernetes_events)
            self.look()

    def look(self) -> None:
        """Read the lifecycle log, and see whether what is waited for is there."""
        self.lines = self.stage.lifecycle_log() or self.lines
        if self._is_there is None or self._reached.is_set():
            return
        if self.has_ended or self._is_there():
            self._reached_at = anyio.current_time()
            self._reached.set()

    def note(self, words: str) -> None:
        """Write a line of the runner's own to the log."""
        self.own_lines.append(line_of_runner(time.time_ns(), words))

    def pod(self) -> dict[str, Any]:
        """The v1 Pod as of now."""
        running = self.handle
        text = seedpod.dump(seedpod.with_status(running.pod, running.status), "json")
        pod: dict[str, Any] = json.loads(text)
        return pod

    def seen(self) -> Evidence:
        """What can be seen of the run so far."""
        return Evidence(lines=parse_log(self.log), pod=self.pod(), events=self.occurrences.found)

    @property
    def log(self) -> str:
        """The lifecycle log with the runner's own lines."""
        whole = self.lines if self.lines.endswith("\n") or not self.lines else f"{self.lines}\n"
        return whole + "".join(self.own_lines)

    async def collected(self) -> Evidence:
        """All that there is to judge, now."""
        self.look()
        wall_seconds = time.monotonic() - self.began
        spec = self.handle.pod.spec
        names = [each.name for each in (*spec.init_containers, *spec.containers)]
        return attrs.evolve(
            self.seen(),
            wall_seconds=wall_seconds,
            snapshots=self.snapshots,
            output={name: await self.output_of(name) for name in names},
        )

    async def output_of(self, container: str) -> str:
        """What a container has written, all its lives together."""
        async with self.handle.logs(container, follow=False) as lines:
            texts = [line.text + (b"" if line.is_partial else b"\n") async for line in lines]
        return b"".join(texts).decode(errors="replace")

    def ended(self) -> Run:
        """What is left of it."""
        return Run(
            self.evidence,
            self.log,
            tuple(self.problems),
            self.is_sample,
            str(self.stage.mount_root),
        )
