"""`seedpod sweep`, of an executor that leaves something; with real ones: tests/plugins."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from seedpod import executors
from seedpod.cli import main
from tests.cli import plugin
from tests.cli.shell import ROOT, seedpod

_SHOP = "container web of pod default/shop (process 4711, which has ended)"
_BANK = "sandbox of pod default/bank (process 12, which has ended)"


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path) -> None:
    plugin.install(tmp_path)


def _sweep(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = {"PYTHONPATH": f"{ROOT / 'engine'}:{directory}", "XDG_STATE_HOME": str(directory)}
    return seedpod("sweep", "--executor", "leaving", *arguments, **paths)


def test_what_is_left_is_removed_and_what_is_kept_is_named(tmp_path: Path) -> None:
    swept = _sweep(tmp_path)
    kept = f"kept {_BANK}; --kept removes it\n"
    assert (swept.returncode, swept.stderr) == (0, "")
    assert swept.stdout == f"removed {_SHOP}\n{kept}"
    assert _sweep(tmp_path).stdout == kept


def test_what_is_kept_is_removed_on_demand(tmp_path: Path) -> None:
    assert _sweep(tmp_path, "--kept").stdout == f"removed {_SHOP}\nremoved {_BANK}\n"
    swept = _sweep(tmp_path, "--kept")
    assert (swept.returncode, swept.stdout) == (0, "nothing to sweep\n")


def test_a_dry_run_removes_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        swept = _sweep(tmp_path, "--dry-run")
        assert swept.stdout == f"would remove {_SHOP}\nkept {_BANK}; --kept removes it\n"
    swept = _sweep(tmp_path, "--dry-run", "--kept")
    assert swept.stdout == f"would remove {_SHOP}\nwould remove {_BANK}\n"


def test_a_program_reads_what_became_of_what(tmp_path: Path) -> None:
    swept = _sweep(tmp_path, "-o", "json")
    assert json.loads(swept.stdout) == [
        {
            "name": "container web of pod default/shop",
            "owner": "process 4711, which has ended",
            "isKept": False,
            "isRemoved": True,
        },
        {
            "name": "sandbox of pod default/bank",
            "owner": "process 12, which has ended",
            "isKept": True,
            "isRemoved": False,
        },
    ]


def test_an_executor_that_cannot_is_one_line(tmp_path: Path) -> None:
    swept = _sweep(tmp_path, "--host", "tcp://nowhere:1")
    assert (swept.returncode, swept.stdout) == (2, "")
    assert swept.stderr == "seedpod: executor leaving: nobody answers at tcp://nowhere:1\n"


def test_a_place_that_cannot_be_looked_at_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "seedpod/locks/u-1"
    lock.mkdir(parents=True)
    swept = _sweep(tmp_path, "--kept")
    assert (swept.returncode, swept.stdout) == (2, "")
    assert swept.stderr == f"Error: {lock}: Is a directory\n"


def test_what_a_pod_without_a_directory_has_left_is_forgotten(tmp_path: Path) -> None:
    lock = tmp_path / "seedpod/locks/u-1"
    lock.parent.mkdir(parents=True)
    lock.touch()
    assert _sweep(tmp_path, "--kept").returncode == 0
    assert not lock.exists()


def test_an_executor_that_leaves_nothing_is_refused_by_name() -> None:
    swept = seedpod("sweep", "--executor", "subprocess", "--kept")
    assert (swept.returncode, swept.stdout) == (2, "")
    assert swept.stderr.splitlines()[-1] == (
        "Error: executor subprocess leaves nothing to sweep: "
        "a guard process ends what its host leaves"
    )


def test_a_plugin_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(executors, "_declared", dict)
    assert main(["sweep"]) == 2
    told = "no executor is named 'docker'; installed: none"
    assert capsys.readouterr().err == (
        f"seedpod: {told}; install it with: pip install seedpod-docker\n"
    )
