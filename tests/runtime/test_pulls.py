"""Images that are fetched: once for all who want them, with what the registry wants to see."""

from __future__ import annotations

import json
from collections.abc import Mapping

import anyio
import attrs
import pytest

from seedpod import Engine, RunningPod, events
from seedpod.abc import ImagePull, PullProgress
from seedpod.events import Event
from seedpod.spec import Container, LocalObjectReference, ObjectMeta, Pod, Secret
from seedpod.testing import FakeExecutorWithImages, run_virtual
from tests.runtime.stage import Act, Moments, Story, app, at, play, pod, stop

IMAGE = "r.example/web:1"


def container(name: str, image: str = IMAGE, policy: str = "IfNotPresent") -> Container:
    return attrs.evolve(app(name), image=image, image_pull_policy=policy)


def secret(password: str, name: str = "regcred") -> Secret:
    config = {"auths": {"r.example": {"username": "u", "password": password}}}
    return secret_of(json.dumps(config), name)


def secret_of(text: str, name: str = "regcred") -> Secret:
    return Secret(
        metadata=ObjectMeta(name=name, namespace="default"),
        type="kubernetes.io/dockerconfigjson",
        data={".dockerconfigjson": text.encode()},
    )


def with_secrets(*names: str, what: Pod | None = None) -> Pod:
    what = what or pod(container("x"))
    references = [LocalObjectReference(name=name) for name in names]
    return attrs.evolve(what, spec=attrs.evolve(what.spec, image_pull_secrets=references))


def applying(what: Secret) -> Act:
    return lambda running: running._run.settings.objects.apply(what)


def progress(*received: int, total: int | None = 100) -> Mapping[str, list[PullProgress]]:
    return {IMAGE: [PullProgress(each, total) for each in received]}


def told(story: Story, container: str = "x") -> list[tuple[float, int, int | None]]:
    return [
        (at(each), each.received_bytes, each.total_bytes)
        for each in story.of(events.ContainerImagePullProgressed, container=container)
        if isinstance(each, events.ContainerImagePullProgressed)
    ]


def play_all(
    executor: FakeExecutorWithImages,
    pods: Mapping[int, Pod],
    moments: Mapping[int, str],
    backend: str,
    *objects: Secret,
) -> list[tuple[str, Event]]:
    """Submit pods at some moments, stop them by name at others; the events with their pods."""
    seen: list[tuple[str, Event]] = []

    async def submit(engine: Engine, moment: float, what: Pod) -> None:
        await anyio.sleep(moment)
        engine.start_soon(what)

    async def stop_later(engine: Engine, moment: float, name: str) -> None:
        await anyio.sleep(moment)
        found: list[RunningPod] = [each for each in engine.pods if each.pod.metadata.name == name]
        for each in found:
            each.stop_soon(0)

    async def main() -> None:
        async with (
            Engine(
                executor,
                objects=objects,
                observers=[lambda one, event: seen.append((one.metadata.name, event))],
                wall_clock=lambda: 0.0,
            ) as engine,
            anyio.create_task_group() as group,
        ):
            for moment, what in pods.items():
                group.start_soon(submit, engine, moment, what)
            for moment, name in moments.items():
                group.start_soon(stop_later, engine, moment, name)

    run_virtual(main, backend=backend)
    return seen


def times(seen: list[tuple[str, Event]], kind: type[Event], name: str) -> list[float]:
    return [at(event) for whose, event in seen if whose == name and isinstance(event, kind)]


def test_the_next_container_of_a_pod_finds_what_was_fetched_for_the_one_before(
    backend: str,
) -> None:
    executor = FakeExecutorWithImages(pull_seconds=10)
    what = pod(container("x"), container("y"))
    story = play(what, backend=backend, executor=executor, moments={20: stop()})
    assert executor.times(f"pull {IMAGE}") == [0]
    assert story.started("x") == story.started("y") == [10]


@pytest.mark.parametrize("policy", ["IfNotPresent", "Always"])
def test_pods_share_the_pull_of_an_image(backend: str, policy: str) -> None:
    executor = FakeExecutorWithImages(pull_seconds=10)
    one, other = (pod(container("x", policy=policy), name=name) for name in ("a", "b"))
    seen = play_all(executor, {0: one, 4: other}, {20: "a", 21: "b"}, backend)
    assert executor.times(f"pull {IMAGE}") == [0]
    for name in ("a", "b"):
        assert times(seen, events.ContainerStarted, name) == [10]


def test_pods_share_the_failure_of_a_pull_and_each_backs_off_by_itself(backend: str) -> None:
    executor = FakeExecutorWithImages(refused={IMAGE: "no"}, pull_seconds=2)
    pods = {0: pod(container("x"), name="a"), 1: pod(container("x"), name="b")}
    seen = play_all(executor, pods, {10: "a", 13: "b"}, backend)
    assert executor.times(f"pull {IMAGE}") == [0, 12]
    waits = [
        (whose, at(event), event.reason)
        for whose, event in seen
        if isinstance(event, events.ContainerWaiting)
    ]
    assert sorted(waits) == [
        ("a", 2, "ErrImagePull"),
        ("a", 2, "ImagePullBackOff"),
        ("b", 2, "ErrImagePull"),
        ("b", 2, "ImagePullBackOff"),
    ]


def test_different_images_are_fetched_at_once(backend: str) -> None:
    executor = FakeExecutorWithImages(pull_seconds=10)
    pods = {
        0: pod(container("x"), name="a"),
        1: pod(container("x", "r.example/other:1"), name="b"),
    }
    seen = play_all(executor, pods, {20: "a", 21: "b"}, backend)
    assert times(seen, events.ContainerStarted, "a") == [10]
    assert times(seen, events.ContainerStarted, "b") == [11]


def test_a_pull_with_other_credentials_waits_for_its_turn(backend: str) -> None:
    executor = FakeExecutorWithImages(pull_seconds=10, protected={IMAGE: "p"})
    pods = {
        0: with_secrets("one", what=pod(container("x"), name="a")),
        4: with_secrets("other", what=pod(container("x"), name="b")),
    }
    secrets = [secret("p", "one"), secret("q", "other")]
    seen = play_all(executor, pods, {25: "a", 26: "b"}, backend, *secrets)
    assert executor.times(f"pull {IMAGE}") == [0, 10]
    assert times(seen, events.ContainerStarted, "a") == [10]
    assert times(seen, events.ContainerWaiting, "b")[0] == 20
    assert [each.credentials[0].password for each in executor.pulls] == ["p", "q"]


def test_a_pull_that_somebody_waits_for_goes_on_when_its_first_pod_stops(backend: str) -> None:
    executor = FakeExecutorWithImages(pull_seconds=10)
    pods = {0: pod(container("x"), name="a"), 1: pod(container("x"), name="b")}
    seen = play_all(executor, pods, {5: "a", 20: "b"}, backend)
    assert executor.times(f"abandon {IMAGE}") == []
    assert times(seen, events.PodFinished, "a") == [5]
    assert times(seen, events.ContainerStarted, "b") == [10]


def test_a_pull_that_nobody_waits_for_is_given_up(backend: str) -> None:
    executor = FakeExecutorWithImages(pull_seconds=10)
    pods = {0: pod(container("x"), name="a"), 7: pod(container("x"), name="b")}
    seen = play_all(executor, pods, {5: "a", 20: "b"}, backend)
    assert executor.times(f"abandon {IMAGE}") == [5]
    assert executor.times(f"pull {IMAGE}") == [0, 7]
    assert times(seen, events.ContainerStarted, "b") == [17]


def test_who_comes_while_a_pull_is_given_up_makes_one_of_its_own(backend: str) -> None:
    class Slow(FakeExecutorWithImages):
        async def pull_image(self, pull: ImagePull) -> int:
            try:
                return await super().pull_image(pull)
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.sleep(3)
                self.note("", "", "over")

    executor = Slow(pull_seconds=10)
    pods = {0: pod(container("x"), name="a"), 6: pod(container("x"), name="b")}
    seen = play_all(executor, pods, {5: "a", 30: "b"}, backend)
    assert executor.times("over") == [8, 21]
    assert executor.times(f"pull {IMAGE}") == [0, 8]
    assert times(seen, events.ContainerStarted, "b") == [21]


def test_a_pull_ends_with_its_engine(backend: str) -> None:
    executor = FakeExecutorWithImages(pull_seconds=10)
    story = play(pod(container("x")), backend=backend, executor=executor, cancel_at=5)
    assert executor.times(f"abandon {IMAGE}") == [5]
    assert story.end == 5
    assert story.times(events.ContainerWaiting) == []


def test_a_mistake_of_an_executor_that_fetches_ends_the_engine(backend: str) -> None:
    class Wrong(FakeExecutorWithImages):
        async def pull_image(self, pull: ImagePull) -> int:
            await super().pull_image(pull)
            raise ZeroDivisionError

    seen: list[Event] = []

    async def main() -> None:
        async with Engine(
            Wrong(pull_seconds=1), observers=[lambda _, event: seen.append(event)]
        ) as engine:
            engine.start_soon(pod(container("x")))

    with pytest.raises(ExceptionGroup) as caught:
        run_virtual(main, backend=backend)
    assert caught.group_contains(ZeroDivisionError)
    last = [each for each in seen if isinstance(each, events.ContainerEvent)][-1]
    assert isinstance(last, events.ContainerImagePulling)


def test_progress_is_told_once_a_second_and_at_the_end(backend: str) -> None:
    executor = FakeExecutorWithImages(progress=progress(*range(10, 100, 10)), pull_seconds=2.25)
    story = play(pod(container("x")), backend=backend, executor=executor, moments={9: stop()})
    assert told(story) == [(0.25, 10, 100), (1.25, 50, 100), (2.25, 90, 100)]
    kinds = [type(each) for each in story.of(events.ContainerEvent)]
    assert kinds.index(events.ContainerImagePulled) > kinds.index(
        events.ContainerImagePullProgressed
    )
    told_as = {each.reason for each in story.kubernetes_events}
    assert told_as == {"Pulling", "Pulled", "Created", "Started", "Killing"}


def test_the_last_progress_is_told_even_if_it_comes_too_early(backend: str) -> None:
    executor = FakeExecutorWithImages(progress=progress(10, 20), pull_seconds=0.5)
    story = play(pod(container("x")), backend=backend, executor=executor, moments={9: stop()})
    assert told(story) == [(0.25, 10, 100), (0.5, 20, 100)]


def test_the_last_progress_of_a_pull_that_fails_is_told_before_that(backend: str) -> None:
    executor = FakeExecutorWithImages(
        progress=progress(10, 20, total=None), refused={IMAGE: "no"}, pull_seconds=0.5
    )
    story = play(pod(container("x")), backend=backend, executor=executor, moments={9: stop()})
    assert told(story) == [(0.25, 10, None), (0.5, 20, None)]
    assert story.times(events.ContainerWaiting)[0] == 0.5


def test_progress_that_is_no_news_is_not_told_again(backend: str) -> None:
    executor = FakeExecutorWithImages(progress=progress(10, 10, 10), pull_seconds=30)
    story = play(pod(container("x")), backend=backend, executor=executor, moments={40: stop()})
    assert told(story) == [(10, 10, 100)]


def test_who_joins_a_pull_is_told_how_far_it_has_come(backend: str) -> None:
    executor = FakeExecutorWithImages(progress=progress(10, 20), pull_seconds=20)
    pods = {0: pod(container("x"), name="a"), 14: pod(container("x"), name="b")}
    seen = play_all(executor, pods, {30: "a", 31: "b"}, backend)
    assert times(seen, events.ContainerImagePullProgressed, "a") == [10, 20]
    assert times(seen, events.ContainerImagePullProgressed, "b") == [14, 20]


def test_nothing_is_told_of_a_pull_to_a_pod_that_has_stopped(backend: str) -> None:
    executor = FakeExecutorWithImages(progress=progress(10, 20, 30), pull_seconds=30)
    pods = {0: pod(container("x"), name="a"), 1: pod(container("x"), name="b")}
    seen = play_all(executor, pods, {15: "a", 40: "b"}, backend)
    assert times(seen, events.ContainerImagePullProgressed, "a") == [10]
    assert times(seen, events.ContainerImagePullProgressed, "b") == [10, 20, 30]


def test_what_is_told_at_the_moment_of_a_stop_comes_too_late(backend: str) -> None:
    executor = FakeExecutorWithImages(pull_seconds=30)

    def act(running: RunningPod) -> None:
        running.stop_soon(0)
        executor.pulls[0].tell(PullProgress(50, 100))

    story = play(pod(container("x")), backend=backend, executor=executor, moments={10: act})
    assert told(story) == []
    assert story.end == 10


def test_a_protected_image_is_fetched_with_the_secret_of_its_pod(backend: str) -> None:
    executor = FakeExecutorWithImages(protected={IMAGE: "p"})
    what = with_secrets("", "regcred")
    play(what, backend=backend, executor=executor, objects=[secret("p")], moments={9: stop()})
    [pull] = executor.pulls
    [shown] = pull.credentials
    assert (shown.registry, shown.username, shown.password) == ("r.example", "u", "p")
    assert IMAGE in executor.present


def test_what_belongs_to_another_registry_is_not_shown(backend: str) -> None:
    executor = FakeExecutorWithImages()
    what = with_secrets("regcred", what=pod(container("x", "web:1")))
    play(what, backend=backend, executor=executor, objects=[secret("p")], moments={9: stop()})
    assert [pull.credentials for pull in executor.pulls] == [()]


def test_a_secret_that_is_missing_is_named_and_the_image_fetched_without_it(backend: str) -> None:
    executor = FakeExecutorWithImages(protected={IMAGE: "p"})
    what = with_secrets("a", "", "regcred", "b")
    moments: Moments = {5: applying(secret("p")), 19: stop()}
    story = play(what, backend=backend, executor=executor, moments=moments)
    missing = [
        (at(each), each.secrets)
        for each in story.of(events.ImagePullSecretsMissing)
        if isinstance(each, events.ImagePullSecretsMissing)
    ]
    assert missing == [(0, ("a", "regcred", "b")), (10, ("a", "b"))]
    assert story.started("x") == [10]
    said = [
        (each.type, each.message, each.container)
        for each in story.kubernetes_events
        if each.reason == "FailedToRetrieveImagePullSecret"
    ]
    words = "Unable to retrieve some image pull secrets ({}); attempting to pull the image may not"
    assert said == [
        ("Warning", f"{words.format('a, regcred, b')} succeed.", ""),
        ("Warning", f"{words.format('a, b')} succeed.", ""),
    ]


def test_an_image_that_is_there_needs_no_secret(backend: str) -> None:
    executor = FakeExecutorWithImages(present=[IMAGE])
    story = play(with_secrets("a"), backend=backend, executor=executor, moments={9: stop()})
    assert story.of(events.ImagePullSecretsMissing) == []
    assert story.started("x") == [0]


def test_a_secret_that_cannot_be_read_fails_the_pull_until_it_is_mended(backend: str) -> None:
    executor = FakeExecutorWithImages(protected={IMAGE: "p"})
    moments: Moments = {5: applying(secret("p")), 19: stop()}
    story = play(
        with_secrets("regcred"),
        backend=backend,
        executor=executor,
        objects=[secret_of("hush")],
        moments=moments,
    )
    waits = [
        (each.reason, each.message)
        for each in story.of(events.ContainerWaiting)
        if isinstance(each, events.ContainerWaiting)
    ]
    assert waits[0] == (
        "ErrImagePull",
        'image pull secret "regcred": .dockerconfigjson: must be JSON',
    )
    assert executor.times(f"pull {IMAGE}") == story.started("x") == [10]
