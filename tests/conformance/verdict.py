"""What is to be said of one run of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from tests.conformance.chosen_executor import ChosenExecutor
from tests.conformance.differences_page import DifferencesPage
from tests.conformance.golden_comparison import Reported, comparison
from tests.conformance.golden_record import GoldenRecord
from tests.conformance.runner import Run
from tests.conformance.scenario_check import evaluate
from tests.conformance.scenario_file import MOUNT_ROOT, Scenario


@attrs.frozen(kw_only=True)
class Verdict:
    """Whether a run was as it should be, and if not, why."""

    problems: tuple[str, ...]
    """What was not as it should be; empty if all was."""
    allowed: frozenset[str] = frozenset()
    """The ids of listed differences from Kubernetes that were needed."""
    story: str = ""
    """What happened: the lifecycle log, the events, what the containers wrote."""


def verdict(
    scenario: Scenario,
    run: Run,
    record: GoldenRecord | None,
    page: DifferencesPage,
    executor: ChosenExecutor,
) -> Verdict:
    """Judge *run* by the scenario's expectations, and by what a kubelet did, if that is known."""
    problems, evidence, story = [*run.problems], run.evidence, story_of(run)
    if evidence is None:
        return Verdict(problems=tuple(problems), story=story)
    problems += [str(each) for each in evaluate(scenario.expectations, evidence)]
    if record is None:
        return Verdict(problems=tuple(problems), story=story)
    reported = Reported(
        pod=evidence.pod,
        events=evidence.events,
        is_sample=run.is_sample,
        has_images=executor.has_images,
        replaced={run.mount_root: MOUNT_ROOT},
    )
    compared = comparison(record, reported, page.rows_at(executor.isolation))
    problems += compared.differences
    return Verdict(problems=tuple(problems), allowed=compared.allowed, story=story)


def story_of(run: Run) -> str:
    """What happened in a run, for who wants to know why it went as it did."""
    told = ["lifecycle log:", run.log]
    if run.evidence is not None:
        told += ["events:", *(_told(event) for event in run.evidence.events)]
        for name, text in (run.evidence.output or {}).items():
            if text:
                told += [f"output of {name}:", text]
    return "\n".join(told)


def _told(event: Mapping[str, Any]) -> str:
    return f"{event['time']:.6f} {event['container']} {event['reason']}: {event['message']}"
