"""The registry of the tests: engines pull from it, and it misbehaves as it is told."""

from __future__ import annotations

import base64
import json
import threading
import urllib.request
from typing import Any
from urllib.parse import quote

import pytest

from tests.plugins.docker.containers import output_of
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.images import SMALL, Image, unseen_image
from tests.plugins.docker.registry import registry


def test_an_engine_pulls_what_it_serves(engine: Engine) -> None:
    with registry(SMALL) as served:
        pulled = Image(reference=served.reference(SMALL), layer=SMALL.layer)
        assert _pull(engine, pulled.reference) is None
        assert output_of(engine, pulled, "echo", "hello") == "hello\n"
    assert [each for each in served.requests if "/manifests/1" in each]
    _forget(engine, pulled.reference)


def test_it_has_no_other_image_and_says_so(engine: Engine) -> None:
    with registry(SMALL) as served:
        problem = _pull(engine, f"{served.address}/other:1")
    assert problem is not None
    assert "manifest unknown" in problem


def test_it_asks_for_a_name_and_a_password(engine: Engine) -> None:
    with registry(SMALL, credentials=("reader", "secret")) as served:
        reference = served.reference(SMALL)
        assert _pull(engine, reference) is not None
        assert _pull(engine, reference, _login("reader", "wrong")) is not None
        assert served.requests == []
        assert _pull(engine, reference, _login("reader", "secret")) is None
    _forget(engine, reference)


def test_nobody_is_served_while_it_is_down(engine: Engine) -> None:
    with registry(SMALL) as served:
        reference = served.reference(SMALL)
        served.go_down()
        problem = _pull(engine, reference)
        assert problem is not None
        assert "connection refused" in problem
        served.come_up()
        assert _pull(engine, reference) is None
    _forget(engine, reference)


def test_a_layer_is_cut_off_until_it_is_released(podman: Engine) -> None:
    image = unseen_image("cut")
    with registry(image) as served:
        reference = served.reference(image)
        served.cut_layers(at=1000)
        problem = _pull(podman, reference)
        assert problem is not None
        assert "unexpected EOF" in problem
        served.release_layers()
        assert _pull(podman, reference) is None
    _forget(podman, reference)


def test_a_layer_is_held_until_it_is_released(engine: Engine) -> None:
    problems: list[str | None] = []
    image = unseen_image("held")
    with registry(image) as served:
        reference = served.reference(image)
        served.hold_layers(at=1000)
        pull = threading.Thread(target=lambda: problems.append(_pull(engine, reference)))
        pull.start()
        assert served.layer_asked.wait(30)
        assert not problems
        served.release_layers()
        pull.join()
    assert problems == [None]
    _forget(engine, reference)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_manifest_is_found_by_tag_and_by_digest(method: str) -> None:
    with registry(SMALL) as served:
        by_tag = _headers(served.address, method, "1")
        by_digest = _headers(served.address, method, by_tag["Docker-Content-Digest"])
    assert by_tag["Docker-Content-Digest"] == by_digest["Docker-Content-Digest"]
    assert by_tag["Content-Type"] == "application/vnd.docker.distribution.manifest.v2+json"


def _headers(address: str, method: str, reference: str) -> dict[str, str]:
    asked = urllib.request.Request(
        f"http://{address}/v2/small/manifests/{reference}", method=method
    )
    with urllib.request.urlopen(asked) as answer:
        assert bool(answer.read()) == (method == "GET")
        return dict(answer.headers)


def _pull(engine: Engine, reference: str, headers: dict[str, str] | None = None) -> str | None:
    """Pull an image; what the engine says of it if it cannot."""
    path = f"/images/create?fromImage={quote(reference, safe='')}"
    status, said = engine.call("POST", path, headers=headers)
    if status != 200:
        return said.decode()
    messages: list[dict[str, Any]] = [json.loads(line) for line in said.splitlines()]
    return next((each["error"] for each in messages if "error" in each), None)


def _login(name: str, password: str) -> dict[str, str]:
    said = json.dumps({"username": name, "password": password}).encode()
    return {"X-Registry-Auth": base64.urlsafe_b64encode(said).decode()}


def _forget(engine: Engine, reference: str) -> None:
    status, said = engine.call("DELETE", f"/images/{reference}?force=true")
    assert status == 200, said
