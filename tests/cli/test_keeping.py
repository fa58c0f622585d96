"""`seedpod run --keep pods`: a pod is the same pod each time, and one process at a time has it."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path
from uuid import UUID

import pytest

from seedpod.cli.keeping import claim, known_uids, state_directory
from tests.cli import plugin
from tests.cli.shell import ROOT, pod, seedpod, write_pod


@pytest.fixture(autouse=True)
def pods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the directories of kept pods are."""
    plugin.install(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return state_directory()


def _run(file: Path | str, directory: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    asked = ("--executor", "leaving", "--keep", "pods", "-o", "json", file)
    return seedpod("run", *asked, stdin=stdin, PYTHONPATH=f"{ROOT / 'engine'}:{directory}")


def _uid(file: Path | str, directory: Path, stdin: str = "") -> str:
    ran = _run(file, directory, stdin)
    assert ran.returncode == 0, ran.stderr
    found: str = json.loads(ran.stdout)["metadata"]["uid"]
    return found


def test_the_same_manifest_of_the_same_file_is_the_same_pod(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_pod(tmp_path, pod(web="true"))
    uid = _uid(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    write_pod(tmp_path, pod(web="true").replace("{name: demo}", "\n  name: demo # as before"))
    assert _uid("pod.yaml", tmp_path) == uid
    assert UUID(uid).version == 5


def test_another_manifest_or_another_file_is_another_pod(tmp_path: Path) -> None:
    uid = _uid(write_pod(tmp_path, pod(web="true")), tmp_path)
    moved = _uid(write_pod(tmp_path, pod(web="true"), "moved.yaml"), tmp_path)
    changed = _uid(write_pod(tmp_path, pod(web="false")), tmp_path)
    assert len({uid, moved, changed}) == 3


def test_the_same_manifest_on_standard_input_is_the_same_pod(tmp_path: Path) -> None:
    first, second = (_uid("-", tmp_path, pod(web="true")) for _ in range(2))
    assert first == second


def test_a_uid_of_the_manifest_stays(tmp_path: Path) -> None:
    text = pod(web="true").replace("{name: demo}", "{name: demo, uid: my-own.1}")
    assert _uid(write_pod(tmp_path, text), tmp_path) == "my-own.1"


@pytest.mark.parametrize("uid", ["../up", ".", "a/b"])
def test_a_uid_that_cannot_name_a_directory_is_refused(tmp_path: Path, uid: str) -> None:
    text = pod(web="true").replace("{name: demo}", f"{{name: demo, uid: {uid!r}}}")
    ran = _run(write_pod(tmp_path, text), tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"pod default/demo: metadata.uid: {uid!r}: must be letters" in ran.stderr


def test_volumes_are_where_the_next_process_looks_for_them(tmp_path: Path, pods: Path) -> None:
    volume = "\n  volumes: [{name: data, emptyDir: {}}]"
    file = write_pod(tmp_path, pod(spec=volume, web="true"))
    events = tmp_path / "events.jsonl"
    ran = seedpod(
        *("run", "--executor", "leaving", "--keep", "pods", "--events", events, file),
        PYTHONPATH=f"{ROOT / 'engine'}:{tmp_path}",
    )
    assert ran.returncode == 0, ran.stderr
    uid = json.loads(events.read_text().splitlines()[0])["pod"]["uid"]
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen == [str(pods / uid)]
    assert stat.S_IMODE(pods.stat().st_mode) == stat.S_IRWXU
    assert [*pods.iterdir(), *known_uids(pods)] == []


def test_a_pod_that_another_process_has_is_refused(tmp_path: Path, pods: Path) -> None:
    file = write_pod(tmp_path, pod(web="true"))
    with claim(pods, _uid(file, tmp_path)):
        ran = _run(file, tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.endswith("pod default/demo: another seedpod is running it\n")
    assert _run(file, tmp_path).returncode == 0


def test_a_place_that_cannot_be_made_is_named(tmp_path: Path, pods: Path) -> None:
    pods.parent.parent.mkdir()
    pods.parent.write_text("no directory")
    ran = _run(write_pod(tmp_path, pod(web="true")), tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"pod default/demo cannot be kept: {pods.parent}: File exists" in ran.stderr


def test_an_executor_that_keeps_nothing_is_refused_by_name(tmp_path: Path) -> None:
    file = write_pod(tmp_path, pod(web="true"))
    ran = seedpod("run", "--executor", "subprocess", "--keep", "pods", file)
    assert ran.returncode == 2
    assert "executor subprocess has no option --keep" in ran.stderr


@pytest.mark.parametrize("chosen", ["", "relative/path"])
def test_without_a_place_of_ones_own_it_is_below_the_home_directory(
    monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", chosen)
    monkeypatch.setenv("HOME", "/home/ada")
    assert state_directory() == Path("/home/ada/.local/state/seedpod/pods")
