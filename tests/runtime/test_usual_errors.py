"""What engines that run pods get wrong most often: each here once, by its number on the list.

Source: issues of Kubernetes and of engines like this one; the numbers are kept in comments.
"""

from __future__ import annotations

from seedpod import RunningPod, events
from seedpod._core.expansion import expand
from seedpod._core.resources import effective_requests, qos_class
from seedpod.spec import (
    Container,
    ExecAction,
    Lifecycle,
    LifecycleHandler,
    Pod,
    Probe,
    Quantity,
    ResourceRequirements,
)
from seedpod.status import Terminated, Waiting
from seedpod.testing import (
    FakeExecutorWithImages,
    FakeExecutorWithPast,
    exits,
    fails,
    runs,
    succeeds,
)
from tests.core import test_environment
from tests.runtime import test_performing
from tests.runtime.stage import Act, Scripts, Story, app, init, play, pod, sidecar, stop

CHECK = ExecAction(command=("check",))
HOOK = LifecycleHandler(exec=ExecAction(command=("hook",)))


def status_rows(story: Story) -> list[str]:
    return [row[1] for row in story.rows()]


def requesting(name: str, cpu: str, **fields: str) -> Container:
    amounts = ResourceRequirements(requests={"cpu": Quantity(cpu)})
    return Container(name=name, image="i", resources=amounts, **fields)  # type: ignore[arg-type]


def test_01_readiness_of_a_sidecar_holds_back_the_next_init_container(backend: str) -> None:
    unready = sidecar("s", readiness_probe=Probe(exec=CHECK))
    what = pod(app("x"), inits=[unready, init("b")])
    story = play(what, {"s": runs(readiness=fails()), "x": exits(after=1)}, backend=backend)
    assert story.started("b") == [0]


def test_02_a_sidecar_is_counted_as_an_app(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s")], grace=5)
    failed = play(what, {"s": runs(exit_code=1), "x": exits()}, backend=backend)
    assert failed.status.phase == "Succeeded"
    slow = play(what, {"s": runs(stop_after=3), "x": exits(after=2)}, backend=backend)
    assert slow.phases() == [(0, "Running"), (5, "Succeeded")]


def test_03_hooks_of_sidecars_wait_for_their_turn_to_be_signalled(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s", lifecycle=Lifecycle(pre_stop=HOOK))], policy="Always")
    scripts: Scripts = {"x": runs(stop_after=5), "s": runs(pre_stop=succeeds(after=1))}
    story = play(what, scripts, backend=backend, moments={10: stop()})
    assert story.executor.times("preStop", "s") == [10]
    assert story.signalled("s") == [15]


def test_04_every_container_is_given_the_whole_grace_period(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s1"), sidecar("s2")], policy="Always", grace=10)
    scripts: Scripts = {name: runs(stop_after=None) for name in ("x", "s1", "s2")}
    story = play(what, scripts, backend=backend, moments={5: stop()})
    assert story.end == 17


def test_05_the_kill_comes_without_two_seconds_for_the_signal(backend: str) -> None:
    story = play(
        pod(app("x"), policy="Always"),
        {"x": runs(stop_after=1.5)},
        backend=backend,
        moments={10: stop(0)},
    )
    assert story.killed("x") == []
    assert story.exited("x") == [(11.5, 143)]


def test_06_an_image_that_cannot_be_fetched_fails_a_pod(backend: str) -> None:
    executor = FakeExecutorWithImages(refused={"i:latest": "no"})
    story = play(pod(app("x")), backend=backend, executor=executor, moments={900: stop()})
    assert story.phases() == [(900, "Failed")]


def test_07_the_first_restart_waits_and_success_begins_the_curve_anew(backend: str) -> None:
    scripts: Scripts = {"x": [exits(1), exits(0), exits(1), exits(0)]}
    story = play(pod(app("x"), policy="Always"), scripts, backend=backend, moments={35: stop()})
    assert story.started("x") == [0, 0, 10, 30]


def test_08_crash_loop_shows_though_nobody_was_kept_waiting(backend: str) -> None:
    scripts: Scripts = {"x": [exits(1, after=1), runs()]}
    story = play(pod(app("x"), policy="Always"), scripts, backend=backend, moments={5: stop()})
    assert "CrashLoopBackOff" not in status_rows(story)


def test_09_the_phase_is_terminal_while_a_container_runs(backend: str) -> None:
    what = pod(app("x"), app("y"), active_deadline_seconds=5)
    story = play(what, {"x": exits(1), "y": runs(stop_after=4)}, backend=backend)
    assert story.phases() == [(0, "Running"), (9, "Failed")]


def test_10_an_app_is_being_created_while_the_pod_initializes(backend: str) -> None:
    waiting: list[object] = []

    def look(running: RunningPod) -> None:
        status = running.status.container("x")
        assert status is not None
        waiting.append(status.state)

    what = pod(app("x"), inits=[init("a")])
    play(what, {"a": exits(after=5), "x": exits()}, backend=backend, moments={2: look})
    assert waiting == [Waiting("PodInitializing")]


def test_11_init_containers_run_with_every_restart_and_not_in_another_sandbox(
    backend: str,
) -> None:
    executor = FakeExecutorWithPast({"x": [exits(1, after=5), runs()]})
    what = pod(app("x"), inits=[init("a")], policy="Always")
    acts: dict[float, Act] = {20: lambda _: executor.lose("web"), 30: stop()}
    story = play(what, backend=backend, executor=executor, moments=acts)
    assert story.started("x")[:2] == [0, 5]
    assert story.started("a") == [0, 20]


def test_12_liveness_is_asked_too_early_or_too_late(backend: str) -> None:
    probe = Probe(exec=CHECK, period_seconds=1, failure_threshold=1)
    slow = Probe(exec=CHECK, period_seconds=1, failure_threshold=60)
    what = pod(app("x", liveness_probe=probe, startup_probe=slow), policy="Always")
    script = runs(startup={0: fails(), 9.5: succeeds()}, liveness={0: fails(), 10: succeeds()})
    story = play(what, {"x": [script, runs()]}, backend=backend, moments={20: stop()})
    assert story.started("x") == [0]
    assert min(story.executor.times("liveness")) == 10
    assert max(story.executor.times("liveness")) <= 20


def test_13_the_word_for_a_pod_depends_on_the_order_of_its_manifest(backend: str) -> None:
    what = pod(app("b"), app("a"), policy="Always")
    story = play(what, {"a": exits(1), "b": runs()}, backend=backend, moments={5: stop()})
    assert [each.name for each in story.status.container_statuses] == ["a", "b"]
    assert (0, "CrashLoopBackOff", "1/2") in story.rows()


def test_14_apps_are_started_in_parallel(backend: str) -> None:
    what = pod(app("x", lifecycle=Lifecycle(post_start=HOOK)), app("y"), app("z"), policy="Always")
    scripts: Scripts = {"x": runs(post_start=succeeds(after=3)), "y": runs(start_after=2)}
    story = play(what, scripts, backend=backend, moments={20: stop()})
    assert story.times(events.ContainerStarting, "y") == [3]
    assert story.times(events.ContainerStarting, "z") == [5]


def test_15_references_are_expanded_where_they_are_not_or_lost(backend: str) -> None:
    assert expand("$(MISSING) and $$(A)", {"A": "a"}) == "$(MISSING) and $(A)"
    test_environment.test_what_comes_from_an_object_is_not_expanded()
    test_performing.test_a_hooks_command_is_run_as_it_stands(backend)


def test_16_a_hook_by_http_fails_with_the_status_it_is_answered(backend: str) -> None:
    test_performing.test_a_hook_by_http_is_success_whatever_the_answer(backend)


def test_17_init_containers_are_added_up_and_sidecars_forgotten() -> None:
    what = Pod(
        spec=pod(
            requesting("x", "1"),
            inits=[
                requesting("a", "5"),
                requesting("s", "2", restart_policy="Always"),
                requesting("b", "4"),
            ],
        ).spec
    )
    # b beside s: 6; x beside s: 3; a before s: 5.
    assert effective_requests(what)["cpu"] == Quantity("6")


def test_18_the_class_of_a_pod_is_decided_by_its_apps_alone() -> None:
    same = {"cpu": Quantity("1"), "memory": Quantity("1Gi")}
    whole = ResourceRequirements(requests=same, limits=same)
    guaranteed = Container(name="x", image="i", resources=whole)
    assert qos_class(pod(guaranteed)) == "Guaranteed"
    assert qos_class(pod(guaranteed, inits=[init("a")])) == "Burstable"


def test_19_an_apps_own_policy_makes_a_sidecar_of_it(backend: str) -> None:
    what = pod(app("x", "Always"), app("y"))
    scripts: Scripts = {"x": exits(0, after=5), "y": exits(after=1)}
    story = play(what, scripts, backend=backend, moments={100: stop()})
    assert story.started("x")[:2] == [0, 5]
    assert story.phases() == [(0, "Running"), (100, "Succeeded")]


def test_20_sidecars_are_restarted_while_the_pod_ends(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s")], policy="Always", grace=30)
    scripts: Scripts = {"x": runs(stop_after=9), "s": exits(0, after=12)}
    story = play(what, scripts, backend=backend, moments={10: stop()})
    assert story.started("s") == [0]
    assert story.exited("s") == [(12, 0)]
    status = story.status.container("s")
    assert status is not None
    assert isinstance(status.state, Terminated)
