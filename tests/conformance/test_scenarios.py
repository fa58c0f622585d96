"""Every scenario goes as its file expects, and ends as a kubelet's did.

    pytest tests/conformance --scenarios DIR --golden DIR --executor NAME --isolation LEVEL \
        --backend NAME

All scenarios that are selected run together, several at a time, when the first of them is asked
for: most of their time they wait. They run at each level of isolation the executor has, and on
each loop. With `--repeat N --busy` each runs N times while every core is
kept busy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import pytest

from tests.conformance.batch import Batch, Standing
from tests.conformance.scenario_file import Scenario
from tests.conformance.scenario_options import options_of
from tests.conformance.scenario_table import ScenarioTable
from tests.leaks import left_since, possessions

_Batches: TypeAlias = Mapping[str | None, Batch]
"""By level of isolation."""
_BATCHES: Final = pytest.StashKey[_Batches]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each scenario, level of isolation and event loop."""
    if metafunc.function is not test_scenario:
        return
    batches = _batches(metafunc.config)
    net = pytest.mark.timeout(sum(map(_longest, batches.values())))
    metafunc.parametrize(
        ("level", "loop", "scenario"),
        [
            pytest.param(level, loop, scenario, id=_id(level, loop, scenario), marks=net)
            for level, batch in batches.items()
            for loop in batch.options.backends
            for scenario in batch.runnable
        ],
    )


@pytest.fixture(scope="session")
def batches(request: pytest.FixtureRequest) -> _Batches:
    """The batches, after everything that is selected has run, and left nothing behind."""
    batches = _batches(request.config)
    selected = defaultdict[tuple[str | None, str], list[Scenario]](list)
    for item in request.session.items:
        if isinstance(item, pytest.Function) and item.originalname == test_scenario.__name__:
            chosen: dict[str, Any] = item.callspec.params
            selected[chosen["level"], chosen["loop"]].append(chosen["scenario"])
    before = possessions()
    for level, batch in batches.items():
        for loop in batch.options.backends:
            scenarios = sorted(selected[level, loop], key=lambda scenario: scenario.id)
            if scenarios:
                title = batch.executor.title
                _say(request.config, f"{title}, on {loop}: {len(scenarios)} scenarios")
                batch.run(loop, scenarios)
    left = left_since(before)
    assert not left, f"left behind: {'; '.join(left)}"
    return batches


def test_scenario(batches: _Batches, level: str | None, loop: str, scenario: Scenario) -> None:
    result = batches[level].results[loop, scenario.id]
    if result.standing is Standing.FAILED:
        told = next((each for each in result.runs if each.problems), result.runs[0])
        pytest.fail("\n".join([*result.reasons, "", told.story]), pytrace=False)


def _batches(config: pytest.Config) -> _Batches:
    """The batches of a session; a table of each is written at the end."""
    if _BATCHES not in config.stash:
        options = options_of(config)
        batches = {level: Batch.of(options, level) for level in options.isolations}
        config.stash[_BATCHES] = batches
        for batch in reversed(batches.values()):  # who is registered last is asked first
            config.pluginmanager.register(ScenarioTable(batch))
    return config.stash[_BATCHES]


def _id(level: str | None, loop: str, scenario: Scenario) -> str:
    return "-".join(filter(None, (level, loop, scenario.id)))


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
