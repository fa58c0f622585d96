"""By its labels and its name everybody knows whose a container is."""

from __future__ import annotations

import re

import attrs

from seedpod.abc import ContainerKind
from seedpod.spec import ObjectMeta
from seedpod_docker._labels import spec_mark
from tests.plugins.docker.manifests import labels, plan, pod

FIT = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
"""What Docker takes for a name."""


def test_a_sandbox_says_whose_it_is() -> None:
    assert labels(pod(), sandbox_attempt=2).of_pod == {
        "io.seedpod.owner": "1/2/3/boot/machine",
        "io.seedpod.kept": "false",
        "io.seedpod.pod.uid": "u-1",
        "io.seedpod.pod.name": "web",
        "io.seedpod.pod.namespace": "default",
        "io.seedpod.pod.incarnation": "i-1",
        "io.seedpod.sandbox": "2",
    }
    assert labels(pod(), is_kept=True).of_pod["io.seedpod.kept"] == "true"


def test_a_container_says_more() -> None:
    web = pod()
    told = labels(web).of_container(plan(web, attempt=3, kind=ContainerKind.SIDECAR))
    assert {key: told[key] for key in told.keys() - labels(web).of_pod.keys()} == {
        "io.seedpod.container.name": "app",
        "io.seedpod.container.kind": "sidecar",
        "io.seedpod.container.attempt": "3",
        "io.seedpod.container.spec": spec_mark(web.spec.containers[0]),
    }
    assert told.items() >= labels(web).of_pod.items()


def test_every_label_is_text() -> None:
    web = pod()
    told = labels(web).of_container(plan(web))
    assert {type(value) for value in told.values()} == {str}


def test_another_name_or_image_makes_another_container_and_nothing_else_does() -> None:
    [app] = pod().spec.containers
    assert spec_mark(attrs.evolve(app, command=("x",), tty=True)) == spec_mark(app)
    others = [attrs.evolve(app, name="other"), attrs.evolve(app, image="web:2")]
    moved = attrs.evolve(app, name="ap", image="pweb:1")
    assert len({spec_mark(each) for each in (app, *others, moved)}) == 4


def test_names_tell_a_person_what_it_is() -> None:
    web = pod()
    name = labels(web).name_of(plan(web, attempt=3))
    assert re.fullmatch(r"seedpod_app_web_default_[0-9a-f]{12}_3", name)
    name = labels(web, sandbox_attempt=1).name_of_pod()
    assert re.fullmatch(r"seedpod_POD_web_default_[0-9a-f]{12}_1", name)


def test_no_two_have_the_same_name() -> None:
    web = pod()
    names = [
        *(labels(web, uid=uid, sandbox_attempt=n).name_of_pod() for uid in "ab" for n in (0, 1)),
        *(labels(web).name_of(plan(web, attempt=attempt)) for attempt in (0, 1)),
        labels(web).name_of(plan(web, container_id="c-2")),
    ]
    assert len(set(names)) == len(names)


def test_the_same_attempt_has_the_same_name() -> None:
    web = pod()
    assert labels(web).name_of(plan(web)) == labels(web, owner="x").name_of(plan(web))


def test_names_fit() -> None:
    strange = attrs.evolve(pod(), metadata=ObjectMeta(name="a" * 253, namespace="b" * 63, uid="u"))
    names = [labels(strange).name_of_pod(), labels(strange).name_of(plan(strange, name="ä/b c"))]
    assert all(FIT.fullmatch(name) and len(name) <= 250 for name in names)
    assert names[1].startswith("seedpod_--b-c_")
