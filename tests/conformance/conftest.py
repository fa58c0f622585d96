"""What is asked of the project: its own vectors and scenarios, or those of a folder that is given.

pytest tests/conformance --vectors DIR
pytest tests/conformance --scenarios DIR --golden DIR --executor NAME --isolation LEVEL \
       --backend NAME
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import pytest

from tests.conformance import scenario_options
from tests.conformance.tally import Tally

pytest.register_assert_rewrite("tests.conformance.checks")

_HERE: Final = Path(__file__).parent
_ANSWERED_IN: Final = {"vectors": "test_vectors.py", "scenarios": "test_scenarios.py"}
"""By option that gives a folder: the one file that is about it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what can be chosen on the command line."""
    group = parser.getgroup("vectors")
    group.addoption(
        "--vectors", type=_folder, metavar="DIR", help="a folder of vectors (*.json) to ask"
    )
    scenario_options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Count what becomes of the vectors; refuse at once what cannot be chosen."""
    if config.getoption("isolation", None):
        scenario_options.options_of(config)
    config.pluginmanager.register(Tally(), "tally of vectors")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With a folder given, leave out the conformance tests that are not about it."""
    about = [file for option, file in _ANSWERED_IN.items() if config.getoption(option, None)]
    if not about:
        return

    def is_wanted(item: pytest.Item) -> bool:
        return item.path.parent != _HERE or item.path.name in about

    config.hook.pytest_deselected(items=[item for item in items if not is_wanted(item)])
    items[:] = filter(is_wanted, items)


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text}: there is no such directory")
    return path.resolve()
