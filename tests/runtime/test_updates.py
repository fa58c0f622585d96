"""What can be changed of a pod while it runs, and what follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from seedpod import RunningPod, events
from seedpod.errors import SpecError
from seedpod.spec import (
    DownwardAPIVolumeFile,
    DownwardAPIVolumeSource,
    ObjectFieldSelector,
    Pod,
    PodReadinessGate,
    Volume,
    VolumeMount,
)
from seedpod.testing import exits, runs
from tests.runtime.stage import Act, Moments, Scripts, Story, app, init, play, pod, sidecar, stop
from tests.runtime.test_acceptance_waiting import watching


def updated(change: Callable[[Pod], Pod]) -> Act:
    """Put what *change* makes of the pod in its place."""
    return lambda running: running.update(change(running.pod))


def with_image(name: str, image: str) -> Callable[[Pod], Pod]:
    """The same pod, but one container of it has another image."""

    def change(old: Pod) -> Pod:
        spec = old.spec
        inits, apps = (
            tuple(attrs.evolve(each, image=image) if each.name == name else each for each in some)
            for some in (spec.init_containers, spec.containers)
        )
        return attrs.evolve(old, spec=attrs.evolve(spec, init_containers=inits, containers=apps))

    return change


def with_spec(**fields: Any) -> Callable[[Pod], Pod]:
    return lambda old: attrs.evolve(old, spec=attrs.evolve(old.spec, **fields))


def with_labels(**labels: str) -> Callable[[Pod], Pod]:
    return lambda old: attrs.evolve(old, metadata=attrs.evolve(old.metadata, labels=labels))


def killings(story: Story) -> list[str]:
    return [each.message for each in story.kubernetes_events if each.reason == "Killing"]


@pytest.mark.parametrize("policy", ["Always", "Never"])
def test_another_image_replaces_an_app_whatever_the_policy(backend: str, policy: str) -> None:
    scripts: Scripts = {"x": [runs(stop_after=2), exits(0, after=5)]}
    moments: Moments = {10: updated(with_image("x", "new")), 30: stop()}
    story = play(pod(app("x"), policy=policy), scripts, backend=backend, moments=moments)
    assert story.started("x")[:2] == [0, 12]
    assert killings(story)[0] == "Container x definition changed, will be restarted"
    status = story.status.container("x")
    assert status is not None
    assert status.image == "new"


def test_another_image_replaces_a_sidecar_and_not_an_init_container(backend: str) -> None:
    what = pod(app("x"), inits=[init("a"), sidecar("s")], policy="Always")
    moments: Moments = {
        10: updated(with_image("a", "new")),
        20: updated(with_image("s", "new")),
        40: stop(),
    }
    story = play(what, backend=backend, moments=moments)
    assert story.started("a") == [0]
    assert story.started("s") == [0, 20]
    assert story.started("x") == [0]
    assert killings(story)[0] == "Init container s definition changed"


def test_another_image_ends_a_back_off_and_begins_the_curve_anew(backend: str) -> None:
    scripts: Scripts = {"x": exits(1)}
    moments: Moments = {15: updated(with_image("x", "new")), 28: stop()}
    story = play(pod(app("x"), policy="Always"), scripts, backend=backend, moments=moments)
    assert story.started("x") == [0, 0, 10, 15, 15, 25]


def test_labels_reach_the_volumes_that_show_them(backend: str) -> None:
    shown = DownwardAPIVolumeFile(
        path="tier", field_ref=ObjectFieldSelector(field_path="metadata.labels['tier']")
    )
    volume = Volume(name="about", downward_api=DownwardAPIVolumeSource(items=[shown]))
    mount = VolumeMount(name="about", mount_path="/about")
    executor = watching({"x": runs()})
    what = pod(app("x", volume_mounts=[mount]), volumes=[volume], policy="Always")
    seen: list[str] = []

    def look(_: RunningPod) -> None:
        assert executor.context is not None
        seen.append((executor.context.volumes["about"] / "tier").read_text())

    moments: Moments = {
        5: look,
        10: updated(with_labels(tier="web")),
        11: look,
        20: stop(),
    }
    story = play(what, backend=backend, executor=executor, moments=moments)
    assert seen == ["", "web"]
    assert story.started("x") == [0]
    [event] = story.of(events.PodUpdated)
    assert isinstance(event, events.PodUpdated)
    assert event.fields == ("metadata.labels",)


def test_a_deadline_can_be_set_and_lowered_while_the_pod_runs(backend: str) -> None:
    moments: Moments = {
        5: updated(with_spec(active_deadline_seconds=60)),
        6: updated(with_spec(active_deadline_seconds=20)),
    }
    story = play(pod(app("x"), policy="Always"), backend=backend, moments=moments)
    assert story.phases()[-1] == (20, "Failed")
    assert story.status.reason == "DeadlineExceeded"


def test_a_deadline_that_has_passed_when_it_is_set_ends_the_pod(backend: str) -> None:
    moments: Moments = {30: updated(with_spec(active_deadline_seconds=20))}
    story = play(pod(app("x"), policy="Always"), backend=backend, moments=moments)
    assert story.phases()[-1] == (30, "Failed")


def test_an_update_counts_generations(backend: str) -> None:
    seen: list[int | None] = []

    def look(running: RunningPod) -> None:
        seen.append(running.status.observed_generation)

    moments: Moments = {
        1: look,
        2: updated(with_image("x", "new")),
        3: look,
        4: updated(with_labels(a="b")),
        5: look,
        6: stop(),
    }
    play(pod(app("x"), policy="Always"), backend=backend, moments=moments)
    assert seen == [1, 2, 2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_spec(hostname="other"), "changed: spec.hostname"),
        (with_spec(active_deadline_seconds=-1), "spec.activeDeadlineSeconds"),
        (with_spec(containers=()), "spec.containers"),
        (lambda old: attrs.evolve(old, metadata=attrs.evolve(old.metadata, name="y")), "must stay"),
    ],
)
def test_what_may_not_change_is_refused_and_nothing_changes(
    backend: str, change: Callable[[Pod], Pod], said: str
) -> None:
    def act(running: RunningPod) -> None:
        before = running.pod
        with pytest.raises(SpecError, match=said):
            running.update(change(before))
        assert running.pod is before

    story = play(pod(app("x"), policy="Always"), backend=backend, moments={5: act, 6: stop()})
    assert story.of(events.PodUpdated) == []


def test_a_pod_that_has_ended_stays_as_it_is(backend: str) -> None:
    ended: list[RunningPod] = []
    play(pod(app("x")), {"x": exits()}, backend=backend, moments={0: ended.append})
    [running] = ended
    before = running.pod
    running.update(with_labels(a="b")(before))
    assert running.pod is before


def test_a_pod_with_gates_is_ready_once_somebody_says_so(backend: str) -> None:
    gate = PodReadinessGate(condition_type="example.com/registered")
    what = pod(app("x"), policy="Always", readiness_gates=[gate])
    said: list[tuple[str, str]] = []

    def look(running: RunningPod) -> None:
        ready = running.status.condition("Ready")
        assert ready is not None
        said.append((ready.status, ready.reason))

    def register(status: str) -> Act:
        return lambda running: running.set_condition(
            "example.com/registered", status, reason="Asked", message="by hand"
        )

    moments: Moments = {
        5: look,
        10: register("True"),
        11: look,
        20: register("False"),
        21: look,
        30: stop(),
    }
    story = play(what, backend=backend, moments=moments)
    closed = ("False", "ReadinessGatesNotReady")
    assert said == [closed, ("True", ""), closed]
    [own] = [each for each in story.status.conditions if each.type == "example.com/registered"]
    assert (own.status, own.reason, own.message) == ("False", "Asked", "by hand")


@pytest.mark.parametrize(("type_", "status"), [("Ready", "True"), ("mine", "true")])
def test_a_condition_that_others_may_not_set_is_refused(
    backend: str, type_: str, status: str
) -> None:
    def act(running: RunningPod) -> None:
        with pytest.raises(ValueError, match=r"type_|status"):
            running.set_condition(type_, status)

    play(pod(app("x"), policy="Always"), backend=backend, moments={1: act, 2: stop()})
