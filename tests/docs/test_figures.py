"""The figures of the README are those of the conformance tests."""

from __future__ import annotations

import re

from tests.conformance.batch import Batch
from tests.conformance.differences_page import DifferencesPage
from tests.conformance.listed_rows import PAGE, listed_rows
from tests.conformance.rows import OWN_FOLDER, rows_of
from tests.conformance.scenario_options import (
    BACKENDS,
    OWN_GOLDEN,
    OWN_SCENARIOS,
    ScenarioOptions,
)
from tests.docs.pages import ROOT

_README = (ROOT / "README.md").read_text()
_TEXT = " ".join(_README.partition("## How it is checked\n")[2].partition("\n## ")[0].split())
_OPTIONS = ScenarioOptions(
    scenarios=OWN_SCENARIOS,
    golden=OWN_GOLDEN,
    executor="subprocess",
    backends=BACKENDS,
    jobs=1,
    repeat=1,
    is_busy=False,
)


def test_as_many_rows_and_scenarios_are_asked_as_the_readme_says() -> None:
    batch = Batch.of(_OPTIONS)
    pods = len(batch.runnable)
    figures = [len(rows_of(OWN_FOLDER)), pods, pods * len(BACKENDS)]
    assert [int(each) for each in re.findall(r"\b\d{3,}\b", _TEXT)] == figures
    assert len(batch.not_runnable) == 4
    assert "Four more need images" in _TEXT


def test_none_of_them_is_listed_as_different() -> None:
    assert listed_rows(PAGE.read_text()) == {}
    assert DifferencesPage.read().scenarios == {}
