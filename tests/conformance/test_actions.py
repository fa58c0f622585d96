"""When an action is due, and what a patch makes of a pod."""

from __future__ import annotations

from typing import Any

import pytest

import seedpod
from seedpod.errors import SpecError
from tests.conformance.actions import is_due, patched, with_images
from tests.conformance.claims import Evidence, MalformedError
from tests.conformance.lifecycle_log import parse_log

_STATUSES: list[dict[str, Any]] = [
    {"name": "up", "state": {"running": {}}, "ready": True, "started": True, "restartCount": 2},
    {"name": "down", "state": {"terminated": {"exitCode": 0}}, "started": False},
    {"name": "late", "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
]
_CONDITIONS = [{"type": "Ready", "status": "False"}, {"type": "Odd", "status": "True"}]
_SEEN = Evidence(
    lines=parse_log("1 up Started\n2 up Exiting\n3 up Started"),
    pod={
        "status": {
            "phase": "Running",
            "conditions": _CONDITIONS,
            "containerStatuses": _STATUSES,
        }
    },
    events=[{"reason": "BackOff"}],
)


@pytest.mark.parametrize(
    ("kind", "holds", "fails"),
    [
        ("phase", "Running", "Pending"),
        ("running", "up", "down"),
        ("running", ["up"], ["up", "down"]),
        ("started", "up", "down"),
        ("ready", "up", "late"),
        ("ready", "up", "pod"),
        ("restarts", {"up": 2}, {"up": 3}),
        ("restarts", {"up": 1, "down": 0}, {"up": 1, "down": 1}),
        ("waiting", {"late": "CrashLoopBackOff"}, {"late": "ImagePullBackOff"}),
        ("waiting", {"late": ["x", "CrashLoopBackOff"]}, {"up": ["x", "CrashLoopBackOff"]}),
        ("terminated", "down", "up"),
        ("terminated", ["down"], ["down", "up"]),
        ("log", ["up", "Started"], ["up", "Over"]),
        ("log", ["up", "Started", 2], ["up", "Started", 3]),
        ("event", "BackOff", "Killing"),
        ("condition", "Ready=False", "Ready=True"),
        ("condition", "Odd=True", "Even=True"),
    ],
)
def test_an_action_is_due_when_what_it_waits_for_is_so(kind: str, holds: Any, fails: Any) -> None:
    assert is_due({kind: holds}, _SEEN)
    assert not is_due({kind: fails}, _SEEN)


def test_what_is_not_in_the_vocabulary_is_named() -> None:
    with pytest.raises(MalformedError, match="mood"):
        is_due({"mood": "good"}, _SEEN)


_POD = """
apiVersion: v1
kind: Pod
metadata: {name: p, labels: {a: "1", b: "2"}}
spec:
  activeDeadlineSeconds: 9
  initContainers: [{name: first, image: one}]
  containers: [{name: main, image: one}, {name: other, image: one}]
"""


def test_a_patch_is_merged_and_null_removes() -> None:
    [pod] = seedpod.load(_POD)
    changed = patched(
        pod,
        {
            "metadata": {"labels": {"b": None, "c": "3"}, "annotations": {"d": "4"}},
            "spec": {"activeDeadlineSeconds": 5},
        },
    )
    assert dict(changed.metadata.labels) == {"a": "1", "c": "3"}
    assert dict(changed.metadata.annotations) == {"d": "4"}
    assert changed.spec.active_deadline_seconds == 5
    assert changed.spec.containers == pod.spec.containers


def test_a_patch_that_makes_no_pod_is_refused() -> None:
    [pod] = seedpod.load(_POD)
    with pytest.raises(SpecError, match="containers"):
        patched(pod, {"spec": {"containers": None}})


def test_an_image_is_set_for_the_containers_that_are_named() -> None:
    [pod] = seedpod.load(_POD)
    changed = with_images(pod, {"main": "two", "first": "three"})
    assert [each.image for each in changed.spec.init_containers] == ["three"]
    assert [each.image for each in changed.spec.containers] == ["two", "one"]
