"""What the pages say a command prints is what it prints; times and chance apart."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seedpod.cli import main
from tests.docs.pages import ROOT, Block, blocks
from tests.docs.running import environment, moved, run, told
from tests.executors.views import has_views

_DEMO = "seedpod run --link-mounts-under /tmp docs/examples/demo.yaml"
_PROBES = "use-probes-and-hooks.md"
_UNTIMELY = re.compile("startup probe failed|readiness probe failed: Get")
"""A probe that met a server in its first moment, or in its last: chance."""
_SHOWN = [block for block in blocks("console") if block.output and block.commands]


def _blocks_of(*starts: str) -> list[Block]:
    return [block for block in _SHOWN if block.commands[-1].startswith(starts)]


def _shell(block: Block, directory: Path, *further: str) -> subprocess.CompletedProcess[str]:
    """Run the last command of *block*, with *further* arguments."""
    command = block.commands[-1].replace("make demo", _DEMO).replace("/tmp", str(directory))
    name, *arguments = shlex.split(command)
    module = ["-m", "seedpod"] if name == "seedpod" else []
    return run([*module, *arguments, *further], moved(directory))


_CHECKS = _blocks_of("seedpod check docs", "seedpod check --isolation none docs")


@pytest.mark.parametrize("block", _CHECKS, ids=lambda block: block.name)
def test_a_check_prints_what_the_page_shows(
    block: Block, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    main(shlex.split(block.commands[-1])[1:])
    printed = capsys.readouterr()
    assert (printed.out + printed.err).splitlines() == block.output


@pytest.mark.parametrize(
    "block", _blocks_of("make demo", "seedpod run docs", "seedpod run --link"), ids=lambda b: b.name
)
def test_a_run_prints_what_the_page_shows(block: Block, tmp_path: Path) -> None:
    if not block.output[-1].startswith("pod "):
        return  # it waits for somebody: the tutorial's own tests
    done = _shell(block, tmp_path)
    assert told(done.stdout, tmp_path) == told("\n".join(block.output), tmp_path)
    assert done.returncode == (0 if block.output[-1].endswith("Succeeded") else 1)


_VIEWS = _blocks_of("seedpod run --isolation view", "seedpod run --quiet --isolation view")


@pytest.mark.parametrize("block", _VIEWS, ids=lambda block: block.name)
def test_a_run_with_views_prints_what_the_page_shows(
    block: Block, tmp_path: Path, backend: str
) -> None:
    assert block.page.name in {"README.md", "choose-what-a-container-sees.md"}
    if not has_views():
        return
    done = _shell(block, tmp_path, "--backend", backend)
    assert told(done.stdout, tmp_path) == told("\n".join(block.output), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("block", _blocks_of("python docs/examples/backoff"), ids=lambda b: b.name)
def test_the_back_offs_are_those_of_the_page(block: Block, tmp_path: Path) -> None:
    assert _shell(block, tmp_path).stdout.splitlines() == block.output


def test_the_readme_shows_the_command_of_make_demo() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert f"$(BIN)/{_DEMO}" in makefile


class TestTutorial:
    """The tutorial's commands that run until somebody does something."""

    @pytest.fixture
    def clone(self, tmp_path: Path) -> Path:
        return moved(tmp_path)

    def test_status_goes_through_the_words_of_kubernetes(
        self, clone: Path, tmp_path: Path, backend: str
    ) -> None:
        [block] = _blocks_of("python docs/examples/init-containers/status.py")
        _, *arguments = shlex.split(block.commands[-1])
        with _started([*arguments, backend], clone) as watcher:
            assert watcher.stdout is not None
            lines: list[str] = []
            for line in watcher.stdout:
                lines.append(line.rstrip("\n"))
                if "init-myservice has been running" in line:
                    _service(tmp_path, "myservice")
                if "init-mydb has been running" in line:
                    _service(tmp_path, "mydb")
                if " Running " in line:
                    break
            watcher.send_signal(signal.SIGINT)
        assert _without_a_moment(lines) == _without_a_moment(block.output)

    def test_a_retried_init_container_succeeds_once_its_service_is_up(
        self, clone: Path, tmp_path: Path, backend: str
    ) -> None:
        command = "run --backend {} --backoff 0.1:4 docs/examples/init-containers/retried.yaml"
        arguments = ["-m", "seedpod", *shlex.split(command.format(backend))]
        with _started(arguments, clone) as pod:
            lines = _until(pod, "started again (restart 2)")
            _service(tmp_path, "myservice")
            lines += _until(pod, "The app is running!")
            pod.send_signal(signal.SIGINT)
            lines += [*(pod.stdout or ())]
        assert sum("exited 1 (Error)" in line for line in lines) == 2
        assert pod.returncode == 130

    def test_the_sidecar_is_stopped_after_the_app(
        self, clone: Path, tmp_path: Path, backend: str
    ) -> None:
        _service(tmp_path, "myservice")
        _service(tmp_path, "mydb")
        manifest = "docs/examples/init-containers/with-sidecar.yaml"
        with _started(["-m", "seedpod", "run", "--backend", backend, manifest], clone) as pod:
            lines = _until(pod, "The app is running!")
            pod.send_signal(signal.SIGINT)
            lines += [*(pod.stdout or ())]
        order = [line.split(":")[0] for line in lines if ": stopping" in line or ": exited" in line]
        assert order[-4:] == ["app myapp-container"] * 2 + ["sidecar clock"] * 2
        assert "clock | tick\n" in lines


class TestProbes:
    """The page about probes: its pod does what somebody in a second terminal makes it do."""

    def test_the_pod_is_ready_stuck_and_stopped_as_the_page_shows(
        self, tmp_path: Path, backend: str
    ) -> None:
        shown = [block for block in blocks("console") if block.page.name == _PROBES]
        [command] = [each for block in shown for each in block.commands if " run " in each]
        _, *arguments = shlex.split(command.replace("/tmp", str(tmp_path)))
        site = tmp_path / "seedpod/site"
        with _started(["-m", "seedpod", *arguments, "--backend", backend], moved(tmp_path)) as pod:
            lines = _until(pod, "readiness probe failed")
            (site / "ready").touch()
            lines += _until(pod, "pod probed: ready")
            (site / "stuck").touch()
            lines += _until(pod, "started again")
            lines += _until(pod, "readiness probe failed")
            pod.send_signal(signal.SIGINT)
            lines += [*(pod.stdout or ())]
        expected = "\n".join(line for block in shown for line in block.output)
        lines = [line for line in lines if not _UNTIMELY.search(line)]
        assert told("".join(lines), tmp_path) == told(expected, tmp_path)
        assert pod.returncode == 130


@contextmanager
def _started(arguments: list[str], clone: Path) -> Generator[subprocess.Popen[str]]:
    """Python, running; it is over at the end of the block, killed if that ends in an error."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=clone,
        env={**environment(clone), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def _without_a_moment(lines: list[str]) -> list[str]:
    """What there is to see, without the state that is over before anybody looks, mostly."""
    return [line for line in lines if "PodInit" not in line and "is not ready" not in line]


def _until(pod: subprocess.Popen[str], text: str) -> list[str]:
    lines: list[str] = []
    for line in pod.stdout or ():
        lines.append(line)
        if text in line:
            break
    return lines


def _service(directory: Path, name: str) -> None:
    """Bring a service up, as services.yaml does."""
    (directory / "services").mkdir(exist_ok=True)
    (directory / "services" / name).touch()
