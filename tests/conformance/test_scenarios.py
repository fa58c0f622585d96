"""Every scenario goes as its file expects, and ends as a kubelet's did.

    pytest tests/conformance --scenarios DIR --golden DIR --executor NAME --backend NAME

All scenarios that are selected run together, several at a time, when the first of them is asked
for: most of their time they wait. With `--repeat N --busy` each runs N times while every core is
kept busy.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import pytest

from tests.conformance.batch import Batch, Standing
from tests.conformance.scenario_file import Scenario
from tests.conformance.scenario_options import options_of
from tests.conformance.scenario_table import ScenarioTable
from tests.leaks import left_since, possessions

_BATCH: Final = pytest.StashKey[Batch]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each scenario and event loop."""
    if metafunc.function is not test_scenario:
        return
    batch = _batch(metafunc.config)
    net = pytest.mark.timeout(_longest(batch))
    metafunc.parametrize(
        ("loop", "scenario"),
        [
            pytest.param(loop, scenario, id=f"{loop}-{scenario.id}", marks=net)
            for loop in batch.options.backends
            for scenario in batch.runnable
        ],
    )


@pytest.fixture(scope="session")
def batch(request: pytest.FixtureRequest) -> Batch:
    """The batch, after everything that is selected has run, and left nothing behind."""
    batch = _batch(request.config)
    selected = defaultdict[str, list[Scenario]](list)
    for item in request.session.items:
        if isinstance(item, pytest.Function) and item.originalname == test_scenario.__name__:
            chosen: dict[str, Any] = item.callspec.params
            selected[chosen["loop"]].append(chosen["scenario"])
    before = possessions()
    for loop in batch.options.backends:
        scenarios = sorted(selected[loop], key=lambda scenario: scenario.id)
        if scenarios:
            _say(request.config, f"{loop}: {len(scenarios)} scenarios")
            batch.run(loop, scenarios)
    left = left_since(before)
    assert not left, f"left behind: {'; '.join(left)}"
    return batch


def test_scenario(batch: Batch, loop: str, scenario: Scenario) -> None:
    result = batch.results[loop, scenario.id]
    if result.standing is Standing.FAILED:
        told = next((each for each in result.runs if each.problems), result.runs[0])
        pytest.fail("\n".join([*result.reasons, "", told.story]), pytrace=False)


def _batch(config: pytest.Config) -> Batch:
    """The one batch of a session; its table is written at the end."""
    if _BATCH not in config.stash:
        config.stash[_BATCH] = batch = Batch.of(options_of(config))
        config.pluginmanager.register(ScenarioTable(batch))
    return config.stash[_BATCH]


def _longest(batch: Batch) -> float:
    """A net, not a measure: the seconds after which the first test, which runs all, is given up."""
    options = batch.options
    each = sum(scenario.timeout for scenario in batch.runnable) * options.repeat
    return 120 + len(options.backends) * each / options.jobs


def _say(config: pytest.Config, what: str) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")
    if reporter is not None and capture is not None:
        with capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(what)
