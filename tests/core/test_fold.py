"""Status as a fold: what each kind of event changes, and what follows from it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seedpod import events
from seedpod._core.fold import apply, conclusions, final_phase
from seedpod._core.record import PodRecord, pod_record
from seedpod._core.snapshot import snapshot, utc
from seedpod.events import Event, StopReason
from seedpod.spec import ObjectMeta, Pod, Probe
from seedpod.status import ContainerStatus, Phase, Running, Terminated, Waiting
from tests.core.sketches import container, sidecar, spec


def record_of(
    *happened: Event, policy: str = "Always", startup_probe: Probe | None = None
) -> PodRecord:
    """A pod of an init container, a sidecar and two apps, after these events."""
    inits = (container("a"), sidecar("s", startup_probe=startup_probe))
    pod = Pod(
        metadata=ObjectMeta(name="web"),
        spec=spec(container("y"), container("x"), inits=inits, policy=policy),
    )
    record = pod_record(pod, host_ips=("127.0.0.1",), pod_ips=("10.0.0.1",))
    for event in happened:
        apply(record, event)
    return record


def seen(record: PodRecord, name: str) -> ContainerStatus:
    status = snapshot(record).container(name)
    assert status is not None
    return status


SUBMITTED = events.PodSubmitted(0, 0.0, None, "u")
OPENED = events.SandboxOpened(1, 1.0, 0)


def starting(name: str, time: float, attempt: int = 0) -> Event:
    return events.ContainerStarting(2, time, 1, name, attempt)


def started(name: str, time: float, attempt: int = 0) -> Event:
    return events.ContainerStarted(2, time, 1, name, attempt, f"fake://{name}/{attempt}")


def exited(name: str, time: float, code: int = 0, attempt: int = 0, reason: str = "") -> Event:
    reason = reason or ("Error" if code else "Completed")
    return events.ContainerExited(3, time, 2, name, attempt, code, reason, "", f"fake://{attempt}")


def backing_off(name: str, time: float) -> Event:
    return events.ContainerWaiting(4, time, 3, name, "CrashLoopBackOff", "back-off 10s", time + 10)


def stopping(time: float) -> Event:
    return events.PodStopping(5, time, None, StopReason.DELETED, 30.0, time + 30)


def test_before_anything_happened_a_pod_is_pending_and_its_containers_wait() -> None:
    status = snapshot(record_of())
    assert status.phase is Phase.PENDING
    assert status.start_time is None
    every = (*status.init_container_statuses, *status.container_statuses)
    assert {each.state for each in every} == {Waiting("PodInitializing")}


def test_a_pod_without_init_containers_waits_for_its_containers_to_be_created() -> None:
    record = pod_record(Pod(spec=spec(container("x"))))
    assert seen(record, "x").state == Waiting("ContainerCreating")


def test_init_containers_stand_in_order_and_apps_by_name() -> None:
    status = snapshot(record_of())
    assert [each.name for each in status.init_container_statuses] == ["a", "s"]
    assert [each.name for each in status.container_statuses] == ["x", "y"]


def test_the_submission_is_the_start_time_and_schedules_the_pod() -> None:
    status = snapshot(record_of(SUBMITTED))
    assert status.start_time == utc(0)
    flags = {each.type: each.status for each in status.conditions}
    assert flags == {
        "PodReadyToStartContainers": "False",
        "Initialized": "False",
        "Ready": "False",
        "ContainersReady": "False",
        "PodScheduled": "True",
    }


def test_a_pod_without_init_containers_is_initialized_from_the_start() -> None:
    record = pod_record(Pod(spec=spec(container("x"))))
    apply(record, SUBMITTED)
    assert record.is_true["Initialized"] is True


def test_addresses_are_shown_as_given() -> None:
    status = snapshot(record_of(SUBMITTED, OPENED))
    assert (status.host_ip, status.host_ips) == ("127.0.0.1", ("127.0.0.1",))
    assert (status.pod_ip, status.pod_ips) == ("10.0.0.1", ("10.0.0.1",))


def test_the_addresses_of_a_sandbox_take_the_place_of_those_known() -> None:
    of_its_own = events.SandboxOpened(1, 1.0, 0, ("10.0.0.2", "fd00::2"))
    status = snapshot(record_of(SUBMITTED, of_its_own))
    assert (status.pod_ip, status.pod_ips) == ("10.0.0.2", ("10.0.0.2", "fd00::2"))
    assert snapshot(record_of(SUBMITTED)).pod_ips == ()


def test_a_container_that_started_runs() -> None:
    status = seen(record_of(SUBMITTED, OPENED, starting("x", 2), started("x", 2)), "x")
    assert status.state == Running(utc(2))
    assert status.container_id == "fake://x/0"
    assert (status.started, status.ready, status.restart_count) == (True, True, 0)


def test_a_running_init_container_is_started_but_not_ready() -> None:
    status = seen(record_of(started("a", 2)), "a")
    assert (status.started, status.ready) == (True, False)


def test_an_init_container_that_succeeded_is_ready() -> None:
    assert seen(record_of(started("a", 2), exited("a", 3)), "a").ready
    assert not seen(record_of(started("a", 2), exited("a", 3, 1)), "a").ready
    killed = exited("a", 3, 0, reason="OOMKilled")
    assert not seen(record_of(started("a", 2), killed), "a").ready


def test_a_sidecar_with_a_startup_probe_is_started_when_the_probe_says_so() -> None:
    probe = Probe()
    record = record_of(started("s", 2), startup_probe=probe)
    assert (seen(record, "s").started, seen(record, "s").ready) == (False, False)
    apply(record, events.ContainerStartupChanged(3, 3.0, 2, "s", is_started=True))
    assert (seen(record, "s").started, seen(record, "s").ready) == (True, True)
    apply(record, events.ContainerReadinessChanged(4, 4.0, 3, "s", is_ready=False))
    assert not seen(record, "s").ready


def test_a_container_that_ended_keeps_its_times() -> None:
    status = seen(record_of(started("x", 2), exited("x", 5, 3)), "x")
    assert status.state == Terminated(3, "Error", "", utc(2), utc(5), "fake://0")
    assert (status.started, status.ready, status.last_state) == (False, False, None)


def test_a_container_that_backs_off_shows_its_last_end_beside() -> None:
    status = seen(record_of(started("x", 2), exited("x", 5, 3), backing_off("x", 5)), "x")
    assert status.state == Waiting("CrashLoopBackOff", "back-off 10s")
    assert status.last_state is not None
    assert status.last_state.exit_code == 3


def test_a_restarted_container_counts_and_keeps_one_last_end() -> None:
    record = record_of(
        started("x", 2),
        exited("x", 3, 1),
        started("x", 3, 1),
        exited("x", 4, 2, 1),
        started("x", 9, 2),
    )
    status = seen(record, "x")
    assert status.restart_count == 2
    assert status.last_state is not None
    assert status.last_state.exit_code == 2


def test_a_stop_during_back_off_shows_the_last_end_again() -> None:
    record = record_of(
        started("x", 2),
        exited("x", 3, 1),
        started("x", 3, 1),
        exited("x", 4, 2, 1),
        backing_off("x", 4),
        stopping(6),
    )
    status = seen(record, "x")
    assert isinstance(status.state, Terminated)
    assert status.state.exit_code == 2
    assert status.last_state is not None
    assert status.last_state.exit_code == 1


def test_a_container_that_could_not_start_ended_when_it_should_have_begun() -> None:
    status = seen(record_of(starting("x", 2), exited("x", 2, 128, reason="StartError")), "x")
    assert status.state == Terminated(128, "StartError", "", utc(2), utc(2), "fake://0")


def test_conclusions_name_what_changed_and_nothing_else() -> None:
    record = record_of(SUBMITTED, OPENED)
    assert list(conclusions(record)) == [("PodReadyToStartContainers", True)]
    record = record_of(SUBMITTED, started("a", 1), exited("a", 2), started("s", 2))
    assert list(conclusions(record)) == [("Initialized", True)]
    for name in ("x", "y"):
        apply(record, started(name, 3))
    assert list(conclusions(record)) == [
        ("Initialized", True),
        ("ContainersReady", True),
        ("Ready", True),
        Phase.RUNNING,
    ]


def test_a_terminal_phase_is_not_concluded_but_asked_for() -> None:
    done = [event for name in "asxy" for event in (started(name, 1), exited(name, 2))]
    record = record_of(SUBMITTED, *done, policy="Never")
    assert not any(isinstance(each, Phase) and each.is_terminal for each in conclusions(record))
    assert final_phase(record) is Phase.SUCCEEDED


def test_a_pod_that_ran_out_of_time_has_failed_whatever_its_apps_did() -> None:
    done = [event for name in "asxy" for event in (started(name, 1), exited(name, 2))]
    late = events.PodStopping(5, 9.0, None, StopReason.DEADLINE_EXCEEDED, 30.0, 39.0)
    assert final_phase(record_of(SUBMITTED, *done, late, policy="Never")) is Phase.FAILED


def test_a_pod_once_initialized_stays_so() -> None:
    record = record_of(SUBMITTED, started("a", 1), exited("a", 2), started("s", 2))
    apply(record, events.PodConditionChanged(9, 2.0, 2, "Initialized", is_true=True))
    apply(record, exited("s", 3, 1))
    condition = snapshot(record).condition("Initialized")
    assert condition is not None
    assert (condition.status, condition.last_transition_time) == ("True", utc(2))


def test_a_condition_changes_its_time_with_its_status_alone() -> None:
    record = record_of(SUBMITTED)
    apply(record, events.PodConditionChanged(9, 7.0, 2, "Ready", is_true=True))
    times = {each.type: each.last_transition_time for each in snapshot(record).conditions}
    assert times["Ready"] == utc(7)
    assert times["ContainersReady"] == utc(0)


def test_a_later_grace_period_is_remembered() -> None:
    record = record_of(SUBMITTED, stopping(6))
    assert record.stop_deadline == 36
    apply(record, events.PodGraceShortened(7, 8.0, None, 2.0, 10.0))
    assert record.stop_deadline == 10


def test_what_blocks_a_pod_is_forgotten_when_it_goes_on_or_stops() -> None:
    blocked = events.PodBlocked(1, 1.0, 0, "FailedMount", "no such thing")
    assert record_of(SUBMITTED, blocked).blocked == blocked
    assert record_of(SUBMITTED, blocked, OPENED).blocked is None
    assert record_of(SUBMITTED, blocked, stopping(6)).blocked is None


@given(st.lists(st.sampled_from(["started", "exited 0", "exited 1", "waiting", "ready"])))
def test_a_snapshot_changes_nothing(steps: list[str]) -> None:
    record = record_of(SUBMITTED)
    for number, step in enumerate(steps):
        attempt = number
        made = {
            "started": started("x", number, attempt),
            "exited 0": exited("x", number, 0, attempt),
            "exited 1": exited("x", number, 1, attempt),
            "waiting": backing_off("x", number),
            "ready": events.ContainerReadinessChanged(9, number, 0, "x", is_ready=True),
        }[step]
        apply(record, made)
        before = repr(record)
        assert snapshot(record) == snapshot(record)
        assert repr(record) == before
