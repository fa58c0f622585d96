"""All scenarios of a session at one level of isolation: on one event loop, then on the next."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from functools import cached_property

import anyio
import attrs

from tests.conformance.alone import alone
from tests.conformance.busy import busy_cores
from tests.conformance.chosen_executor import ChosenExecutor
from tests.conformance.differences_page import DifferencesPage
from tests.conformance.golden_record import GoldenRecord, records_in
from tests.conformance.runner import run_scenario
from tests.conformance.scenario_file import Scenario, scenarios_in
from tests.conformance.scenario_options import ScenarioOptions
from tests.conformance.verdict import Verdict, story_of, verdict


class Standing(StrEnum):
    """How a scenario stands after all its runs on one event loop."""

    PASSED = "passed"
    DEVIATES = "deviates"
    """It did not go as expected, and the page of differences says so."""
    FAILED = "failed"


@attrs.frozen
class Result:
    """What came of all runs of one scenario on one event loop."""

    backend: str
    scenario: Scenario
    runs: tuple[Verdict, ...]
    listed: str | None
    """Why it is to go otherwise here; None if it is not."""

    @property
    def standing(self) -> Standing:
        """A listed scenario has to deviate, as any other has to pass."""
        has_problems = any(each.problems for each in self.runs)
        if self.listed is None:
            return Standing.FAILED if has_problems else Standing.PASSED
        return Standing.DEVIATES if has_problems else Standing.FAILED

    @property
    def is_steady(self) -> bool:
        """Whether all runs went well, or none."""
        return len({bool(each.problems) for each in self.runs}) == 1

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it does not simply stand as passed."""
        found = tuple(dict.fromkeys(line for each in self.runs for line in each.problems))
        if self.listed is not None and not found:
            return ("is listed as deviating, and holds: take it off the page of differences",)
        return found


@attrs.define(eq=False, slots=False)
class Batch:
    """The scenarios at one level of isolation, and what came of those that were run."""

    options: ScenarioOptions
    executor: ChosenExecutor
    scenarios: Sequence[Scenario]
    page: DifferencesPage
    results: dict[tuple[str, str], Result] = attrs.field(factory=dict[tuple[str, str], Result])
    """By event loop and scenario."""

    @classmethod
    def of(cls, options: ScenarioOptions, isolation: str | None = None) -> Batch:
        """The batch that was chosen, at one level of isolation; nothing of it has run."""
        return cls(
            options,
            ChosenExecutor(options.executor, isolation),
            scenarios_in(options.scenarios),
            DifferencesPage.read(),
        )

    @cached_property
    def records(self) -> Mapping[str, GoldenRecord]:
        """What a kubelet did, by scenario."""
        return {} if self.options.golden is None else records_in(self.options.golden)

    @property
    def runnable(self) -> list[Scenario]:
        """The scenarios that this executor can run."""
        return [each for each in self.scenarios if not self.executor.lacks(each.requires)]

    @property
    def not_runnable(self) -> list[Scenario]:
        """The scenarios that need what this executor lacks."""
        return [each for each in self.scenarios if self.executor.lacks(each.requires)]

    def run(self, backend: str, scenarios: Iterable[Scenario]) -> None:
        """Run scenarios on one event loop, and keep what came of each."""
        chosen = [*scenarios]
        with (
            _frozen(),
            alone() if any(each.is_listening for each in chosen) else nullcontext(),
            busy_cores() if self.options.is_busy else nullcontext(),
        ):
            anyio.run(self._run_all, backend, chosen, backend=backend)

    async def _run_all(self, backend: str, scenarios: Sequence[Scenario]) -> None:
        places = anyio.Semaphore(self.options.jobs)
        async with anyio.create_task_group() as group:
            for scenario in scenarios:
                group.start_soon(self._run_one, backend, scenario, places)

    async def _run_one(self, backend: str, scenario: Scenario, places: anyio.Semaphore) -> None:
        """Run one scenario as often as wanted: in a row, for it may listen on a port."""
        async with places:
            runs = [await self._judged(scenario) for _ in range(self.options.repeat)]
        listed = self.page.scenarios.get(scenario.id)
        self.results[backend, scenario.id] = Result(backend, scenario, tuple(runs), listed)

    async def _judged(self, scenario: Scenario) -> Verdict:
        run = await run_scenario(scenario, self.executor)
        record = self.records.get(scenario.id)
        try:
            return verdict(scenario, run, record, self.page, self.executor)
        except Exception as error:  # noqa: BLE001 (an odd record fails its scenario, not all)
            return Verdict(problems=(f"cannot be judged: {error!r}",), story=story_of(run))


@contextmanager
def _frozen() -> Generator[None]:
    """A block in which garbage collection leaves alone what there is before.

    It would hold up the event loop, between two deadlines, for as long as it takes to go through
    all that a long session has gathered.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
