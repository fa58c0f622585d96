"""A user's mistake: a message a person can act on, exit code 2, no traceback, nothing started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from seedpod.cli import main
from seedpod.executors.subprocess import _executor
from tests.cli.shell import environment, pod, seedpod, write_pod

MALFORMED = sorted((Path(__file__).parents[1] / "manifests" / "malformed").glob("*.yaml"))


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize("path", MALFORMED, ids=lambda path: path.stem)
def test_a_malformed_manifest_is_explained(
    command: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = path.read_text().splitlines()
    expected = [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]
    assert main([command, str(path)]) == 2
    said = capsys.readouterr()
    assert said.err.splitlines() == [f"{path}: {line}" for line in expected]
    assert said.out == ""


def test_a_malformed_manifest_is_exit_code_2_of_the_process() -> None:
    ran = seedpod("run", MALFORMED[0])
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(str(MALFORMED[0]))
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Missing argument 'FILE...'"),
        (("missing.yaml",), "missing.yaml: cannot be read: No such file or directory"),
        (("/tmp",), "/tmp: cannot be read: Is a directory"),
        (("pod.yaml", "--executor", "submarine"), "no executor is named 'submarine'; installed: "),
        (
            ("pod.yaml", "--executor", "fake", "--limits", "require"),
            "executor fake has no option --limits",
        ),
        (("pod.yaml", "--limits", "ignore"), "'ignore' is not one of 'require', 'best-effort'"),
        (("pod.yaml", "--isolation", "view"), "isolation 'view': there is none"),
        (("pod.yaml", "--network", "private"), "'private' takes isolation 'view'"),
        (
            ("pod.yaml", "--isolation", "view", "--link-mounts-under", "/tmp"),
            "has no use at isolation 'view', which mounts volumes",
        ),
        (("pod.yaml", "--link-mounts-under", "/nowhere"), "must be an existing directory"),
        (("pod.yaml", "--backoff", "soon"), "wanted INITIAL:CAP, both seconds above 0"),
        (("pod.yaml", "--backoff", "0:5"), "wanted INITIAL:CAP, both seconds above 0"),
        (("pod.yaml", "--backoff", "1:2:3"), "wanted INITIAL:CAP, both seconds above 0"),
        (("pod.yaml", "--backoff-jitter", "-1"), "wanted a share of the wait, 0 or more"),
        (("pod.yaml", "--max-restarts", "5"), "wanted COUNT:SECONDS"),
        (("pod.yaml", "--max-restarts", "-1:60"), "wanted COUNT:SECONDS"),
        (("pod.yaml", "--max-restarts", "5:0"), "wanted COUNT:SECONDS"),
        (("pod.yaml", "--grace", "-1"), "Invalid value for '--grace'"),
        (("pod.yaml", "--grace", "nan"), "Invalid value for '--grace'"),
        (("pod.yaml", "--events", "-"), "--events wants a file"),
        (("pod.yaml", "--events", "/nowhere/e"), "--events: /nowhere/e: No such file"),
        (("pod.yaml", "--wait"), "No such option"),
        (("pod.yaml", "pod.yaml"), "Pod demo: is in pod.yaml already, in namespace default"),
        (("-", "-"), "can be read only once"),
        (("words.yaml",), "no pod in words.yaml"),
    ],
)
def test_a_mistaken_command_line_is_explained(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    # Containers are plain processes: what they leave behind is seen.
    monkeypatch.setattr(_executor, "found_bubblewrap", lambda: "there is none")
    write_pod(tmp_path, pod(web="touch started"))
    words = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: words}\n"
    write_pod(tmp_path, words, "words.yaml")
    assert main(["run", *arguments]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""
    assert not (tmp_path / "started").exists()


def test_nothing_is_started_if_one_pod_is_refused(tmp_path: Path) -> None:
    good = write_pod(tmp_path, pod("good", web=f"touch {tmp_path}/started"), "good.yaml")
    bad = write_pod(tmp_path, pod("bad", web="true") + "    tty: true\n", "bad.yaml")
    ran = seedpod("run", good, bad, "--isolation", "none")
    assert ran.returncode == 2
    assert f"{bad}: Pod bad: spec.containers[0].tty: " in ran.stderr
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_its_libraries_the_command_says_what_to_install(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['seedpod']\n"
        "from seedpod.cli import main; sys.exit(main())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=False
    )
    assert ran.returncode == 2
    assert ran.stderr.splitlines() == [
        f"seedpod: the command line needs {missing}; install it with: pip install 'seedpod[cli]'"
    ]


def test_without_trio_its_backend_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "trio", None)
    assert main(["run", str(write_pod(tmp_path, pod(web="true"))), "--backend", "trio"]) == 2
    assert "pip install 'seedpod[trio]'" in capsys.readouterr().err
