"""How a scenario stands after its runs, and what the table says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.batch import Batch, Result, Standing
from tests.conformance.chosen_executor import ChosenExecutor
from tests.conformance.differences_page import DifferencesPage
from tests.conformance.scenario_file import Scenario
from tests.conformance.scenario_options import ScenarioOptions
from tests.conformance.scenario_table import lines_of
from tests.conformance.verdict import Verdict

_GOOD = Verdict(problems=(), allowed=frozenset({"images"}))
_BAD = Verdict(problems=("phase is \n  'Failed'", "b", "c", "d", "e"))


def _scenario(id_: str, more: str = "") -> Scenario:
    return Scenario.of(f"{{id: {id_}, area: some{more}}}")


def _result(id_: str, *runs: Verdict, listed: str | None = None) -> Result:
    return Result("trio", _scenario(id_), runs, listed)


@pytest.mark.parametrize(
    ("runs", "listed", "standing"),
    [
        ((_GOOD, _GOOD), None, Standing.PASSED),
        ((_GOOD, _BAD), None, Standing.FAILED),
        ((_BAD, _BAD), "why", Standing.DEVIATES),
        ((_GOOD, _GOOD), "why", Standing.FAILED),
    ],
)
def test_a_listed_scenario_has_to_deviate_and_any_other_to_pass(
    runs: tuple[Verdict, ...], listed: str | None, standing: Standing
) -> None:
    assert _result("a", *runs, listed=listed).standing is standing


def test_a_listed_scenario_that_holds_is_to_be_taken_off_the_list() -> None:
    assert "take it off" in _result("a", _GOOD, listed="why").reasons[0]


def test_the_page_lists_scenarios_with_reasons(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        '| <a id="row-a"></a>row-a | x | y | z |\n## Scenarios\n\n| Scenario | Why |\n|---|---|\n'
        "| `some-bad` | It is | so. |\n## Other\n| `no` | x |\n"
    )
    read = DifferencesPage.read(page)
    assert read == DifferencesPage(frozenset({"row-a"}), {"some-bad": "It is | so."})


def test_a_row_may_be_about_one_level_of_isolation(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        '| <a id="row-a"></a>row-a | x | Subprocess executor at `none` only: y. | z |\n'
        '| <a id="row-b"></a>row-b | x | Subprocess executor at `none`: y. At `view`: y. | z |\n'
    )
    read = DifferencesPage.read(page)
    assert read.rows == read.rows_at("none") == read.rows_at(None) == {"row-a", "row-b"}
    assert read.rows_at("view") == {"row-b"}


def test_the_page_has_rows_about_plain_processes_only() -> None:
    assert {*DifferencesPage.read().only_at.items()} == {
        ("group-leftovers", "none"),
        ("termination-messages", "none"),
    }


def test_the_table_counts_and_names(tmp_path: Path) -> None:
    options = ScenarioOptions(
        scenarios=tmp_path,
        golden=None,
        executor="subprocess",
        backends=("trio",),
        jobs=1,
        repeat=2,
        is_busy=False,
    )
    scenarios = [_scenario(name) for name in "abc"]
    scenarios.append(_scenario("d", ", requires: [images]"))
    batch = Batch(
        options, ChosenExecutor("subprocess"), scenarios, DifferencesPage(frozenset(), {})
    )
    for result in (
        _result("a", _GOOD, _GOOD),
        _result("b", _GOOD, _BAD),
        _result("c", _BAD, _BAD, listed="so it is"),
    ):
        batch.results[result.backend, result.scenario.id] = result
    lines = [" ".join(line.split()) for line in lines_of(batch)]
    assert lines == [
        "passed deviates failed not run",
        "some 1 1 1 1",
        "total 1 1 1 1",
        "differences from a kubelet that are listed: images (2)",
        "not run d: needs images",
        "deviates trio c: so it is",
        "failed trio b: phase is 'Failed'; b; c; d; and 1 more",
        "unsteady trio b: 1 of 2 runs went wrong",
    ]
