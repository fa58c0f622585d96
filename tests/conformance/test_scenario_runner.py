"""The runner itself: it acts when it is time, judges what is there, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest

from seedpod.status import KubernetesEvent
from tests.conformance.chosen_executor import ChosenExecutor
from tests.conformance.occurrences import Occurrences
from tests.conformance.runner import Performance, Run, run_scenario
from tests.conformance.scenario_check import evaluate
from tests.conformance.scenario_file import MOUNT_ROOT, Scenario
from tests.conformance.scenario_options import options_of
from tests.executors.views import levels

_ROOT = Path(__file__).parents[2]
_LOG = f"{MOUNT_ROOT}/lifecycle"
_SAY = 'say() { echo "$(date +%s.%N) main $*" >>"$LIFECYCLE_DIR/lifecycle.log"; }; '
_SLEEPS = _SAY + "trap 'say Exiting; exit 3' TERM; say Started; sleep 60 & wait; say Over"


@pytest.fixture(autouse=True)
def _no_directory_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have runs take place in a directory of this test, and nothing left in it."""
    temporary = tmp_path / "runs"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    yield
    assert [*temporary.iterdir()] == []


def _written(script: str, probe: Any = None, **more: Any) -> str:
    """A scenario of one container, as a file has it."""
    container: dict[str, Any] = {
        "name": "main",
        "image": "python",
        "command": ["/bin/sh", "-c", script],
        "env": [{"name": "LIFECYCLE_DIR", "value": _LOG}],
        "volumeMounts": [{"name": "lifecycle", "mountPath": _LOG}],
    }
    if probe is not None:
        container["readinessProbe"] = probe
    spec = {
        "restartPolicy": "Never",
        "containers": [container],
        "volumes": [{"name": "lifecycle", "emptyDir": {}}],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    return json.dumps({"id": "some-one", "area": "some", "pod": pod, **more})


def _run(backend: str, script: str, *, level: str = "none", **more: Any) -> Run:
    scenario = Scenario.of(_written(script, **more))
    executor = ChosenExecutor("subprocess", level)
    return anyio.run(run_scenario, scenario, executor, backend=backend)


def _failures(run: Run, *expectations: Any) -> list[str]:
    assert run.evidence is not None
    return [str(each) for each in evaluate(expectations, run.evidence)]


def test_a_run_to_its_end_leaves_all_there_is_to_judge(backend: str) -> None:
    run = _run(backend, _SAY + "say Starting; echo told; say Exiting; exit 3")
    assert run.problems == ()
    assert not run.is_sample
    assert _failures(
        run,
        {"phase": "Failed"},
        {"terminated": {"main": "3 Error"}},
        {"wall_clock_between": [0, 60]},
        {"log_count": {"line": ["@run", "Ended"], "count": 1}},
        {"completes_before_start": ["main", "nobody"]},
        {"container_log": {"container": "main", "equals": "told\n"}},
        {"event": "Started"},
    ) == ["expect[4] completes_before_start: no 'nobody Starting' line"]


def test_an_action_waits_for_its_moment_and_a_finish_ends_the_run(backend: str) -> None:
    actions = [
        {"when": {"running": "main"}, "do": {"snapshot": "early"}},
        {"when": {"log": ["main", "Started"]}, "after": 0.01, "do": {"snapshot": "late"}},
        {"when": {"ready": "pod"}, "do": {"finish": True}},
    ]
    run = _run(backend, _SLEEPS, actions=actions)
    assert run.problems == ()
    assert run.is_sample
    assert _failures(
        run,
        {"running": "main"},
        {"running": "main", "at": "early"},
        {"running": "main", "at": "late"},
        {"log_count": {"line": ["@run", "Snapshot"], "count": 2}},
        {"exits": "@run"},
        {"does_not_exit": "main"},
    ) == ["expect[4] exits: no '@run Exiting' line"]


def test_a_loop_that_is_held_up_does_not_change_the_order(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, held_up = Performance.look, 0.0

    def _look(self: Performance) -> None:
        nonlocal held_up
        look(self)
        if self._reached.is_set() and not held_up:
            time.sleep(held_up := 1.2)  # until after the probe is due

    monkeypatch.setattr(Performance, "look", _look)
    probe = {"exec": {"command": ["true"]}, "initialDelaySeconds": 1}
    actions = [
        {"when": {"running": "main"}, "after": 0.2, "do": {"snapshot": "early"}},
        {"when": {"ready": "pod"}, "do": {"finish": True}},
    ]
    run = _run(backend, _SLEEPS, probe=probe, actions=actions)
    assert run.problems == ()
    assert held_up
    assert _failures(run, {"condition": "Ready=False", "at": "early"}) == []


def test_a_deletion_is_waited_for(backend: str) -> None:
    actions = [{"when": {"log": ["main", "Started"]}, "do": {"delete": {"grace": 9}}}]
    run = _run(backend, _SLEEPS, actions=actions)
    assert run.problems == ()
    assert _failures(run, {"terminated": {"main": 3}}, {"exits_before": ["main", "main"]}) == [
        "expect[1] exits_before: no 'main Exiting' line after line 4"
    ]


@pytest.mark.parametrize(
    ("script", "more", "problem"),
    [
        (
            _SLEEPS,
            {"actions": [{"when": {"phase": "Failed"}, "timeout": 0.1, "do": {"finish": True}}]},
            "actions[0] (finish): {'phase': 'Failed'} did not come true within 0.1 s",
        ),
        (
            "exit 0",
            {"actions": [{"when": {"restarts": {"main": 1}}, "do": {"finish": True}}]},
            "the pod had ended before actions[0] (finish) was performed",
        ),
        (_SLEEPS, {"timeout": 0.1}, "has not ended within 0.1 s"),
        (
            _SLEEPS,
            {"actions": [{"when": {"mood": "good"}, "do": {"finish": True}}]},
            "unknown 'when': mood",
        ),
        (_SLEEPS, {"actions": [{"after": 0, "do": {"sing": 1}}]}, "unknown action 'sing'"),
    ],
)
def test_a_run_that_comes_to_nothing_says_why(
    backend: str, script: str, more: dict[str, Any], problem: str
) -> None:
    run = _run(backend, script, **more)
    assert run.problems == (problem,)
    assert run.evidence is not None


@pytest.mark.parametrize("level", levels())
def test_in_a_view_the_manifest_runs_as_it_is_written(backend: str, level: str) -> None:
    script = _SAY + 'say Starting; echo "$LIFECYCLE_DIR"; ls /proc/self/root/tmp'
    run = _run(backend, script, level=level)
    assert run.problems == ()
    assert run.evidence is not None
    assert run.evidence.output is not None
    told = run.evidence.output["main"].split()
    assert (told == [_LOG, "podscn"]) is (level == "view")
    [status] = run.evidence.pod["status"]["containerStatuses"]
    [mount] = status["volumeMounts"]
    assert mount["mountPath"] == told[0]
    assert _failures(run, {"log_count": {"line": ["main", "Starting"], "count": 1}}) == []


@pytest.mark.parametrize("level", levels())
def test_a_pod_that_does_not_end_is_ended_with_all_it_has(backend: str, level: str) -> None:
    actions = [{"when": {"log": ["main", "Started"]}, "do": {"finish": True}}]
    escape = "setsid sleep 60 & " if level == "view" else "sleep 60 & "
    assert _run(backend, escape + _SLEEPS, level=level, actions=actions).problems == ()


def test_a_pod_that_is_refused_is_a_failure(backend: str) -> None:
    text = _written("exit 0").replace('"restartPolicy": "Never"', '"restartPolicy": "Maybe"')
    run = anyio.run(run_scenario, Scenario.of(text), ChosenExecutor("subprocess"), backend=backend)
    assert run.evidence is None
    assert "restartPolicy" in run.problems[0]


def test_a_series_of_events_is_taken_apart() -> None:
    times = [datetime.fromtimestamp(second, UTC) for second in (10, 20, 30)]
    occurrences = Occurrences()
    for count, moment in enumerate(times, start=1):
        event = KubernetesEvent(
            type="Warning",
            reason="BackOff",
            message="m",
            count=count,
            first_timestamp=times[0],
            last_timestamp=moment,
            container="c",
        )
        occurrences.note([event])
        occurrences.note([event])
    assert [each["time"] for each in occurrences.found] == [10, 20, 30]


def _session(folder: Path, *options: str, **env: str) -> tuple[int, str]:
    """A session of pytest with the scenarios of a folder: its exit code, and what it wrote."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--backend", "asyncio"]
    file = Path(__file__).with_name("test_scenarios.py")
    done = subprocess.run(
        [*command, "--scenarios", str(folder), *options, str(file)],
        capture_output=True,
        check=False,
        cwd=_ROOT,
        env=os.environ | {"CI": ""} | env,
    )
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def _file(folder: Path, id_: str, text: str) -> None:
    (folder / f"{id_}.yaml").write_text(text.replace("some-one", id_))


def test_a_session_shows_a_table_and_fails_if_a_scenario_does(tmp_path: Path) -> None:
    _file(tmp_path, "some-good", _written("exit 0", expect=[{"phase": "Succeeded"}]))
    _file(tmp_path, "some-bad", _written("exit 1", expect=[{"phase": "Succeeded"}]))
    _file(tmp_path, "some-image", _written("exit 0", requires=["images"]))
    code, text = _session(tmp_path, "--repeat", "2", "--busy", "--isolation", "none")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert code == 1
    assert "passed deviates failed not run" in lines
    assert "some 1 0 1 1" in lines
    assert "total 1 0 1 1" in lines
    assert "not run some-image: needs images" in lines
    assert "failed asyncio some-bad: expect[0] phase: phase is 'Failed', wanted Succeeded" in lines
    assert _session(tmp_path, "-k", "good")[0] == 0


def _titles(text: str) -> list[str]:
    """The executors, levels and loops of which there are tables."""
    lines = [line.strip("= ") for line in text.splitlines()]
    return [line for line in lines if line.startswith("scenarios: ")]


def test_a_session_runs_each_scenario_at_each_level(tmp_path: Path) -> None:
    _file(tmp_path, "some-good", _written("exit 0", expect=[{"phase": "Succeeded"}]))
    titles = [f"scenarios: subprocess, isolation {each}, on asyncio" for each in levels()]
    code, text = _session(tmp_path)
    assert (code, _titles(text)) == (0, titles)
    for level, title in zip(levels(), titles, strict=True):
        code, text = _session(tmp_path, "--isolation", level, "-v")
        assert (code, _titles(text)) == (0, [title])
        assert f"test_scenario[{level}-asyncio-some-good] PASSED" in text


def test_a_machine_without_views_is_told_of(tmp_path: Path) -> None:
    _file(tmp_path, "some-good", _written("exit 0", expect=[{"phase": "Succeeded"}]))
    empty = str(tmp_path)
    code, text = _session(tmp_path, PATH=empty)
    assert (code, _titles(text)) == (0, ["scenarios: subprocess, isolation none, on asyncio"])
    assert "this machine lacks" in text
    assert "bubblewrap is not installed" in text
    assert _session(tmp_path, PATH=empty, CI="true")[0] == 1
    code, text = _session(tmp_path, "--isolation", "view", PATH=empty)
    assert code == 4
    assert "--isolation view: bubblewrap is not installed" in text


def test_an_executor_may_have_no_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seedpod.executors.executor_options", lambda _name: ())
    chosen = {"executor": "moon"}
    config = cast("pytest.Config", SimpleNamespace(getoption=lambda name, _none: chosen.get(name)))
    assert options_of(config).isolations == (None,)
    chosen["isolation"] = "view"
    with pytest.raises(pytest.UsageError, match="--isolation view: moon has no levels"):
        options_of(config)


def test_a_session_compares_with_golden_records(tmp_path: Path) -> None:
    _file(tmp_path, "some-good", _written("exit 0", expect=[{"phase": "Succeeded"}]))
    record = {"status": {}, "timeline": [], "events": [{"reason": "Odd"}], "runs": {}}
    (tmp_path / "some-good.json").write_text(json.dumps(record))
    assert _session(tmp_path)[0] == 0
    code, text = _session(tmp_path, "--golden", str(tmp_path))
    assert code == 1
    assert "golden: status.phase: 'Succeeded', a kubelet has nothing" in text
    assert "golden: no event Odd, which a kubelet reports" in text
    (tmp_path / "some-good.json").write_text(json.dumps(record | {"status": {"conditions": [1]}}))
    code, text = _session(tmp_path, "--golden", str(tmp_path))
    assert code == 1
    assert "cannot be judged: TypeError" in text


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("--executor", "fake", "wanted an executor that runs them"),
        ("--executor", "moon", "no executor is named 'moon'"),
        ("--golden", "/no/where", "there is no such directory"),
        ("--jobs", "0", "wanted a number that is at least 1"),
        ("--isolation", "some", "invalid choice: 'some'"),
    ],
)
def test_a_session_refuses_what_it_cannot_do(
    tmp_path: Path, option: str, value: str, problem: str
) -> None:
    code, text = _session(tmp_path, option, value)
    assert code == 4
    assert problem in text
