"""The vocabulary of expectations: each kind holds where it should, and fails where it should."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from tests.conformance.claims import Evidence
from tests.conformance.lifecycle_log import parse_log
from tests.conformance.scenario_check import CLAIMS, evaluate

_LOG = """\
100.000000000 @run Submitted
100.100000000 init-1 Starting
100.110000000 init-1 Started
101.110000000 init-1 Exiting
101.300000000 side-1 Starting
101.310000000 side-1 Started
101.800000000 main Starting
101.810000000 main Started
101.850000000 main Env FOO=foo-value
102.000000000 side-1 Exiting
102.500000000 side-1 Starting
102.510000000 side-1 Started
103.800000000 main Exiting
103.900000000 PreStop-side-1 Starting
104.000000000 side-1 Terminating
not a log line

106.000000000 @run Ended
"""
_EVENTS: list[dict[str, Any]] = [
    {"reason": "Started", "container": "main", "message": "Container started", "time": 101.8},
    {
        "reason": "Unhealthy",
        "container": "side-1",
        "message": "Liveness probe failed: no",
        "time": "1970-01-01T00:01:42.100Z",
        "type": "Warning",
    },
    {
        "reason": "Killing",
        "container": "side-1",
        "message": "failed liveness probe",
        "time": 102.2,
        "count": 2,
    },
]


def _ended(name: str, code: int, at: str, restarts: int = 0) -> dict[str, Any]:
    reason = "Error" if code else "Completed"
    terminated = {"exitCode": code, "reason": reason, "finishedAt": f"2024-01-01T00:00:{at}Z"}
    return {"name": name, "restartCount": restarts, "state": {"terminated": terminated}}


_CONDITIONS = [
    {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2024-01-01T00:00:00Z"},
    {"type": "Initialized", "status": "True", "lastTransitionTime": "2024-01-01T00:00:02.5Z"},
    {"type": "Ready", "status": "False", "reason": "PodCompleted"},
]
_POD = {
    "metadata": {"name": "p", "labels": {"a.b/c": "d"}},
    "spec": {"terminationGracePeriodSeconds": 5},
    "status": {
        "phase": "Succeeded",
        "conditions": _CONDITIONS,
        "initContainerStatuses": [_ended("init-1", 0, "01"), _ended("side-1", 137, "07", 2)],
        "containerStatuses": [_ended("main", 0, "05")],
    },
}
_RUNNING = {
    "status": {
        "phase": "Running",
        "containerStatuses": [
            {"name": "main", "state": {"running": {}}},
            {"name": "late", "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
        ],
    }
}
_EVIDENCE = Evidence(
    lines=parse_log(_LOG),
    pod=_POD,
    events=_EVENTS,
    wall_seconds=6.0,
    snapshots={"mid": _RUNNING},
    output={"main": "Hello World\n"},
)

_HOLD: dict[str, list[Any]] = {
    "phase": ["Succeeded", ["Failed", "Succeeded"]],
    "pod": [
        {"path": "spec.terminationGracePeriodSeconds", "at_most": 5, "at_least": 1},
        {"path": "metadata.labels['a.b/c']", "equals": "d", "matches": "^d$", "length": 1},
        {"path": "status.conditions[2].reason", "in": ["PodCompleted"], "not_equals": "x"},
        {"path": "status.reason", "exists": False, "equals": ""},
    ],
    "condition": [
        "Initialized=True",
        {"type": "Ready", "status": "False", "reason": "PodCompleted", "message": ""},
    ],
    "conditions_in_order": [["PodScheduled", "Initialized"]],
    "status": [
        {"container": "main", "path": "state.terminated.exitCode", "equals": 0},
        {"container": "main", "path": "state.terminated.message", "equals": ""},
        {"container": "main", "path": "lastState.terminated", "exists": False},
    ],
    "restarts": [{"side-1": "1..3", "main": 0}, {"side-1": "2..*", "init-1": "0"}],
    "terminated": [{"main": "0 Completed", "side-1": "137 Error", "init-1": "*"}, {"main": 0}],
    "starts": [["init-1", "main"], "side-1"],
    "does_not_start": ["ghost"],
    "exits": ["main"],
    "does_not_exit": ["PreStop-side-1"],
    "starts_before": [["init-1", "main"], ["side-1", "side-1"]],
    "starts_in_order": [["init-1", "side-1", "main"]],
    "exits_before": [["init-1", "main"]],
    "completes_before_start": [["init-1", "side-1"]],
    "runs_together": [["main", "side-1"], ["side-1", "main"]],
    "runs_together_lhs_first": [["side-1", "main"]],
    "has_restarted": ["side-1"],
    "has_not_restarted": [["init-1", "main"]],
    "no_line_after": [{"line": ["side-1", "Starting"], "after": ["main", "Exiting"]}],
    "log_contains": ["Env FOO=foo-value"],
    "log_matches": [r"FOO=\w+-value$"],
    "log_lacks": ["BAR="],
    "log_count": [{"line": ["side-1", "Starting"], "count": "2"}],
    "time_between": [
        {"from": ["side-1", "Exiting"], "to": ["side-1", "Starting", 2], "between": [0.4, 0.6]},
        {"from": ["side-1", "Exiting"], "to": ["side-1", "Starting", -1], "between": [0.4, 0.6]},
    ],
    "simultaneous": [
        {"lines": [["side-1", "Terminating"], ["PreStop-side-1", "Starting"]], "within": 0.5}
    ],
    "terminated_in_order": [["init-1", "main", "side-1"]],
    "event": [
        "Started",
        {"reason": ["x", "Unhealthy"], "message": "LIVENESS probe", "type": "Warning"},
        {"reason": "Killing", "container": "side-1", "count": 2},
    ],
    "no_event": ["BackOff", {"reason": "Unhealthy", "after": ["main", "Exiting"]}],
    "events_in_order": [["Unhealthy", {"reason": "Killing"}]],
    "container_log": [{"container": "main", "equals": "Hello World\n"}],
    "wall_clock_between": [[5, 7]],
}
_FAIL: dict[str, list[Any]] = {
    "phase": ["Failed"],
    "pod": [{"path": "status.reason", "contains": "x"}, {"path": "status"}, {"equals": 1}],
    "condition": ["Ready=True", "Gone=True", {"type": "Ready", "status": "False", "reason": "x"}],
    "conditions_in_order": [["Initialized", "PodScheduled"], ["PodScheduled", "Ready"]],
    "status": [{"container": "main", "path": "x.y", "equals": "z"}],
    "restarts": [{"side-1": "3..*"}, {"ghost": 0}, {"main": "few"}],
    "terminated": [{"main": 1}, {"main": "0 Error"}],
    "waiting": [{"main": "*"}],
    "running": ["main"],
    "starts": ["ghost"],
    "does_not_start": ["main"],
    "exits": ["PreStop-side-1"],
    "does_not_exit": ["main"],
    "starts_before": [["main", "init-1"], ["main"]],
    "starts_in_order": [["main", "init-1"]],
    "exits_before": [["main", "init-1"]],
    "completes_before_start": [["main", "init-1"]],
    "runs_together": [["init-1", "main"]],
    "runs_together_lhs_first": [["init-1", "main"], ["side-1", "init-1"]],
    "has_restarted": ["main"],
    "has_not_restarted": ["side-1"],
    "no_line_after": [{"line": ["side-1", "*"], "after": ["main", "Exiting"]}],
    "log_contains": ["FOO=bar"],
    "log_matches": ["^FOO", "("],
    "log_lacks": ["foo-value"],
    "log_count": [{"line": ["main", "Starting"], "count": "2..3"}],
    "time_between": [
        {"from": ["main", "Started"], "to": ["main", "Exiting"], "between": [0, 1]},
        {"from": ["main", "Started", 2], "to": ["main", "Exiting"], "between": [0, 9]},
        {"from": ["a"]},
    ],
    "simultaneous": [{"lines": [["main", "Starting"], ["main", "Exiting"]], "within": 1}],
    "terminated_in_order": [["main", "init-1"], ["ghost", "main"]],
    "event": ["BackOff", {"reason": "Killing", "count": "3..*"}, {"reason": "Killing", "who": "x"}],
    "no_event": [{"reason": "Killing", "container": "side-1"}],
    "events_in_order": [[{"reason": "Killing"}, {"reason": "Unhealthy"}]],
    "container_log": [{"container": "main", "contains": "x"}],
    "wall_clock_between": [[0, 1]],
}


@pytest.mark.parametrize("kind", sorted(_HOLD))
def test_what_is_so_holds(kind: str) -> None:
    assert evaluate([{kind: argument} for argument in _HOLD[kind]], _EVIDENCE) == []


@pytest.mark.parametrize("kind", sorted(_FAIL))
def test_what_is_not_so_fails(kind: str) -> None:
    failures = evaluate([{kind: argument} for argument in _FAIL[kind]], _EVIDENCE)
    assert [(each.index, each.kind) for each in failures] == [
        (index, kind) for index in range(len(_FAIL[kind]))
    ]


def test_every_kind_is_tested_both_ways() -> None:
    assert {*_HOLD, "running", "waiting"} == {*_FAIL} == {*CLAIMS}


def test_a_snapshot_is_looked_at_in_place_of_the_final_pod() -> None:
    held = [
        {"phase": "Running", "at": "mid"},
        {"running": "main", "at": "mid"},
        {"waiting": {"late": ["x", "CrashLoopBackOff"]}, "at": "mid"},
    ]
    assert evaluate(held, _EVIDENCE) == []
    [unknown, of_log] = evaluate(
        [{"phase": "Running", "at": "nope"}, {"starts": "main", "at": "mid"}], _EVIDENCE
    )
    assert "no snapshot 'nope'" in unknown.message
    assert "not allowed" in of_log.message


@pytest.mark.parametrize("item", [{"phaze": "x"}, "phase", {}, {"phase": "x", "starts": "y"}])
def test_words_outside_the_vocabulary_fail(item: Any) -> None:
    [failure] = evaluate([item], _EVIDENCE)
    assert failure.message.startswith(("unknown expectation", "an expectation is a mapping"))


def test_the_order_of_ends_falls_back_to_the_status() -> None:
    lines = [line for line in _EVIDENCE.lines if line.word != "Exiting"]
    evidence = attrs.evolve(_EVIDENCE, lines=lines)
    assert evaluate([{"terminated_in_order": ["main", "side-1"]}], evidence) == []
    [failure] = evaluate([{"terminated_in_order": ["side-1", "main"]}], evidence)
    assert failure.message == "main finished before side-1"


def test_output_that_nobody_kept_fails() -> None:
    evidence = attrs.evolve(_EVIDENCE, output=None)
    [failure] = evaluate([{"container_log": {"container": "main", "contains": "x"}}], evidence)
    assert failure.message == "the runner gave no container logs"


def test_lines_are_sorted_by_their_time_and_what_is_no_line_is_left_out() -> None:
    lines = parse_log("2.5 b Starting late\nx y z\n1 a Ending\n\n2.5 c Starting\n3 d")
    assert [line.text for line in lines] == ["a Ending", "b Starting late", "c Starting"]
