"""What may change in a pod that exists, and what is said about the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from seedpod._core.defaults import with_defaults
from seedpod._core.validation import update_problems
from seedpod._core.validation.gates import Gates
from seedpod.spec import (
    Container,
    ContainerRestartRule,
    ContainerRestartRuleOnExitCodes,
    ObjectMeta,
    Pod,
    PodSchedulingGate,
    PodSpec,
)


def pod(image: str = "image", **fields: Any) -> Pod:
    """A pod of one container."""
    values: dict[str, Any] = {"containers": [Container(name="app", image=image)], **fields}
    return with_defaults(Pod(metadata=ObjectMeta(name="web"), spec=PodSpec(**values)))


def complaints(old: Pod, new: Pod) -> Sequence[str]:
    """What is said about a change."""
    return [str(problem) for problem in update_problems(old, new)]


def test_an_image_may_change() -> None:
    assert complaints(pod("image:1"), pod("image:2")) == []


def test_a_name_stays() -> None:
    old, new = pod(), pod()
    renamed = Pod(metadata=ObjectMeta(name="other", namespace="default"), spec=new.spec)
    assert complaints(old, renamed) == ["metadata.name: \"other\": must stay 'web'"]


def test_most_of_a_spec_stays() -> None:
    [complaint] = complaints(pod(), pod(hostname="other"))
    assert complaint.startswith("spec: must not change but for spec.containers[*].image, ")


def test_containers_stay_as_many_as_they_were() -> None:
    both = [Container(name=name, image="image") for name in ("app", "more")]
    assert complaints(pod(), pod(containers=both)) == [
        "spec.containers: must not be added to or removed from"
    ]


def test_a_deadline_may_be_set_and_come_nearer() -> None:
    assert complaints(pod(), pod(active_deadline_seconds=9)) == []
    assert complaints(pod(active_deadline_seconds=9), pod(active_deadline_seconds=8)) == []


def test_a_deadline_does_not_move_away() -> None:
    old, new = pod(active_deadline_seconds=8), pod(active_deadline_seconds=9)
    assert complaints(old, new) == [
        "spec.activeDeadlineSeconds: 9: must be at most 8, as it is now"
    ]


def test_a_scheduling_gate_may_be_taken_away_and_not_added() -> None:
    gated = pod(scheduling_gates=[PodSchedulingGate(name="wait")])
    assert complaints(gated, pod()) == complaints(gated, gated) == []
    assert complaints(pod(), gated) == [
        'spec.schedulingGates[0].name: "wait": gates must only be removed'
    ]


def test_tolerations_may_be_added_and_last_otherwise_and_not_be_changed() -> None:
    old = pod(tolerations=[{"key": "a", "effect": "NoExecute"}])
    longer = {"key": "a", "effect": "NoExecute", "tolerationSeconds": 9}
    assert complaints(old, pod(tolerations=[longer, {"operator": "Exists"}])) == []
    assert complaints(old, pod(tolerations=[{"key": "a"}])) == [
        "spec.tolerations: must keep what is there, but for tolerationSeconds"
    ]


def test_the_rules_of_a_restart_policy_stay() -> None:
    ruled = Container(
        name="app",
        image="image",
        restart_policy="Never",
        restart_policy_rules=[
            ContainerRestartRule(
                action="Restart",
                exit_codes=ContainerRestartRuleOnExitCodes(operator="In", values=[1]),
            )
        ],
    )
    bare = attrs.evolve(ruled, restart_policy_rules=())
    [complaint] = complaints(pod(containers=[bare]), pod(containers=[ruled]))
    assert complaint.startswith("spec: must not change")


def test_what_an_older_release_does_not_have_is_refused_in_a_change_too() -> None:
    new = pod(containers=[Container(name="app", image="image", restart_policy="Never")])
    gates = Gates(container_restart_rules=False)
    [problem] = update_problems(new, new, gates)
    assert problem.path == "spec.containers[0].restartPolicy"


def test_a_negative_grace_period_may_become_one_second() -> None:
    old = pod(termination_grace_period_seconds=-1)
    assert complaints(old, pod(termination_grace_period_seconds=1)) == []
    assert len(complaints(old, pod(termination_grace_period_seconds=2))) == 1
