"""How a pod comes by its images: a real engine, and a registry that does as it is told."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import anyio
import pytest

import seedpod
from seedpod.events import (
    ContainerImagePulled,
    ContainerImagePulling,
    ContainerImagePullProgressed,
    Event,
    ImagePullSecretsMissing,
)
from seedpod.spec import Pod
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.images import unseen_image
from tests.plugins.docker.inside import (
    QUICK,
    Ended,
    container,
    executor_on,
    has_waited,
    ran,
    to_the_end,
    told,
)
from tests.plugins.docker.registry import Registry, registry

_LOGIN = ("me", "secret")


def test_an_image_is_fetched_unless_it_is_there(engine: Engine) -> None:
    image = unseen_image("fetched")
    with registry(image) as served:
        wanted = _asking(served.reference(image))
        first = ran(engine, wanted)
        asked = len(served.requests)
        second = ran(engine, wanted)
        assert len(served.requests) == asked > 0
        always = ran(engine, wanted | {"imagePullPolicy": "Always"})
        assert len(served.requests) > asked
    assert [each.lines for each in (first, second, always)] == [["ran"]] * 3
    assert [len(_of(each, ContainerImagePulling)) for each in (first, second, always)] == [1, 0, 1]
    [pulled] = _of(first, ContainerImagePulled)
    assert pulled.message.startswith(f'Successfully pulled image "{served.reference(image)}" in ')
    [present] = _of(second, ContainerImagePulled)
    assert "already present on machine" in present.message
    assert first.status_of().image_id.startswith(f"{served.address}/fetched@sha256:")


def test_an_image_that_may_not_be_fetched_is_waited_for(engine: Engine) -> None:
    image = unseen_image("never")
    with registry(image) as served:
        wanted = _asking(served.reference(image), imagePullPolicy="Never")
        told(engine, lambda running: has_waited(running, "ErrImageNeverPull"), wanted)
        assert served.requests == []


def test_an_image_is_had_by_its_digest(engine: Engine) -> None:
    image = unseen_image("digest")
    with registry(image) as served:
        name = served.reference(image)
        ran(engine, _asking(name))
        [digest] = _of_image(engine, name)["RepoDigests"]
        ended = ran(engine, _asking(digest, imagePullPolicy="Always"))
    assert ended.lines == ["ran"]
    assert ended.status_of().image_id == digest


def test_a_name_that_cannot_be_one_is_waited_with(docker: Engine) -> None:
    async def story(running: seedpod.RunningPod) -> str:
        [waited] = await has_waited(running, "InvalidImageName")
        return waited.message

    assert "No/Such" in told(docker, story, container("true", image="No/Such"))


@pytest.mark.parametrize("kind", ["kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"])
def test_a_secret_of_the_pod_opens_the_registry(docker: Engine, kind: str) -> None:
    image = unseen_image("secret")
    with registry(image, credentials=_LOGIN) as served:
        ended = ran(
            docker,
            _asking(served.reference(image)),
            objects=[_pull_secret(served, *_LOGIN, kind=kind)],
            imagePullSecrets=[{"name": "login"}],
        )
    assert ended.lines == ["ran"]


def test_without_the_right_login_the_registry_stays_shut(engine: Engine) -> None:
    async def story(running: seedpod.RunningPod) -> str:
        [waited, _] = await has_waited(running, "ErrImagePull", "ImagePullBackOff")
        return waited.message

    image = unseen_image("wrong")
    with registry(image, credentials=_LOGIN) as served:
        wrong = _pull_secret(served, "me", "wrong")
        wanted = _asking(served.reference(image))
        named: dict[str, Any] = {"imagePullSecrets": [{"name": "login"}]}
        message = told(engine, story, wanted, objects=[wrong], **named)
        assert "secret" not in message.replace("imagePullSecrets", "")
        told(engine, story, wanted)
        assert served.requests == []


def test_a_secret_that_is_missing_is_told_and_the_image_fetched_without(docker: Engine) -> None:
    image = unseen_image("missing")
    with registry(image) as served:
        wanted = _asking(served.reference(image))
        ended = ran(docker, wanted, imagePullSecrets=[{"name": "login"}])
    assert ended.lines == ["ran"]
    [missing] = _of(ended, ImagePullSecretsMissing)
    assert missing.secrets == ("login",)


def test_dockers_own_login_opens_the_registry(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    image = unseen_image("own")
    with registry(image, credentials=_LOGIN) as served:
        login = {"auths": {served.address: {"auth": _auth(*_LOGIN)}}}
        (tmp_path / "config.json").write_text(json.dumps(login))
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        wrong = _pull_secret(served, "me", "wrong")
        named: dict[str, Any] = {"imagePullSecrets": [{"name": "login"}]}
        ended = ran(engine, _asking(served.reference(image)), objects=[wrong], **named)
    assert ended.lines == ["ran"]


def test_a_pod_waits_for_a_registry_that_is_down_and_runs_when_it_is_up(
    engine: Engine, backend: str
) -> None:
    image = unseen_image("down")
    with registry(image) as served:
        wanted = _asking(served.reference(image))
        served.go_down()

        async def story(running: seedpod.RunningPod) -> Ended:
            [refused, backed_off] = await has_waited(running, "ErrImagePull", "ImagePullBackOff")
            assert "refused" in refused.message
            assert backed_off.message.startswith(f'Back-off pulling image "{wanted["image"]}": ')
            served.come_up()
            return await to_the_end(running)

        assert told(engine, story, wanted, backend=backend).lines == ["ran"]


def test_a_pull_that_is_cut_in_the_middle_is_made_again(docker: Engine) -> None:
    image = unseen_image("cut")
    with registry(image) as served:
        served.cut_layers(100_000)

        async def story(running: seedpod.RunningPod) -> Ended:
            await has_waited(running, "ErrImagePull")
            served.release_layers()
            return await to_the_end(running)

        assert told(docker, story, _asking(served.reference(image))).lines == ["ran"]


def test_a_pod_that_is_stopped_while_its_image_is_fetched_ends(
    docker: Engine, backend: str
) -> None:
    image = unseen_image("held")
    with registry(image) as served:
        served.hold_layers(100_000)

        async def story(running: seedpod.RunningPod) -> Ended:
            await anyio.to_thread.run_sync(served.layer_asked.wait)
            running.stop_soon()
            return await to_the_end(running)

        ended = told(docker, story, _asking(served.reference(image)), backend=backend)
    assert ended.lines == []
    assert ended.status.phase == "Failed"


def test_a_pull_tells_how_far_it_has_come(docker: Engine) -> None:
    image = unseen_image("progress")
    with registry(image) as served:
        ended = ran(docker, _asking(served.reference(image)))
    told_of = _of(ended, ContainerImagePullProgressed)
    assert told_of
    received = [each.received_bytes for each in told_of]
    assert received == sorted(received)
    assert received[-1] == told_of[-1].total_bytes > 0


def test_two_pods_that_want_an_image_have_it_fetched_once(docker: Engine, backend: str) -> None:
    image = unseen_image("once")

    async def main(served: Registry) -> list[str]:
        served.hold_layers(100_000)
        async with seedpod.Engine(executor_on(docker), backoff=QUICK) as pods:
            running = [
                pods.start_soon(_pod(name, served.reference(image))) for name in ("one", "two")
            ]
            for each in running:
                await _has_happened(each, ContainerImagePulling)
            served.release_layers()
            return [(await each.wait()).phase for each in running]

    with registry(image) as served:
        assert anyio.run(main, served, backend=backend) == ["Succeeded", "Succeeded"]
        layers = [each for each in served.requests if each.startswith("GET") and "blobs" in each]
    assert len(layers) == len(set(layers)) == 2  # the configuration and the layer


def _asking(image: str, **fields: Any) -> dict[str, Any]:
    return container("echo ran", image=image, **fields)


def _pod(name: str, image: str) -> Pod:
    described = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"restartPolicy": "Never", "containers": [_asking(image)]},
    }
    [pod] = seedpod.load(json.dumps(described))
    return pod


def _auth(username: str, password: str) -> str:
    return base64.b64encode(f"{username}:{password}".encode()).decode()


def _pull_secret(
    served: Registry, username: str, password: str, kind: str = "kubernetes.io/dockerconfigjson"
) -> dict[str, Any]:
    """A Secret `login` with credentials for a registry."""
    logins: dict[str, Any] = {served.address: {"auth": _auth(username, password)}}
    is_old = kind == "kubernetes.io/dockercfg"
    content = json.dumps(logins if is_old else {"auths": logins})
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "login"},
        "type": kind,
        "data": {
            ".dockercfg" if is_old else ".dockerconfigjson": base64.b64encode(
                content.encode()
            ).decode()
        },
    }


def _of(ended: Ended, kind: type[Event]) -> list[Any]:
    return [each for each in ended.events if type(each) is kind]


def _of_image(engine: Engine, name: str) -> dict[str, Any]:
    status, known = engine.call("GET", f"/images/{name}/json")
    assert status == 200, known
    found: dict[str, Any] = json.loads(known)
    return found


async def _has_happened(running: seedpod.RunningPod, kind: type[Event]) -> None:
    async with running.watch() as events:
        async for event in events:
            if type(event) is kind:
                return
    raise AssertionError(f"it never came: {running.status}")
