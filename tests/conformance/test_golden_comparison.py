"""What differs from a kubelet is found, and only what the page lists is let pass."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import attrs
import pytest

from tests.conformance.differences_page import DifferencesPage
from tests.conformance.golden_comparison import ALLOWANCES, Reported, comparison
from tests.conformance.golden_record import GoldenRecord, records_in, reduced
from tests.conformance.scenario_file import scenarios_in
from tests.conformance.scenario_options import OWN_GOLDEN, OWN_SCENARIOS

_ALL = frozenset({"images", "host-user", "probe-timing", "restart-timing", "runtime-words"})
_DONE: dict[str, Any] = {"exitCode": 0, "reason": "Completed", "startedAt": 1, "finishedAt": 2}
_FAILED = {"exitCode": 1, "reason": "Error", "startedAt": 1, "finishedAt": 2}


def _container(name: str, state: dict[str, Any], restarts: int = 0) -> dict[str, Any]:
    return {
        "name": name,
        "state": state,
        "lastState": {"terminated": _FAILED} if restarts else {},
        "ready": "running" in state,
        "started": "running" in state,
        "restartCount": restarts,
        "resources": {},
        "volumeMounts": [{"name": "v", "mountPath": "/tmp/podscn/v"}],
        "user": {"linux": {"gid": 0, "supplementalGroups": [0]}},
    }


def _status(phase: str, *containers: dict[str, Any], ready: str = "False") -> dict[str, Any]:
    return {
        "phase": phase,
        "conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": 3}],
        "startTime": 0,
        "podIP": "<podIP>",
        "containerStatuses": [*containers],
    }


def _record(status: dict[str, Any], *others: list[Any], **changes: Any) -> GoldenRecord:
    record = GoldenRecord(
        status=status,
        events=(_event("Started"),),
        sequences=((reduced(status),), *(tuple(each) for each in others)),
    )
    return attrs.evolve(record, **changes)


def _event(reason: str, message: str = "", container: str = "a") -> dict[str, Any]:
    return {"reason": reason, "message": message, "container": container}


def _reported(status: dict[str, Any], **changes: Any) -> Reported:
    ours = Reported(
        pod={"metadata": {"name": "p", "namespace": "n", "uid": "u-1"}, "status": status},
        events=[_event("Started")],
        is_sample=False,
        has_images=False,
    )
    return attrs.evolve(ours, **changes)


def _differences(record: GoldenRecord, ours: Reported, listed: frozenset[str] = _ALL) -> list[str]:
    return [*comparison(record, ours, listed).differences]


def _allowed(record: GoldenRecord, ours: Reported) -> set[str]:
    """The rows that let everything pass."""
    compared = comparison(record, ours, _ALL)
    assert compared.differences == ()
    return {*compared.allowed}


_ENDED = _status("Succeeded", _container("a", {"terminated": _DONE}))


def test_times_ids_and_addresses_are_aside() -> None:
    ours: dict[str, Any] = deepcopy(_ENDED) | {
        "startTime": "2026-01-01T00:00:00Z",
        "podIP": "127.0.0.1",
    }
    [container] = ours["containerStatuses"]
    container |= {"containerID": "subprocess://1", "imageID": "sha"}
    container["state"]["terminated"] = _DONE | {"startedAt": "2026-01-01T00:00:01Z"}
    container["volumeMounts"][0]["mountPath"] = "/tmp/elsewhere/v"
    ours["message"] = "n of p_n(u-1) at 127.0.0.1"
    record = _record({**_ENDED, "message": "n of <pod> at <podIP>"})
    reported = _reported(ours, replaced={"/tmp/elsewhere": "/tmp/podscn"})
    assert _differences(record, reported) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("phase",), "Failed"),
        (("reason",), "Evicted"),
        (("conditions", 0, "status"), "True"),
        (("conditions", 0, "lastTransitionTime"), None),
        (("containerStatuses", 0, "ready"), True),
        (("containerStatuses", 0, "restartCount"), 1),
        (("containerStatuses", 0, "lastState"), {"terminated": _DONE}),
        (("containerStatuses", 0, "state"), {"running": {"startedAt": 1}}),
        (("containerStatuses", 0, "state", "terminated", "startedAt"), "1970-01-01T00:00:00Z"),
        (("containerStatuses", 0, "resources"), None),
        (("containerStatuses", 0, "volumeMounts", 0, "mountPath"), "/elsewhere"),
        (("containerStatuses", 0, "user"), None),
    ],
)
def test_any_other_field_is_compared(path: tuple[Any, ...], value: Any) -> None:
    ours: Any = deepcopy(_ENDED)
    place = ours
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    found = _differences(_record(_ENDED), _reported(ours))
    assert found != []
    assert [line for line in found if not line.startswith("golden: status.")] == []


def test_the_order_of_containers_is_compared() -> None:
    one, two = (_container(name, {"terminated": _DONE}) for name in "ab")
    found = _differences(
        _record(_status("Failed", one, two)), _reported(_status("Failed", two, one))
    )
    assert [line.split(": ")[1] for line in found] == ["status.containerStatuses.(order)"]


def test_events_are_compared_by_their_reasons() -> None:
    record = _record(_ENDED, events=(_event("Started"), _event("Killing")))
    reported = _reported(_ENDED, events=[_event("Started"), _event("BackOff"), _event("BackOff")])
    assert _differences(record, reported) == [
        "golden: event BackOff, which a kubelet does not report",
        "golden: no event Killing, which a kubelet reports",
    ]


def test_a_probe_may_be_asked_before_its_container_is_up() -> None:
    failed = [_event("Started"), _event("Unhealthy", "Startup probe failed: connection refused")]
    assert _allowed(_record(_ENDED), _reported(_ENDED, events=failed)) == {"probe-timing"}
    assert _differences(_record(_ENDED), _reported(_ENDED, events=failed), frozenset()) != []
    failed.append(_event("Unhealthy", "Liveness probe failed: connection refused"))
    assert _differences(_record(_ENDED), _reported(_ENDED, events=failed)) != []


def test_a_startup_probe_may_be_asked_after_its_container_is_up() -> None:
    theirs = [_event("Started"), _event("Unhealthy", "Startup probe failed: ")]
    record = _record(_ENDED, events=(*theirs,))
    assert _allowed(record, _reported(_ENDED)) == {"probe-timing"}
    assert _differences(record, _reported(_ENDED), frozenset()) != []
    theirs.append(_event("Unhealthy", "Readiness probe failed: "))
    assert _differences(_record(_ENDED, events=(*theirs,)), _reported(_ENDED)) != []


def test_a_container_in_back_off_may_be_down_when_others_are_killed() -> None:
    ours = [_event("Started"), _event("BackOff")]
    record = _record(_ENDED, events=(*ours, _event("Killing")))
    assert _allowed(record, _reported(_ENDED, events=ours)) == {"restart-timing"}
    assert _differences(record, _reported(_ENDED, events=ours), frozenset()) != []
    of_other = _record(_ENDED, events=(*ours, _event("Killing", container="b")))
    assert _differences(of_other, _reported(_ENDED, events=ours)) != []
    killed = _reported(_ENDED, events=[*ours, _event("Killing")])
    assert _allowed(_record(_ENDED, events=(*ours,)), killed) == {"restart-timing"}
    killed_other = _reported(_ENDED, events=[*ours, _event("Killing", container="b")])
    assert _differences(_record(_ENDED, events=(*ours,)), killed_other) != []


def test_the_time_of_a_condition_that_was_set_from_outside_is_aside() -> None:
    theirs, ours = deepcopy(_ENDED), deepcopy(_ENDED)
    theirs["conditions"].append({"type": "a.b/c", "status": "True"})
    ours["conditions"].append({"type": "a.b/c", "status": "True", "lastTransitionTime": 5})
    reported = _reported(ours)
    assert _differences(_record(theirs), reported) != []
    pod = {**reported.pod, "spec": {"readinessGates": [{"conditionType": "a.b/c"}]}}
    assert _differences(_record(theirs), attrs.evolve(reported, pod=pod)) == []


def test_an_executor_without_images_reports_none() -> None:
    record = _record(_ENDED, events=(_event("Started"), _event("Pulled")))
    reported = _reported(_ENDED)
    assert _allowed(record, reported) == {"images"}
    assert _differences(record, reported, frozenset()) != []
    assert _differences(record, attrs.evolve(reported, has_images=True)) != []


def test_processes_run_as_the_hosts_user() -> None:
    ours = deepcopy(_ENDED)
    ours["containerStatuses"][0]["user"] = {"linux": {"gid": 100, "supplementalGroups": [7, 8]}}
    assert _allowed(_record(_ENDED), _reported(ours)) == {"host-user"}
    assert _differences(_record(_ENDED), _reported(ours), frozenset()) != []
    assert _differences(_record(_ENDED), _reported(ours, has_images=True)) != []


def test_what_a_runtime_says_is_in_its_own_words() -> None:
    refused = {"exitCode": 128, "reason": "StartError", "message": "no such file"}
    theirs = _status("Failed", _container("a", {"terminated": refused}))
    ours = _status("Failed", _container("a", {"terminated": refused | {"message": "not found"}}))
    assert _allowed(_record(theirs), _reported(ours)) == {"runtime-words"}
    assert _differences(_record(theirs), _reported(ours), frozenset()) != []
    silent = _status("Failed", _container("a", {"terminated": refused | {"message": None}}))
    assert _differences(_record(theirs), _reported(silent)) != []
    for status in (theirs, ours):
        status["containerStatuses"][0]["state"]["terminated"]["reason"] = "Error"
    assert _differences(_record(theirs), _reported(ours)) != []


def test_how_often_a_container_in_back_off_has_restarted_is_a_matter_of_time() -> None:
    theirs = _status("Failed", _container("a", {"terminated": _FAILED}, 2))
    ours = _reported(_status("Failed", _container("a", {"terminated": _FAILED}, 4)))
    record = _record(theirs, events=(_event("Started"), _event("BackOff")))
    ours = attrs.evolve(ours, events=[_event("Started"), _event("BackOff")])
    assert _allowed(record, ours) == {"restart-timing"}
    assert _differences(record, ours, frozenset()) != []
    assert _differences(_record(theirs), attrs.evolve(ours, events=[_event("Started")])) != []
    none = _reported(_status("Failed", _container("a", {"terminated": _FAILED})))
    assert _differences(record, attrs.evolve(none, events=ours.events)) != []


_CRASHED = _status("Running", _container("a", {"terminated": _FAILED}, 2))
_RUNNING = _status("Running", _container("a", {"running": {"startedAt": 5}}, 1), ready="True")
_WAITING = _status("Running", _container("a", {"waiting": {"reason": "CrashLoopBackOff"}}, 3))
_SAMPLED = _record(_CRASHED, [reduced(_RUNNING), reduced(_CRASHED)])


def test_a_sample_of_restarting_containers_shows_what_a_sequence_shows() -> None:
    assert _allowed(_SAMPLED, _reported(_RUNNING, is_sample=True)) == {"restart-timing"}
    assert _differences(_SAMPLED, _reported(_WAITING, is_sample=True)) != []
    assert _differences(_SAMPLED, _reported(_RUNNING)) != []


def test_a_sample_of_the_pod_as_a_whole_shows_what_a_sequence_shows() -> None:
    odd = {**_RUNNING, "phase": "Pending"}
    found = _differences(_SAMPLED, _reported(odd, is_sample=True))
    assert "golden: status.phase: 'Pending', a kubelet has 'Running'" in found


def test_what_is_not_of_the_moment_is_compared_in_a_sample_too() -> None:
    ours = deepcopy(_RUNNING)
    ours["containerStatuses"][0]["resources"] = {"requests": {"cpu": "1"}}
    [*found] = _differences(_SAMPLED, _reported(ours, is_sample=True))
    assert {line.split(": ")[1].rpartition("resources")[0] for line in found} == {
        "status.containerStatuses.a."
    }


def test_any_end_that_was_seen_is_as_good() -> None:
    other = _status("Failed", _container("a", {"terminated": _FAILED}))
    assert _differences(_record(_ENDED), _reported(other)) != []
    seen_last = _record(_ENDED, [reduced(_CRASHED), reduced(other)])
    assert _differences(seen_last, _reported(other)) == []
    seen_before = _record(_ENDED, [reduced(other), reduced(_CRASHED)])
    assert _differences(seen_before, _reported(other)) != []


def test_every_final_status_is_among_those_its_record_shows() -> None:
    records = records_in(OWN_GOLDEN)
    shown = {id_: record for id_, record in records.items() if record.sequences[0]}
    assert len(shown) > 10
    unknown = [id_ for id_, each in shown.items() if reduced(each.status) not in each.sequences[0]]
    assert unknown == []


def test_every_record_is_of_a_scenario_and_every_scenario_has_one() -> None:
    assert {*records_in(OWN_GOLDEN)} == {each.id for each in scenarios_in(OWN_SCENARIOS)}


def test_every_allowance_is_a_row_of_the_page() -> None:
    assert ALLOWANCES - DifferencesPage.read().rows == set()


def test_every_scenario_on_the_page_exists() -> None:
    known = {each.id for each in scenarios_in(OWN_SCENARIOS)}
    listed = DifferencesPage.read().scenarios
    assert {*listed} - known == set()
    assert [id_ for id_, reason in listed.items() if not reason.strip()] == []
