"""The messages people meet most: what is wrong with a pod, in words."""

from __future__ import annotations

from seedpod._core.defaults import with_defaults
from seedpod._core.validation import problems
from seedpod.spec import (
    EphemeralContainer,
    HostAlias,
    ObjectMeta,
    Pod,
    PodOS,
    PodReadinessGate,
    PodSchedulingGate,
    PodSecurityContext,
    PodSpec,
    ResourceRequirements,
    SecurityContext,
)
from tests.core.sound_pods import app, complaints, pod


def test_a_right_pod_has_no_problems() -> None:
    assert complaints(pod(app(), init_containers=[app("init")])) == []


def test_a_pod_needs_a_name() -> None:
    [complaint] = complaints(Pod(spec=PodSpec(containers=[app()])))
    assert complaint.startswith("metadata.name: name or generateName is required; must be a DNS")


def test_a_name_may_be_left_to_be_made_up() -> None:
    metadata = ObjectMeta(generate_name="web-")
    assert complaints(Pod(metadata=metadata, spec=PodSpec(containers=[app()]))) == []


def test_every_problem_is_reported_at_once() -> None:
    wrong = pod(app("A"), app("b", image=""), restart_policy="Sometimes")
    assert [problem.path for problem in problems(with_defaults(wrong))] == [
        "spec.restartPolicy",
        "spec.containers[0].name",
        "spec.containers[1].image",
    ]


def test_a_container_needs_a_name() -> None:
    assert complaints(pod(app(""))) == [
        (
            "spec.containers[0].name: must name the container; must be a DNS label "
            "(a-z, 0-9, '-', no '-' at either end; at most 63 characters)"
        )
    ]


def test_a_container_name_is_a_dns_label() -> None:
    assert complaints(pod(app("Web_1"))) == [
        (
            'spec.containers[0].name: "Web_1": must be a DNS label '
            "(a-z, 0-9, '-', no '-' at either end; at most 63 characters)"
        )
    ]


def test_two_apps_must_not_share_a_name() -> None:
    assert complaints(pod(app(), app())) == [
        'spec.containers[1].name: "app": must be unique among the pod\'s containers'
    ]


def test_an_init_container_is_blamed_for_the_name_of_an_app() -> None:
    assert complaints(pod(init_containers=[app()])) == [
        'spec.initContainers[0].name: "app": must be unique among the pod\'s containers'
    ]


def test_a_container_needs_an_image() -> None:
    assert complaints(pod(app(image=""))) == [
        "spec.containers[0].image: must name the image the container runs"
    ]


def test_an_image_has_no_blanks_at_its_ends() -> None:
    assert complaints(pod(app(image="nginx "))) == [
        'spec.containers[0].image: "nginx ": must have no blanks at its ends'
    ]


def test_a_pod_needs_a_container() -> None:
    wrong = Pod(metadata=ObjectMeta(name="web"))
    assert complaints(wrong) == ["spec.containers: must have at least one container"]


def test_a_misspelt_restart_policy_is_answered_with_the_nearest() -> None:
    assert complaints(pod(restart_policy="always")) == [
        (
            'spec.restartPolicy: "always": must be one of Always, OnFailure, Never; '
            "did you mean Always?"
        )
    ]


def test_an_undefaulted_pod_lacks_what_defaults_would_fill_in() -> None:
    assert {problem.path for problem in problems(pod())} == {
        "metadata.namespace",
        "spec.restartPolicy",
        "spec.terminationGracePeriodSeconds",
        "spec.containers[0].terminationMessagePolicy",
        "spec.containers[0].imagePullPolicy",
        "spec.dnsPolicy",
    }


def test_the_pod_asks_for_at_least_what_its_containers_ask_for() -> None:
    own = ResourceRequirements(requests={"cpu": "1"})
    both = [app(name, resources=own) for name in ("a", "b")]
    wrong = pod(*both, resources=ResourceRequirements(requests={"cpu": "1500m"}))
    assert complaints(wrong) == [
        'spec.resources.requests[cpu]: "1500m": must be at least what the containers request (2)'
    ]


def test_an_app_may_not_use_more_than_its_pod() -> None:
    own = ResourceRequirements(limits={"cpu": "2"}, requests={"cpu": "1"})
    limits = ResourceRequirements(limits={"cpu": "1"})
    [complaint] = complaints(pod(app(resources=own), resources=limits))
    assert complaint.endswith("must be at least the limit of container app (2)")


def test_processes_are_shared_with_the_host_or_in_the_pod_not_both() -> None:
    wrong = pod(host_pid=True, share_process_namespace=True, security_context=PodSecurityContext())
    assert complaints(wrong) == [
        "spec.securityContext.shareProcessNamespace: true: must not be set together with hostPID"
    ]


def test_linux_has_no_options_of_windows() -> None:
    context = SecurityContext(windows_options={"runAsUserName": "me"})
    assert complaints(pod(app(security_context=context), os=PodOS(name="linux"))) == [
        "spec.containers[0].securityContext.windowsOptions: does not exist on linux"
    ]


def test_a_readiness_gate_is_a_qualified_name() -> None:
    [problem] = problems(with_defaults(pod(readiness_gates=[PodReadinessGate()])))
    assert problem.path == "spec.readinessGates[0].conditionType"


def test_a_host_alias_has_an_address() -> None:
    wrong = pod(host_aliases=[HostAlias(ip="127.0.0.256", hostnames=["a.b"])])
    assert complaints(wrong) == [
        'spec.hostAliases[0].ip: "127.0.0.256": must be an IPv4 or IPv6 address'
    ]


def test_a_gated_pod_has_no_node() -> None:
    wrong = pod(node_name="n", scheduling_gates=[PodSchedulingGate(name="wait")])
    assert complaints(wrong) == ["spec.nodeName: must not be set together with schedulingGates"]


def test_a_new_pod_has_no_ephemeral_containers() -> None:
    wrong = pod(ephemeral_containers=[EphemeralContainer(name="look", image="image")])
    assert complaints(wrong) == [
        "spec.ephemeralContainers: must be empty: these are added to a running pod"
    ]
