"""What can be chosen on the command line for scenarios."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from tests.machine import lacking

BACKENDS: Final = ("trio", "asyncio")
OWN_SCENARIOS: Final = Path(__file__).parent / "scenarios"
OWN_GOLDEN: Final = Path(__file__).parent / "golden"


@attrs.frozen(kw_only=True)
class ScenarioOptions:
    """The choices for one session."""

    scenarios: Path
    golden: Path | None
    """Where it is written what a kubelet reported; None: that is not compared."""
    executor: str
    isolations: tuple[str | None, ...] = (None,)
    """The levels of isolation it runs them at, one after the other; None: it has no levels."""
    backends: tuple[str, ...]
    jobs: int
    """How many scenarios run at a time."""
    repeat: int
    """How often each scenario runs."""
    is_busy: bool
    """Whether all cores are kept busy meanwhile."""


def add_options(parser: pytest.Parser) -> None:
    """Declare the options; to be called by `pytest_addoption`."""
    group = parser.getgroup("scenarios")
    group.addoption(
        "--scenarios", type=_folder, metavar="DIR", help="a folder of scenarios (*.yaml) to run"
    )
    group.addoption(
        "--golden", type=_folder, metavar="DIR", help="what a kubelet reported for them (*.json)"
    )
    group.addoption(
        "--executor", type=_executor, metavar="NAME", help="what runs them: subprocess (default)"
    )
    group.addoption(
        "--isolation",
        choices=("none", "view"),
        help="at which level, if the executor has levels; default: each that works here",
    )
    group.addoption("--backend", choices=BACKENDS, help="one event loop only; default: each")
    group.addoption("--jobs", type=_count, metavar="N", help="how many at a time (default 8)")
    group.addoption("--repeat", type=_count, metavar="N", help="how often each (default once)")
    group.addoption("--busy", action="store_true", help="keep all cores busy meanwhile")


def options_of(config: pytest.Config) -> ScenarioOptions:
    """What was chosen; the project's own folders, each loop and `subprocess` by default.

    Raises:
        pytest.UsageError: The executor does not have the level of isolation that was chosen.
    """

    def chosen(name: str, default: Any) -> Any:
        return config.getoption(name, None) or default

    scenarios = chosen("scenarios", None)
    own_golden = None if scenarios else OWN_GOLDEN
    backend = chosen("backend", None)
    executor = chosen("executor", "subprocess")
    return ScenarioOptions(
        scenarios=scenarios or OWN_SCENARIOS,
        golden=chosen("golden", own_golden),
        executor=executor,
        isolations=_isolations(executor, chosen("isolation", None)),
        backends=(backend,) if backend else BACKENDS,
        jobs=chosen("jobs", 8),
        repeat=chosen("repeat", 1),
        is_busy=chosen("busy", False),
    )


def _isolations(executor: str, chosen: str | None) -> tuple[str | None, ...]:
    """The levels of isolation to run at; what this machine lacks for one is noted."""
    from seedpod.executors import executor_options
    from tests.executors.views import has_views, levels

    if "isolation" not in executor_options(executor):
        if chosen is not None:
            raise pytest.UsageError(f"--isolation {chosen}: {executor} has no levels of isolation")
        return (None,)
    if chosen is None:
        return levels()
    if chosen == "view" and not has_views():
        raise pytest.UsageError(f"--isolation view: {'; '.join(lacking())}")
    return (chosen,)


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text}: there is no such directory")
    return path.resolve()


def _executor(text: str) -> str:
    if text == "fake":
        raise argparse.ArgumentTypeError(
            "fake: plays scripts of a test instead of running the commands of a scenario;"
            " wanted an executor that runs them, such as subprocess"
        )
    from seedpod.errors import ExecutorNotFoundError
    from seedpod.executors import executor_options

    try:
        executor_options(text)
    except ExecutorNotFoundError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: wanted a number that is at least 1")
    return int(text)
