"""What the pages say of the docker executor is what it does, on each engine."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

import pytest

from seedpod.executors import executor_options
from tests.docs.pages import ROOT, Block, blocks
from tests.docs.running import moved, run, told
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.images import Image, load_image
from tests.plugins.docker.layers import small_layer

_BUSYBOX: Final = Image(reference="docker.io/library/busybox:1.37", layer=small_layer)
"""What the examples call by this name."""
_PAGE: Final = "run-on-docker.md"


def _clone_for(engine: Engine, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands for the root of a clone; its examples find *engine*, which has their image."""
    load_image(engine, _BUSYBOX)
    monkeypatch.setenv("DOCKER_HOST", engine.url)
    return moved(directory)


def _shown() -> Block:
    """The run that the page shows."""
    [block] = [each for each in blocks("console") if each.page.name == _PAGE and each.output]
    return block


def test_a_run_prints_what_the_page_shows(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    clone = _clone_for(engine, tmp_path, monkeypatch)
    block = _shown()
    _, *arguments = shlex.split(block.commands[-1])
    done = run(["-m", "seedpod", *arguments, "--backend", backend], clone)
    assert told(done.stdout, tmp_path) == told("\n".join(block.output), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_init_process_passes_on_the_stop_signal(
    docker: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    clone = _clone_for(docker, tmp_path, monkeypatch)
    done = run(["docs/examples/with_init.py", backend], clone)
    assert (done.stdout, done.stderr) == ("143\n", "")


def test_every_option_is_in_the_reference() -> None:
    page = (ROOT / "docs/reference/api.md").read_text()
    section = page.partition("## The docker executor\n")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert listed == [*executor_options("docker")]
