"""What the executor is measured beside asks an engine for exactly what the executor asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

import seedpod
from benchmarks.docker_by_hand import ByHand
from benchmarks.w13_docker import ENDS, pods
from seedpod_docker import DockerExecutor
from seedpod_docker._api import Api
from tests.plugins.docker.engine import Engine

_OF_ONE_POD = re.compile(
    r"[0-9a-f]{64}"  # the id of a container
    r"|[0-9a-f]{8}-[0-9a-f-]{27}"  # the uid of the pod
    r"|(?<=_)[0-9a-f]{12}(?=_)"  # the mark in a name
    r"|(?<=\.incarnation\": \")[0-9a-f]{16}"
    r"|(?<=\"Source\": \")[^\"]+"  # the file for last words
)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every call to an engine, as it is made, without what is of one pod alone."""
    made: list[str] = []
    for name in ("call", "raw"):
        monkeypatch.setattr(Api, name, _recording(made, getattr(Api, name)))
    monkeypatch.setattr("seedpod_docker._images._MOMENT", 0)  # look at the image for every pod
    return made


def test_the_floor_makes_the_calls_of_a_pod(
    docker: Engine, backend: str, calls: list[str], tmp_path: Path
) -> None:
    last_words = tmp_path / "last-words"
    last_words.touch()
    first, pod = pods(2, ENDS)

    async def through_engine() -> list[str]:
        async with seedpod.Engine(DockerExecutor(host=docker.url)) as engine:
            await engine.start_soon(first).wait()  # makes the image of sandboxes
            calls.clear()
            await engine.start_soon(pod).wait()
            return [*calls]

    async def by_hand() -> list[str]:
        async with ByHand.connected(docker.url, last_words) as hand:
            calls.clear()
            assert await hand.run(pod) == 0
            return [*calls]

    expected = anyio.run(through_engine, backend=backend)
    assert expected
    assert anyio.run(by_hand, backend=backend) == expected


def _recording(made: list[str], original: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(api: Api, *arguments: Any, **named: Any) -> Any:
        made.append(_OF_ONE_POD.sub("...", json.dumps([*arguments, named], sort_keys=True)))
        return original(api, *arguments, **named)

    return recorded
