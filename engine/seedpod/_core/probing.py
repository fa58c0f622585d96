"""Probes: when one is asked, and what its answers amount to.

Theory of operation: a `ProbeWorker` stands for one probe of one container. At each of its ticks it
is shown what is known of the container (`sees`) and says whether to ask now; it is told what came
of it (`answered`). Its *verdict* changes only when enough answers in a row agree. A verdict that
ends the container, and any verdict of a startup probe, puts the worker on hold until another
attempt of the container is seen.

Source: kubelet, `worker.doProbe`, `prober.probe`, `manager.UpdatePodStatus`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import attrs

from seedpod._core.probes import probes
from seedpod._core.restart import is_sidecar
from seedpod.spec import PodSpec, Probe
from seedpod.spec.words import ProbeKind
from seedpod.status import ContainerState, Outcome, Phase, Result, Running, Terminated

MAXIMUM_TRIES: Final = 3
"""How often one probe is asked at once, if it cannot be asked."""


class Verdict(StrEnum):
    """What a probe's answers amount to."""

    SUCCESS = "Success"
    FAILURE = "Failure"
    UNKNOWN = "Unknown"
    """Not decided yet; only of a startup probe."""


class Step(StrEnum):
    """What a worker does next."""

    WAIT = "wait"
    """Nothing, until the next tick."""
    ASK = "ask"
    OVER = "over"
    """It ends: there is nothing left to find out."""


@attrs.frozen(kw_only=True)
class Seen:
    """What is known of a container when the tick of one of its probes comes."""

    phase: Phase | None
    """The pod's; None: nothing is known of the pod."""
    state: ContainerState | None = None
    container_id: str = ""
    """Of the newest attempt; empty before the first."""
    is_started: bool = False
    seconds_since_started: float = 0.0
    """Since the attempt began to run."""
    is_deleting: bool = False
    """The pod is being deleted."""
    may_run_again: bool = True
    """If it has ended: by its restart policy, or because all containers are restarted."""
    is_carried_over: bool = False
    """It ran before the engine was opened, for more than `CARRY_OVER_SECONDS`."""


CARRY_OVER_SECONDS: Final = 10.0
"""A container that is found running keeps what it was if it had run for longer than this."""

_INITIAL: Final = {
    ProbeKind.READINESS: Verdict.FAILURE,
    ProbeKind.LIVENESS: Verdict.SUCCESS,
    ProbeKind.STARTUP: Verdict.UNKNOWN,
}


@attrs.define(eq=False)
class ProbeWorker:
    """One probe of one container."""

    kind: ProbeKind
    probe: Probe
    """With its defaults."""
    is_sidecar: bool = False
    """It belongs to a sidecar."""
    verdict: Verdict | None = None
    """None before the first attempt of the container."""
    is_on_hold: bool = False
    """There is nothing to ask until another attempt is seen."""
    _container_id: str = ""
    _last: Verdict | None = None
    """The newest answer."""
    _run: int = 0
    """How many answers in a row were like it."""

    def sees(self, seen: Seen) -> Step:
        """Take note of what is known now, and say whether to ask."""
        if seen.phase is None:
            return Step.WAIT
        if seen.phase.is_terminal:
            return Step.OVER
        if not seen.container_id:
            return Step.WAIT
        if seen.container_id != self._container_id:
            self._begins_anew(seen)
        if self.is_on_hold:
            return Step.WAIT
        if not isinstance(seen.state, Running):
            self.verdict = Verdict.FAILURE
            has_ended = isinstance(seen.state, Terminated)
            return Step.OVER if has_ended and not seen.may_run_again else Step.WAIT
        return self._sees_running(seen)

    def answered(self, result: Result) -> bool:
        """Count an answer, and return whether that changed the verdict.

        `UNKNOWN` means that the probe could not be asked, and counts for nothing.
        """
        if result is Result.UNKNOWN:
            return False
        answer = Verdict.FAILURE if result is Result.FAILURE else Verdict.SUCCESS
        self._run = self._run + 1 if answer is self._last else 1
        self._last = answer
        if self._run < self._threshold(answer):
            return False
        before, self.verdict = self.verdict, answer
        is_failed_liveness = self.kind is ProbeKind.LIVENESS and answer is Verdict.FAILURE
        if is_failed_liveness or self.kind is ProbeKind.STARTUP:
            self.is_on_hold = True
            self._run = 0
        return answer is not before

    def _sees_running(self, seen: Seen) -> Step:
        is_readiness = self.kind is ProbeKind.READINESS
        if seen.is_deleting and not is_readiness:
            self.verdict = Verdict.SUCCESS
            return Step.OVER
        if int(seen.seconds_since_started) < self.probe.initial_delay_seconds:
            return Step.WAIT
        is_startup = self.kind is ProbeKind.STARTUP
        return Step.WAIT if seen.is_started == is_startup else Step.ASK

    def _begins_anew(self, seen: Seen) -> None:
        self._container_id = seen.container_id
        self._last = None
        self._run = 0
        self.is_on_hold = False
        if not seen.is_carried_over:
            self.verdict = _INITIAL[self.kind]
        elif self.kind is ProbeKind.STARTUP and self.is_sidecar and seen.is_started:
            self.verdict = Verdict.SUCCESS
        else:
            self.verdict = None

    def _threshold(self, answer: Verdict) -> int:
        is_failure = answer is Verdict.FAILURE
        return self.probe.failure_threshold if is_failure else self.probe.success_threshold


def is_error(outcome: Outcome) -> bool:
    """Whether a probe could not be asked: it is asked again, `MAXIMUM_TRIES` times in all."""
    return outcome.result is Result.UNKNOWN and outcome.message != ""


def counted(outcome: Outcome) -> Outcome:
    """What an outcome counts as: not to know, and not to know of an error, is failure."""
    if outcome.result is Result.UNKNOWN and not is_error(outcome):
        return attrs.evolve(outcome, result=Result.FAILURE)
    return outcome


def is_started(
    state: ContainerState | None,
    *,
    has_probe: bool,
    verdict: Verdict | None,
    was_started: bool = False,
) -> bool:
    """Whether a container counts as started.

    Args:
        state: Its state.
        has_probe: It has a startup probe that is asked.
        verdict: That probe's; None if there is none yet.
        was_started: An earlier engine left it running, and started.
    """
    if not isinstance(state, Running):
        return False
    if verdict is not None:
        return verdict is Verdict.SUCCESS
    return was_started or not has_probe


def is_ready(
    state: ContainerState | None,
    *,
    is_started: bool,
    has_probe: bool,
    verdict: Verdict | None,
    was_ready: bool = False,
) -> bool:
    """Whether an app or a sidecar counts as ready.

    Args:
        state: Its state.
        is_started: What `is_started` says.
        has_probe: It has a readiness probe that is asked.
        verdict: That probe's; None if there is none yet.
        was_ready: An earlier engine left it running, and ready.
    """
    if not (is_started and isinstance(state, Running)):
        return False
    if verdict is not None:
        return verdict is Verdict.SUCCESS
    return was_ready or not has_probe


def is_init_ready(state: ContainerState | None) -> bool:
    """Whether an init container that is no sidecar counts as ready: it has succeeded."""
    return isinstance(state, Terminated) and state.exit_code == 0


def probe_workers(spec: PodSpec) -> Iterator[tuple[str, ProbeKind]]:
    """The name of the container and the kind of every probe of a pod that is asked.

    Those of apps and sidecars are; other init containers have none.
    """
    sidecars = (each for each in spec.init_containers if is_sidecar(each))
    for container in (*sidecars, *spec.containers):
        for kind, _ in probes(container):
            yield container.name, kind
