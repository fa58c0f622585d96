"""What is to be said of one run of a scenario."""

from __future__ import annotations

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
    log: str = ""
    """The lifecycle log."""


def verdict(
    scenario: Scenario,
    run: Run,
    record: GoldenRecord | None,
    page: DifferencesPage,
    executor: ChosenExecutor,
) -> Verdict:
    """Judge *run* by the scenario's expectations, and by what a kubelet did, if that is known."""
    problems, evidence = [*run.problems], run.evidence
    if evidence is None:
        return Verdict(problems=tuple(problems), log=run.log)
    problems += [str(each) for each in evaluate(scenario.expectations, evidence)]
    if record is None:
        return Verdict(problems=tuple(problems), log=run.log)
    reported = Reported(
        pod=evidence.pod,
        reasons=frozenset(each["reason"] for each in evidence.events),
        is_sample=run.is_sample,
        has_images=executor.has_images,
        replaced={run.mount_root: MOUNT_ROOT},
    )
    compared = comparison(record, reported, page.rows)
    problems += compared.differences
    return Verdict(problems=tuple(problems), allowed=compared.allowed, log=run.log)
