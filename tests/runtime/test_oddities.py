"""The twelve oddities of Kubernetes, decided: one test each, by its number on the page.

The page is docs/explanation/differences.md, section Oddities.
"""

from __future__ import annotations

from seedpod import Backoff, RunningPod, events
from seedpod._core.resources import qos_class
from seedpod.abc import ContainerPlan
from seedpod.errors import CreateError
from seedpod.spec import (
    Container,
    ExecAction,
    Pod,
    PodSpec,
    Quantity,
    ResourceRequirements,
)
from seedpod.status import Running, Terminated
from seedpod.testing import (
    FakeExecutor,
    FakeExecutorWithPast,
    Script,
    exits,
    fails,
    refuses,
    runs,
    succeeds,
)
from tests.runtime import test_network_http
from tests.runtime.stage import Act, Moments, Scripts, app, init, play, pod, sidecar, stop
from tests.runtime.test_acceptance_probes import every, readiness

CHECK = ExecAction(command=("check",))


def test_01_a_probe_kill_of_the_last_app_keeps_the_probes_grace(backend: str) -> None:
    probe = every(5, failure_threshold=1, termination_grace_period_seconds=3)
    what = pod(app("x", liveness_probe=probe), grace=60)
    scripts: Scripts = {"x": runs(liveness=fails("dead"), stop_after=None)}
    story = play(what, scripts, backend=backend)
    assert story.signalled("x") == [5]
    assert story.killed("x") == [8]
    [killing] = [each.message for each in story.kubernetes_events if each.reason == "Killing"]
    assert killing == "Container x failed liveness probe"


def test_02_an_app_of_its_own_policy_begins_anew_in_another_sandbox(backend: str) -> None:
    executor = FakeExecutorWithPast()
    acts: dict[float, Act] = {5: lambda _: executor.lose("web"), 9: stop()}
    story = play(pod(app("x", "Always")), backend=backend, executor=executor, moments=acts)
    assert story.started("x") == [0, 5]


def test_03_a_sidecar_in_back_off_keeps_its_last_exit(backend: str) -> None:
    what = pod(app("x"), inits=[sidecar("s")])
    story = play(what, {"x": exits(after=15), "s": exits(3)}, backend=backend)
    status = story.status.container("s")
    assert status is not None
    assert isinstance(status.state, Terminated)
    assert (status.state.exit_code, status.state.reason) == (3, "Error")


def test_04_a_shorter_grace_period_reaches_a_kill_in_progress(backend: str) -> None:
    scripts: Scripts = {"x": runs(stop_after=None)}
    moments: Moments = {10: stop(60), 20: stop(5)}
    story = play(pod(app("x"), policy="Always"), scripts, backend=backend, moments=moments)
    assert story.killed("x") == [25]


def test_05_first_wait_and_cap_are_two_settings() -> None:
    assert Backoff(initial_seconds=1).cap_seconds == 300
    assert Backoff(cap_seconds=60).initial_seconds == 10
    assert Backoff.of_node(has_reduced_decay=True) == Backoff(initial_seconds=1, cap_seconds=60)


def test_06_only_attempts_that_were_made_grow_the_back_off(backend: str) -> None:
    class Uncreated(FakeExecutor):
        """Refuses to create the third attempt, three times."""

        refusals = 3

        def script(self, pod: str, plan: ContainerPlan) -> Script:
            if plan.attempt == 2 and self.refusals:
                self.refusals -= 1
                raise CreateError("fake", "x", "no room")
            return super().script(pod, plan)

    executor = Uncreated({"x": exits(1)})
    what = pod(app("x"), policy="Always")
    story = play(what, backend=backend, executor=executor, moments={95: stop(0)})
    # Created at 40 instead of 10; then it waits for 20 seconds as it would have.
    assert story.started("x") == [0, 0, 40, 60]
    refused = play(what, {"x": refuses("no")}, backend=backend, moments={75: stop(0)})
    assert [time for time, _ in refused.exited("x")] == [0, 0, 10, 30, 70]


def test_07_an_init_container_that_runs_again_is_shown_as_it_is(backend: str) -> None:
    executor = FakeExecutorWithPast({"a": exits(after=10)})
    states: list[str] = []

    def look(running: RunningPod) -> None:
        status = running.status.container("a")
        assert status is not None
        states.append(type(status.state).__name__)

    acts: dict[float, Act] = {15: look, 20: lambda _: executor.lose("web"), 25: look, 50: stop()}
    what = pod(app("x"), inits=[init("a")], policy="OnFailure")
    play(what, backend=backend, executor=executor, moments=acts)
    assert states == ["Terminated", "Running"]


def test_08_a_new_attempt_never_carries_what_the_one_before_it_had_come_to(backend: str) -> None:
    probe = every(5, failure_threshold=9)
    what = pod(app("x", startup_probe=probe), policy="Always")
    scripts: Scripts = {"x": [exits(1, after=7), runs(startup=fails())]}
    story = play(what, scripts, backend=backend, moments={9: stop()})
    running = [
        (round(event.time, 6), record.by_name["x"].started)
        for event, record in story.records()
        if isinstance(event, events.ContainerStarted)
        and isinstance(record.by_name["x"].state, Running)
    ]
    assert story.times(events.ContainerStartupChanged) == [0]
    assert running[-1] == (7, False)


def test_09_failures_are_counted_anew_for_every_attempt(backend: str) -> None:
    probe = every(2, failure_threshold=3)
    what = pod(app("x", liveness_probe=probe), policy="Always")
    scripts: Scripts = {"x": [exits(1, after=5, liveness=fails()), runs(liveness=fails())]}
    story = play(what, scripts, backend=backend, moments={15: stop()})
    assert story.signalled("x")[0] == 11


def test_10_an_empty_mapping_of_resources_is_as_good_as_none() -> None:
    amounts = ResourceRequirements(requests={"cpu": Quantity("1")})
    container = Container(name="x", image="i", resources=amounts)
    spec = PodSpec(containers=[container], resources=ResourceRequirements())
    assert qos_class(Pod(spec=spec)) == "Burstable"


def test_11_readiness_is_looked_at_once_out_of_turn_and_no_more(backend: str) -> None:
    what = pod(app("x", readiness_probe=every(10, failure_threshold=1)), policy="Always")
    scripts: Scripts = {"x": runs(readiness={0: fails(), 21: succeeds()})}
    story = play(what, scripts, backend=backend, moments={35: stop()})
    assert story.executor.times("readiness") == [0, 1, 11, 21, 31]
    assert readiness(story, "x") == [(21, True)]


def test_12_a_hook_that_meets_a_server_without_tls_is_tried_again(backend: str) -> None:
    test_network_http.test_a_hook_falls_back_to_http_and_keeps_its_credentials_back(backend)
