"""Engines for the tests that ask for one: each is started once a session, when first wanted.

A test that cannot run here, because the machine lacks the programs, is left out, and what is
lacking is named in the summary. Whoever asks for an engine has the mark `container_engine`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import pytest

from tests.machine import lacks
from tests.plugins.docker.engine import KINDS, Engine, Kind
from tests.plugins.docker.engines import engine_of, lacking
from tests.plugins.docker.images import PYTHON, SMALL_IMAGES, load_image
from tests.plugins.docker.layers import lacking_programs

_MARK: Final = "container_engine"
_FIXTURES: Final = {"docker", "podman", "engine"}
_LACKING: Final = {kind: [*lacking(kind), *lacking_programs()] for kind in KINDS}
_FOUND: Final = [kind for kind in KINDS if not _LACKING[kind]]


@pytest.fixture(scope="session")
def docker() -> Iterator[Engine]:
    """A Docker Engine with the small images."""
    yield from _with_images("docker")


@pytest.fixture(scope="session")
def podman() -> Iterator[Engine]:
    """A Podman with the small images."""
    yield from _with_images("podman")


@pytest.fixture(scope="session", params=_FOUND)
def engine(request: pytest.FixtureRequest) -> Engine:
    """One of them: a test that asks for it runs on each."""
    found: Engine = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def python_image(engine: Engine) -> str:
    """The name of the image the scenarios use; the engine has it."""
    load_image(engine, PYTHON)
    return PYTHON.reference


@pytest.fixture(autouse=True)
def _no_container_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test after which an engine it asked for has a container, or does not run."""
    asked = sorted(_FIXTURES & set(request.fixturenames))
    engines: list[Engine] = [request.getfixturevalue(name) for name in asked]
    yield
    for each in engines:
        was_running = each.answers()
        if not was_running:
            each.start()
        left = [container["Names"] for container in each.containers()]
        each.remove_containers()
        assert was_running, f"{each.kind} was left stopped"
        assert left == []


def pytest_itemcollected(item: pytest.Function) -> None:
    """Mark the tests that ask for an engine."""
    if _FIXTURES & set(item.fixturenames):
        item.add_marker(_MARK)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run here, and name what is lacking."""
    asking = [item for item in items if item.get_closest_marker(_MARK)]
    wanted = {kind for item in asking for kind in _wanted_by(item)}
    for what in [each for kind in KINDS if kind in wanted for each in _LACKING[kind]]:
        lacks(what)
    left_out = [item for item in asking if not _can_run(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _wanted_by(item: pytest.Item) -> Collection[Kind]:
    """The kinds of engine a test is for, found or not."""
    names = _fixtures_of(item)
    return KINDS if "engine" in names else [kind for kind in KINDS if kind in names]


def _can_run(item: pytest.Item) -> bool:
    names = _fixtures_of(item)
    return all(kind in _FOUND for kind in KINDS if kind in names) and (
        bool(_FOUND) or "engine" not in names
    )


def _fixtures_of(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []


def _with_images(kind: Kind) -> Iterator[Engine]:
    with engine_of(kind) as started:
        for image in SMALL_IMAGES:
            load_image(started, image)
        yield started
