"""When a probe is asked, and what its answers amount to."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs
import pytest

from seedpod._core.probes import probes
from seedpod._core.probing import (
    ProbeWorker,
    Seen,
    Step,
    Verdict,
    counted,
    is_error,
    is_init_ready,
    is_ready,
    is_started,
    probe_workers,
)
from seedpod.spec import Container, PodSpec, Probe
from seedpod.spec.words import ProbeKind
from seedpod.status import (
    ContainerState,
    Outcome,
    Phase,
    Result,
    Running,
    Terminated,
    Waiting,
)

STARTUP, READINESS, LIVENESS = ProbeKind.STARTUP, ProbeKind.READINESS, ProbeKind.LIVENESS
RUNNING = Running(datetime(2026, 1, 1, tzinfo=UTC))
SEEN = Seen(phase=Phase.RUNNING, state=RUNNING, container_id="1", is_started=True)
STARTING = attrs.evolve(SEEN, is_started=False)
ANOTHER = attrs.evolve(SEEN, container_id="2")
INITIAL = {STARTUP: Verdict.UNKNOWN, READINESS: Verdict.FAILURE, LIVENESS: Verdict.SUCCESS}
YES, NO = Result.SUCCESS, Result.FAILURE


def worker(
    kind: ProbeKind, *, delay: int = 0, yes: int = 1, no: int = 1, is_sidecar: bool = False
) -> ProbeWorker:
    probe = Probe(initial_delay_seconds=delay, success_threshold=yes, failure_threshold=no)
    return ProbeWorker(kind, probe, is_sidecar)


def answers(asked: ProbeWorker, *results: Result) -> list[Verdict | None]:
    """The verdict after each of these answers, of a container that goes on running."""
    verdicts: list[Verdict | None] = []
    for result in results:
        seen = STARTING if asked.kind is STARTUP else SEEN
        if asked.sees(seen) is Step.ASK:
            asked.answered(result)
        verdicts.append(asked.verdict)
    return verdicts


@pytest.mark.parametrize("kind", ProbeKind)
def test_what_is_not_known_is_waited_for(kind: ProbeKind) -> None:
    asked = worker(kind)
    assert asked.sees(Seen(phase=None)) is Step.WAIT
    assert asked.sees(Seen(phase=Phase.PENDING)) is Step.WAIT
    assert asked.verdict is None


@pytest.mark.parametrize("kind", ProbeKind)
@pytest.mark.parametrize("phase", [Phase.SUCCEEDED, Phase.FAILED])
def test_a_pod_that_is_over_is_not_asked_any_more(kind: ProbeKind, phase: Phase) -> None:
    asked = worker(kind)
    assert asked.sees(attrs.evolve(SEEN, phase=phase)) is Step.OVER
    assert asked.verdict is None


@pytest.mark.parametrize(("kind", "verdict"), INITIAL.items())
def test_a_new_attempt_begins_with_a_verdict(kind: ProbeKind, verdict: Verdict) -> None:
    asked = worker(kind, delay=5)
    assert asked.sees(SEEN) is Step.WAIT
    assert asked.verdict is verdict


@pytest.mark.parametrize("kind", ProbeKind)
def test_a_container_that_does_not_run_is_a_failure(kind: ProbeKind) -> None:
    asked = worker(kind)
    ended = attrs.evolve(SEEN, state=Terminated(0))
    waiting = attrs.evolve(SEEN, state=Waiting(), may_run_again=False)
    assert asked.sees(waiting) is Step.WAIT
    assert asked.verdict is Verdict.FAILURE
    assert asked.sees(ended) is Step.WAIT
    assert asked.sees(attrs.evolve(ended, may_run_again=False)) is Step.OVER
    assert asked.verdict is Verdict.FAILURE


def test_in_a_pod_that_is_deleted_only_readiness_is_asked() -> None:
    for kind in (STARTUP, LIVENESS):
        asked = worker(kind)
        assert asked.sees(attrs.evolve(SEEN, is_deleting=True)) is Step.OVER
        assert asked.verdict is Verdict.SUCCESS
    assert worker(READINESS).sees(attrs.evolve(SEEN, is_deleting=True)) is Step.ASK


def test_the_initial_delay_is_counted_in_whole_seconds() -> None:
    asked = worker(LIVENESS, delay=5)
    assert asked.sees(attrs.evolve(SEEN, seconds_since_started=4.999)) is Step.WAIT
    assert asked.sees(attrs.evolve(SEEN, seconds_since_started=5.0)) is Step.ASK


def test_startup_is_asked_until_the_container_has_started_and_the_others_from_then_on() -> None:
    for kind in ProbeKind:
        asked = worker(kind)
        assert (asked.sees(STARTING) is Step.ASK) == (kind is STARTUP)
        assert (asked.sees(SEEN) is Step.ASK) == (kind is not STARTUP)


def test_a_verdict_takes_as_many_answers_in_a_row_as_its_threshold() -> None:
    asked = worker(READINESS, yes=2, no=3)
    assert answers(asked, YES, NO, YES, YES) == [*[Verdict.FAILURE] * 3, Verdict.SUCCESS]
    assert answers(asked, NO, NO, YES, NO, NO, NO) == [*[Verdict.SUCCESS] * 5, Verdict.FAILURE]


def test_a_warning_counts_as_success() -> None:
    assert answers(worker(READINESS), Result.WARNING) == [Verdict.SUCCESS]


def test_not_to_know_counts_for_nothing() -> None:
    asked = worker(LIVENESS, no=2)
    assert answers(asked, NO, Result.UNKNOWN, NO) == [
        Verdict.SUCCESS,
        Verdict.SUCCESS,
        Verdict.FAILURE,
    ]


def test_a_worker_says_when_its_verdict_changes() -> None:
    asked = worker(READINESS, yes=2)
    asked.sees(SEEN)
    results = (NO, YES, YES, YES, Result.UNKNOWN, NO, NO)
    assert [asked.answered(result) for result in results] == [
        False,
        False,
        True,
        False,
        False,
        True,
        False,
    ]


def test_a_failed_liveness_probe_waits_for_another_attempt() -> None:
    asked = worker(LIVENESS)
    assert answers(asked, NO) == [Verdict.FAILURE]
    assert asked.is_on_hold
    assert asked.sees(SEEN) is Step.WAIT
    assert asked.sees(attrs.evolve(SEEN, state=Terminated(1), may_run_again=False)) is Step.WAIT
    assert asked.sees(ANOTHER) is Step.ASK
    assert (asked.verdict, asked.is_on_hold) == (Verdict.SUCCESS, False)


@pytest.mark.parametrize("result", [YES, NO])
def test_a_startup_probe_that_is_decided_waits_for_another_attempt(result: Result) -> None:
    asked = worker(STARTUP)
    answers(asked, result)
    assert asked.is_on_hold
    assert asked.sees(STARTING) is Step.WAIT


def test_readiness_is_never_on_hold() -> None:
    asked = worker(READINESS)
    assert answers(asked, NO, YES, NO) == [Verdict.FAILURE, Verdict.SUCCESS, Verdict.FAILURE]
    assert not asked.is_on_hold


def test_another_attempt_is_counted_anew() -> None:
    asked = worker(LIVENESS, no=2)
    answers(asked, NO)
    assert asked.sees(ANOTHER) is Step.ASK
    assert not asked.answered(NO)
    assert asked.verdict is Verdict.SUCCESS
    assert asked.answered(NO)


def test_a_container_that_ran_before_the_engine_has_no_verdict_at_first() -> None:
    for kind in ProbeKind:
        asked = worker(kind)
        asked.sees(attrs.evolve(SEEN, is_carried_over=True))
        assert asked.verdict is None


def test_a_sidecar_that_had_started_before_the_engine_has_started() -> None:
    asked = worker(STARTUP, is_sidecar=True)
    assert asked.sees(attrs.evolve(SEEN, is_carried_over=True)) is Step.WAIT
    assert asked.verdict is Verdict.SUCCESS
    unstarted = worker(STARTUP, is_sidecar=True)
    unstarted.sees(attrs.evolve(STARTING, is_carried_over=True))
    assert unstarted.verdict is None


def test_an_error_is_asked_again_and_not_to_know_of_one_is_failure() -> None:
    error, silence = Outcome(Result.UNKNOWN, "no luck"), Outcome(Result.UNKNOWN)
    assert (is_error(error), counted(error)) == (True, error)
    assert (is_error(silence), counted(silence)) == (False, Outcome(Result.FAILURE))
    failure = Outcome(Result.FAILURE, "no")
    assert (is_error(failure), counted(failure)) == (False, failure)


@pytest.mark.parametrize(
    ("state", "has_probe", "verdict", "was_started", "expected"),
    [
        (Waiting(), False, None, False, False),
        (Terminated(0), False, Verdict.SUCCESS, True, False),
        (RUNNING, False, None, False, True),
        (RUNNING, True, None, False, False),
        (RUNNING, True, None, True, True),
        (RUNNING, True, Verdict.UNKNOWN, True, False),
        (RUNNING, True, Verdict.FAILURE, False, False),
        (RUNNING, True, Verdict.SUCCESS, False, True),
        (None, False, None, False, False),
    ],
)
def test_a_container_has_started_when_it_runs_and_its_probe_says_so(
    state: ContainerState, has_probe: bool, verdict: Verdict, was_started: bool, expected: bool
) -> None:
    found = is_started(state, has_probe=has_probe, verdict=verdict, was_started=was_started)
    assert found is expected


@pytest.mark.parametrize(
    ("state", "started", "has_probe", "verdict", "was_ready", "expected"),
    [
        (RUNNING, True, False, None, False, True),
        (RUNNING, False, False, None, False, False),
        (Terminated(0), True, False, Verdict.SUCCESS, True, False),
        (RUNNING, True, True, None, False, False),
        (RUNNING, True, True, None, True, True),
        (RUNNING, True, True, Verdict.FAILURE, True, False),
        (RUNNING, True, True, Verdict.SUCCESS, False, True),
    ],
)
def test_a_container_is_ready_when_it_has_started_and_its_probe_says_so(
    state: ContainerState,
    started: bool,
    has_probe: bool,
    verdict: Verdict,
    was_ready: bool,
    expected: bool,
) -> None:
    found = is_ready(
        state, is_started=started, has_probe=has_probe, verdict=verdict, was_ready=was_ready
    )
    assert found is expected


def test_an_init_container_is_ready_when_it_has_succeeded() -> None:
    assert is_init_ready(Terminated(0))
    assert not is_init_ready(Terminated(1))
    assert not is_init_ready(RUNNING)


def test_apps_and_sidecars_are_asked_and_other_init_containers_are_not() -> None:
    app = Container(
        name="app", startup_probe=Probe(), readiness_probe=Probe(), liveness_probe=Probe()
    )
    sidecar = Container(name="sidecar", restart_policy="Always", liveness_probe=Probe())
    spec = PodSpec(
        init_containers=(attrs.evolve(app, name="init"), sidecar),
        containers=(app, Container(name="plain")),
    )
    assert list(probe_workers(spec)) == [
        ("sidecar", LIVENESS),
        ("app", STARTUP),
        ("app", READINESS),
        ("app", LIVENESS),
    ]
    assert probes(spec.containers[1]) == ()
