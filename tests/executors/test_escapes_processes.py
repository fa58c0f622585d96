"""Attempts to outlive one's container: by leaving its process group and session, or the engine.

At the level `view` nobody does. At `none` one is seen to, so that the attempt is a real one.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.executors.as_user import assert_passes_as_user
from tests.executors.inside import Level, container, in_a_view, python, ran
from tests.executors.processes import becomes, with_environment
from tests.executors.views import levels

LEAVE = "setsid sh -c 'setsid sleep 1000 > /dev/null 2>&1 & exec sleep 1000 > /dev/null 2>&1' &"
"""Two processes, each in a session of its own; the second one has no parent that still lives."""
BLOCK = (
    "import os, signal, time\n"
    "if os.fork(): os._exit(0)\n"
    "os.setsid()\n"
    "if os.fork(): os._exit(0)\n"
    "for each in range(1, 65):\n"
    "    try: signal.signal(each, signal.SIG_IGN)\n"
    "    except (OSError, ValueError): pass\n"
    "print('up', flush=True)\n"
    "for fd in range(3): os.close(fd)\n"
    "time.sleep(1000)"
)


@pytest.fixture(params=levels())
def level(request: pytest.FixtureRequest) -> Level:
    found: Level = request.param
    return found


@pytest.fixture
def mark() -> Generator[str]:
    """An assignment by which what a test has started is found, and ended after it."""
    name = f"SEEDPOD_ESCAPE={uuid.uuid4().hex}"
    yield name
    for pid in with_environment(name):
        os.kill(pid, signal.SIGKILL)


def marked(mark: str) -> list[dict[str, str]]:
    name, _, value = mark.partition("=")
    return [{"name": name, "value": value}]


@pytest.mark.parametrize("how", ["exits", "is killed", "is stopped"])
def test_who_leaves_the_session_is_dead_when_the_container_has_ended(
    level: Level, mark: str, how: str, backend: str
) -> None:
    last = {"exits": "exit 3", "is killed": "kill -9 $$$$", "is stopped": "exec sleep 1000"}[how]
    deadline: dict[str, Any] = {"activeDeadlineSeconds": 1, "terminationGracePeriodSeconds": 1}
    ended = ran(
        container(f"{LEAVE} sleep 0.2; {last}", env=marked(mark)),
        level=level,
        backend=backend,
        **(deadline if how == "is stopped" else {}),
    )
    assert ended.exit_code == {"exits": 3, "is killed": 137, "is stopped": 143}[how]
    assert len(with_environment(mark)) == (2 if level == "none" else 0)


def test_a_daemon_that_ignores_everything_is_dead_when_the_container_has_ended(
    level: Level, mark: str
) -> None:
    script = f"{python()} -c {shlex.quote(BLOCK)} | head -1"
    assert ran(container(script, env=marked(mark)), level=level).lines == ["up"]
    assert len(with_environment(mark)) == (1 if level == "none" else 0)


def test_who_leaves_the_session_in_a_probe_is_dead_when_the_container_has_ended(
    level: Level, mark: str
) -> None:
    probe = {"exec": {"command": ["sh", "-c", f"{LEAVE} sleep 0.2; exit 0"]}, "periodSeconds": 1}
    script = "sleep 1"
    ran(container(script, env=marked(mark), startupProbe=probe), level=level)
    found = with_environment(mark)
    assert bool(found) == (level == "none")


HOST = """
import sys
from pathlib import Path
import seedpod
from seedpod.executors.subprocess import SubprocessExecutor

executor = SubprocessExecutor(isolation=sys.argv[2])
seedpod.run(Path(sys.argv[1]), executor=executor, backend=sys.argv[3])
"""


@contextmanager
def host(manifest: Path, level: Level, backend: str) -> Generator[subprocess.Popen[bytes]]:
    """A program that runs a pod until it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOST, manifest, level, backend],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_who_leaves_the_session_is_dead_when_the_host_was_killed(
    level: Level, mark: str, backend: str, tmp_path: Path
) -> None:
    """At `none` the guard knows the session that was left, and no other."""
    pod = tmp_path / "pod.yaml"
    name, _, value = mark.partition("=")
    pod.write_text(f"""
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec:
  containers:
  - name: main
    image: host
    command: [sh, -c, {json.dumps(f"{LEAVE} exec sleep 1000")}]
    env: [{{name: {name}, value: {value}}}]
""")
    with host(pod, level, backend) as process:
        assert becomes(lambda: len(sleeping(mark)) == 3, within=20)
        process.kill()
        process.wait()
        is_over = becomes(lambda: not sleeping(mark), within=1 if level == "none" else 3)
        assert is_over == (level == "view")


def sleeping(mark: str) -> set[int]:
    found = set[int]()
    for pid in with_environment(mark):
        try:
            if Path(f"/proc/{pid}/comm").read_text() == "sleep\n":
                found.add(pid)
        except OSError:
            continue
    return found


@in_a_view
def test_an_ordinary_user_has_views_that_cannot_be_outlived_either() -> None:
    assert_passes_as_user(__file__)
