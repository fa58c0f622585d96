"""`seedpod.run` and the names of the package, for scripts."""

from __future__ import annotations

from typing import Literal

import pytest

import seedpod
from seedpod.errors import PodFailedError
from seedpod.status import Phase
from tests.cli.shell import pod


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_one_call_runs_one_pod(backend: Literal["asyncio", "trio"]) -> None:
    assert seedpod.run(pod(web="true"), backend=backend).phase is Phase.SUCCEEDED


def test_a_pod_that_fails_is_an_error_only_if_that_was_asked() -> None:
    text = pod(web="exit 3")
    status = seedpod.run(text)
    assert status.phase is Phase.FAILED
    with pytest.raises(PodFailedError, match="pod default/demo is Failed"):
        seedpod.run(text, check=True)


def test_a_pod_that_was_loaded_can_be_run() -> None:
    [loaded] = seedpod.load(pod(web="true"))
    assert seedpod.run(loaded, check=True).phase is Phase.SUCCEEDED


def test_the_settings_beside_the_pod_are_there() -> None:
    settings = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: words}\ndata: {WORD: hi}\n"
    web = pod(web="test $WORD = hi")
    text = web + "    envFrom: [{configMapRef: {name: words}}]\n" + settings
    assert seedpod.run(text).phase is Phase.SUCCEEDED


def test_several_pods_are_too_many() -> None:
    with pytest.raises(ValueError, match="2 pods: wanted exactly one"):
        seedpod.run(pod("a", web="true") + "---\n" + pod("b", web="true"))


@pytest.mark.parametrize("name", seedpod.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(seedpod, name).__name__ == name
    assert name in dir(seedpod)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Kubelet'"):
        _ = seedpod.Kubelet  # type: ignore[attr-defined]
