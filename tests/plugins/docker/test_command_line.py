"""`seedpod run --executor docker` and `seedpod sweep`, as a person uses them."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

from tests.cli.shell import Session, seedpod, started
from tests.executors.processes import becomes
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.images import PYTHON

_PATIENCE = 30.0
"""Seconds the guard may take: a net, not a measure."""
_STORY = """
apiVersion: v1
kind: Secret
metadata: {name: word}
stringData: {word: hush}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  restartPolicy: Never
  volumes:
    - {name: data, emptyDir: {}}
    - {name: word, secret: {secretName: word}}
  initContainers:
    - &one
      name: fetch
      image: IMAGE
      command: [sh, -c, echo fetch >> /data/story]
      volumeMounts: [{name: data, mountPath: /data}, {name: word, mountPath: /word}]
  containers:
    - <<: *one
      name: first
      command: [sh, -c, "echo first >> /data/story; echo up; WAIT; cat /data/story"]
    - <<: *one
      name: second
      command: [sh, -c, "echo second >> /data/story; echo up; WAIT"]
"""
_WAIT = "until test -e /data/end; do sleep 0.05; done"
_PARTS = ["container first", "container second", "sandbox"]


@attrs.frozen
class Home:
    """Somebody who runs a pod on an engine."""

    engine: Engine
    directory: Path

    def run(self, *arguments: str) -> list[str]:
        """The arguments for the command that runs the pod."""
        file = self.directory / "pod.yaml"
        file.write_text(_STORY.replace("WAIT", _WAIT).replace("IMAGE", PYTHON.reference))
        return ["run", "--executor", "docker", "--host", self.engine.url, *arguments, str(file)]

    def sweep(self, *arguments: str) -> str:
        """What the command that sweeps prints."""
        swept = seedpod("sweep", "--host", self.engine.url, *arguments, **self.environment)
        assert (swept.returncode, swept.stderr) == (0, "")
        return swept.stdout

    @contextmanager
    def running(self, *arguments: str) -> Generator[Session]:
        """The pod, with both its containers up."""
        with started(*self.run(*arguments), **self.environment) as session:
            session.until("first | up")
            session.until("second | up")
            yield session

    def killed(self, *arguments: str) -> int:
        """Run the pod, kill seedpod while it is up, and return what its process was."""
        with self.running(*arguments) as session:
            session.signal(signal.SIGKILL)
            assert session.finish() == -signal.SIGKILL
        return session.process.pid

    @property
    def environment(self) -> dict[str, str]:
        """What is other than for whoever runs the tests."""
        return {"XDG_STATE_HOME": str(self.directory)}

    @property
    def lives(self) -> list[str]:
        """The names of the containers that run."""
        return [each["Names"][0] for each in self.engine.containers() if each["State"] == "running"]

    @property
    def uids(self) -> list[str]:
        """The pods that have something on this machine."""
        return [each.name for each in self.directory.glob("seedpod/*/*")]


@pytest.fixture
def home(engine: Engine, python_image: str, tmp_path: Path) -> Home:
    assert python_image == PYTHON.reference
    return Home(engine, tmp_path)


def test_a_pod_of_an_image_is_told_in_lines(home: Home, tmp_path: Path, backend: str) -> None:
    script = "import sys; print('from', sys.version_info[0]); sys.exit(3)"
    container = {"name": "web", "image": PYTHON.reference, "command": ["python3", "-c", script]}
    spec = {"restartPolicy": "Never", "containers": [container]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "demo"}, "spec": spec}
    file = tmp_path / "pod.json"
    file.write_text(json.dumps(pod))
    on_docker = ("--executor", "docker", "--host", home.engine.url)
    ran = seedpod("run", *on_docker, "--backend", backend, file)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "web | from 3" in ran.stdout.splitlines()
    assert "app web: exited 3 (Error)" in ran.stdout
    assert ran.stdout.endswith("pod demo: Failed\n")


def test_a_killed_seedpod_leaves_no_container(home: Home) -> None:
    home.killed()
    assert becomes(lambda: not home.engine.containers(), within=_PATIENCE)
    assert home.sweep() == "nothing to sweep\n"


def test_kept_pods_outlive_a_killed_seedpod_and_the_next_goes_on_with_them(
    home: Home, backend: str
) -> None:
    home.killed("--keep", "pods", "--backend", backend)
    [uid] = {*home.uids}
    before = home.lives
    assert len(before) == len(_PARTS)
    with started(*home.run("--keep", "pods", "--backend", backend), **home.environment) as again:
        again.until("app first: found running")
        again.until("app second: found running")
        assert home.lives == before
        [story] = home.directory.rglob("story")
        story.with_name("end").touch()
        assert again.finish() == 0, again.out + again.errors
    assert again.errors == ""
    assert "started" not in again.out
    told = [line for line in again.out.splitlines() if line.startswith("first | ")]
    assert told[-3] == "first | fetch"
    assert sorted(told[-2:]) == ["first | first", "first | second"]
    assert home.engine.containers() == []
    assert [*home.uids, *_in_memory(uid)] == []


def test_ctrl_c_ends_kept_pods_too(home: Home) -> None:
    with home.running("--keep", "pods", "--grace", "1") as session:
        [uid, *_] = home.uids
        session.signal(signal.SIGINT)
        assert session.finish() == 128 + signal.SIGINT
    assert home.engine.containers() == []
    assert [*home.uids, *_in_memory(uid)] == []


def test_a_pod_that_somebody_keeps_is_not_run_twice(home: Home) -> None:
    with home.running("--keep", "pods", "--grace", "0") as session:
        again = seedpod(*home.run("--keep", "pods"), **home.environment)
        assert (again.returncode, again.stdout) == (2, "")
        assert again.stderr.endswith("pod default/web: another seedpod is running it\n")
        assert home.sweep("--kept") == "nothing to sweep\n"
        session.signal(signal.SIGINT)
        session.finish()


def test_kept_pods_are_swept_on_demand(home: Home) -> None:
    process = home.killed("--keep", "pods")
    of_pod = f"of pod default/web (process {process}, which has ended)"
    [uid] = {*home.uids}
    assert _in_memory(uid)
    parts = ["container fetch", *_PARTS]  # that it has ended has to be found as well
    kept = "".join(f"kept {each} {of_pod}; --kept removes it\n" for each in parts)
    assert home.sweep() == home.sweep("--dry-run") == kept
    would = "".join(f"would remove {each} {of_pod}\n" for each in parts)
    assert home.sweep("--kept", "--dry-run") == would
    assert len(home.lives) == len(_PARTS)
    assert home.sweep("--kept") == would.replace("would remove", "removed")
    assert home.engine.containers() == []
    assert [*home.uids, *_in_memory(uid)] == []
    assert home.sweep("--kept") == "nothing to sweep\n"


def test_what_a_killed_seedpod_and_its_killed_guard_left_is_swept(home: Home) -> None:
    with home.running() as session:
        os.kill(_guard_of(session.process.pid), signal.SIGKILL)
        session.signal(signal.SIGKILL)
        session.finish()
    assert len(home.lives) == len(_PARTS)
    names = [f"{each} of pod default/web" for each in _PARTS]
    found = json.loads(home.sweep("-o", "json", "--dry-run"))
    assert [(each["name"], each["isKept"]) for each in found] == [(each, False) for each in names]
    assert [line.partition(" (")[0] for line in home.sweep().splitlines()] == [
        f"removed {each}" for each in names
    ]
    assert home.engine.containers() == []


def test_an_engine_that_is_not_there_is_one_line(docker: Engine) -> None:
    host = f"unix://{docker.directory}/nobody"
    swept = seedpod("sweep", "--host", host)
    assert (swept.returncode, swept.stdout) == (2, "")
    [line] = swept.stderr.splitlines()
    assert line.startswith(f"seedpod: executor docker: cannot reach the engine at {host}")


def _in_memory(uid: str) -> list[Path]:
    """The directories of the pod on a file system in memory."""
    return [*Path("/dev/shm").glob(f"seedpod-{uid}-*")]


def _guard_of(host: int) -> int:
    children = Path(f"/proc/{host}/task/{host}/children").read_text().split()
    [guard] = [
        pid for pid in children if b"guard/_process.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    return int(guard)
