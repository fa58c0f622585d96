"""The examples in Python run, on both loops."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.running import environment, moved, run
from tests.executors.processes import becomes

_PRINTS = {
    "lifespan.py": ["serving beside default/web", "served"],
    "stopping.py": ["stopped: 143", "hurried: 143", "cancelled: 143"],
    "apply.py": ['CreateContainerConfigError configmap "settings" not found', "good morning"],
    "following.py": ["be kind", "be brave", "good morning"],
    "changing.py": [
        "Failed Evicted",
        "Normal Killing 1 Container web definition changed, will be restarted",
        "Normal Created 2 Container created",
        "Normal Started 2 Container started",
        "Warning Evicted 1 The machine is short of memory.",
        "Normal Killing 1 Stopping container web",
    ],
}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return moved(tmp_path)


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_ten_lines_embed_the_engine(clone: Path, loop: str) -> None:
    done = run([f"docs/examples/embed_{loop}.py"], clone)
    assert (done.stdout.splitlines(), done.stderr) == (["2/2 Running", "Failed"], "")


def test_a_script_runs_a_pod_in_one_call(clone: Path) -> None:
    done = run(["docs/examples/script.py"], clone)
    assert (done.stdout.splitlines(), done.stderr) == (["Failed", "fails 1", "succeeds 0"], "")


@pytest.mark.parametrize("name", sorted(_PRINTS))
def test_a_program_prints_what_it_should(clone: Path, name: str, backend: str) -> None:
    done = run([f"docs/examples/{name}", backend], clone)
    assert (done.stdout.splitlines(), done.stderr) == (_PRINTS[name], "")


def test_what_is_guarded_goes_with_a_process_that_is_killed(clone: Path, backend: str) -> None:
    thing = clone.parent / "thing"
    with subprocess.Popen(
        [sys.executable, "docs/examples/guarded.py", backend],
        cwd=clone,
        env=environment(clone),
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"made\n"
        assert thing.exists()
        process.kill()
    assert becomes(lambda: not thing.exists(), within=10)


def test_the_tests_a_reader_would_write_pass(clone: Path) -> None:
    """Of the contract, those about exit codes: all of it is told to the executor it wraps."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"),
            *("-c", os.devnull, "--rootdir", str(clone), "--import-mode=prepend"),
            *("docs/examples", "-k", "not contract or has_its_exit_code", "-W", "error"),
        ],
        cwd=clone,
        env=environment(clone),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
