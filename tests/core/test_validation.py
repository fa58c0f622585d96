"""The messages people meet most: what is wrong with a pod and its containers, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from seedpod._core.defaults import with_defaults
from seedpod._core.validation import problems
from seedpod.spec import (
    Container,
    ContainerPort,
    ContainerRestartRule,
    ContainerRestartRuleOnExitCodes,
    EnvVar,
    EnvVarSource,
    EphemeralContainer,
    ExecAction,
    FileKeySelector,
    HostAlias,
    HTTPGetAction,
    Lifecycle,
    LifecycleHandler,
    ObjectFieldSelector,
    ObjectMeta,
    Pod,
    PodOS,
    PodReadinessGate,
    PodSchedulingGate,
    PodSecurityContext,
    PodSpec,
    Probe,
    ResourceRequirements,
    SecurityContext,
    SleepAction,
    TCPSocketAction,
)

ASK = Probe(tcp_socket=TCPSocketAction(port=80))


def app(name: str = "app", **fields: Any) -> Container:
    """A container with a name and an image."""
    values: dict[str, Any] = {"name": name, "image": "image", **fields}
    return Container(**values)


def pod(*containers: Container, **fields: Any) -> Pod:
    """A pod of *containers*, or of one when there are none."""
    values: dict[str, Any] = {"containers": containers or (app(),), **fields}
    return Pod(metadata=ObjectMeta(name="web"), spec=PodSpec(**values))


def complaints(wrong: Pod) -> Sequence[str]:
    """What is said about a pod, once it has its defaults."""
    return [str(problem) for problem in problems(with_defaults(wrong))]


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
    assert "spec.restartPolicy: must be one of Always, OnFailure, Never" in [
        str(problem) for problem in problems(pod())
    ]


@pytest.mark.parametrize("field", ["livenessProbe", "readinessProbe", "startupProbe"])
def test_a_regular_init_container_has_no_probes(field: str) -> None:
    name = field.replace("Probe", "_probe")
    probe = Probe(tcp_socket=TCPSocketAction(port=80), success_threshold=1)
    assert complaints(pod(init_containers=[app("init", **{name: probe})])) == [
        (
            f"spec.initContainers[0].{field}: "
            "must not be set for an init container without restartPolicy Always"
        )
    ]


def test_a_regular_init_container_has_no_hooks() -> None:
    hooks = Lifecycle(pre_stop=LifecycleHandler(exec=ExecAction(command=["true"])))
    assert complaints(pod(init_containers=[app("init", lifecycle=hooks)])) == [
        (
            "spec.initContainers[0].lifecycle: "
            "must not be set for an init container without restartPolicy Always"
        )
    ]


def test_a_sidecar_has_probes_and_hooks() -> None:
    hooks = Lifecycle(pre_stop=LifecycleHandler(exec=ExecAction(command=["true"])))
    sidecar = app("side", restart_policy="Always", startup_probe=ASK, lifecycle=hooks)
    assert complaints(pod(init_containers=[sidecar])) == []


def test_the_probes_of_a_sidecar_are_looked_at() -> None:
    sidecar = app("side", restart_policy="Always", startup_probe=Probe())
    assert complaints(pod(init_containers=[sidecar])) == [
        "spec.initContainers[0].startupProbe: must have one of exec, httpGet, tcpSocket, grpc"
    ]


def test_a_container_restart_policy_is_a_known_word() -> None:
    sidecar = app("side", restart_policy="OnFailur")
    assert complaints(pod(init_containers=[sidecar])) == [
        (
            'spec.initContainers[0].restartPolicy: "OnFailur": '
            "must be one of Always, OnFailure, Never; did you mean OnFailure?"
        )
    ]


def test_restart_rules_need_a_restart_policy() -> None:
    codes = ContainerRestartRuleOnExitCodes(operator="In", values=[42])
    rules = [ContainerRestartRule(action="Restart", exit_codes=codes)]
    assert complaints(pod(app(restart_policy_rules=rules))) == [
        (
            "spec.containers[0].restartPolicy: "
            "must be one of Always, OnFailure, Never where restartPolicyRules are set"
        )
    ]


def test_a_restart_rule_says_for_which_exit_codes() -> None:
    rules = [ContainerRestartRule(action="Restart")]
    assert complaints(pod(app(restart_policy="Never", restart_policy_rules=rules))) == [
        (
            "spec.containers[0].restartPolicyRules[0].exitCodes: "
            "must say which exit codes the rule is for"
        )
    ]


def test_a_probe_has_one_action() -> None:
    both = Probe(exec=ExecAction(command=["true"]), tcp_socket=TCPSocketAction(port=80))
    assert complaints(pod(app(readiness_probe=both))) == [
        "spec.containers[0].readinessProbe.tcpSocket: must not be set together with exec"
    ]


def test_a_liveness_probe_succeeds_at_once() -> None:
    probe = Probe(tcp_socket=TCPSocketAction(port=80), success_threshold=2)
    assert complaints(pod(app(liveness_probe=probe))) == [
        "spec.containers[0].livenessProbe.successThreshold: 2: must be 1"
    ]


def test_a_readiness_probe_has_no_grace_period() -> None:
    probe = Probe(tcp_socket=TCPSocketAction(port=80), termination_grace_period_seconds=3)
    assert complaints(pod(app(readiness_probe=probe))) == [
        (
            "spec.containers[0].readinessProbe.terminationGracePeriodSeconds: 3: "
            "must not be set: a readiness probe ends nothing"
        )
    ]


def test_the_port_of_a_probe_may_be_a_name() -> None:
    probe = Probe(http_get=HTTPGetAction(port="Web!"))
    assert complaints(pod(app(readiness_probe=probe))) == [
        (
            'spec.containers[0].readinessProbe.httpGet.port: "Web!": must be a port name '
            "(a-z, 0-9, single '-' between them, at least one letter; at most 15 characters), "
            "or a number from 1 to 65535"
        )
    ]


def test_a_sleep_fits_into_the_grace_period() -> None:
    hooks = Lifecycle(pre_stop=LifecycleHandler(sleep=SleepAction(seconds=11)))
    assert complaints(pod(app(lifecycle=hooks), termination_grace_period_seconds=10)) == [
        (
            "spec.containers[0].lifecycle.preStop.sleep: 11: "
            "must be between 0 and terminationGracePeriodSeconds (10)"
        )
    ]


def test_a_stop_signal_needs_an_operating_system() -> None:
    assert complaints(pod(app(lifecycle=Lifecycle(stop_signal="SIGINT")))) == [
        'spec.containers[0].lifecycle.stopSignal: "SIGINT": needs spec.os.name to be set'
    ]


def test_a_stop_signal_is_one_of_its_operating_system() -> None:
    wrong = pod(app(lifecycle=Lifecycle(stop_signal="SIGTREM")), os=PodOS(name="linux"))
    [complaint] = complaints(wrong)
    assert complaint.endswith("did you mean SIGTERM?")


def test_a_port_is_a_number_that_exists() -> None:
    assert complaints(pod(app(ports=[ContainerPort(container_port=70000)]))) == [
        "spec.containers[0].ports[0].containerPort: 70000: must be between 1 and 65535"
    ]


def test_a_port_name_is_unique_in_its_container() -> None:
    ports = [ContainerPort(container_port=n, name="web") for n in (80, 81)]
    assert complaints(pod(app(ports=ports))) == [
        'spec.containers[0].ports[1].name: "web": must be unique among the container\'s ports'
    ]


def test_two_apps_must_not_want_the_same_port_of_the_host() -> None:
    ports = [ContainerPort(container_port=80, host_port=8080)]
    assert complaints(pod(app("a", ports=ports), app("b", ports=ports))) == [
        "spec.containers[1].ports[0].hostPort: 8080: must be unique in the pod for TCP"
    ]


def test_a_port_conflict_of_an_init_container_names_that_container() -> None:
    ports = [ContainerPort(container_port=n, host_port=8080) for n in (80, 81)]
    wrong = pod(init_containers=[app("one"), app("two", ports=ports)])
    assert complaints(wrong) == [
        "spec.initContainers[1].ports[1].hostPort: 8080: must be unique in the pod for TCP"
    ]


def test_on_the_network_of_the_host_ports_are_the_same_on_both_sides() -> None:
    ports = [ContainerPort(container_port=80, host_port=8080)]
    assert complaints(pod(app(ports=ports), host_network=True)) == [
        (
            "spec.containers[0].ports[0].hostPort: 8080: "
            "must be the containerPort (80) where hostNetwork is true"
        )
    ]


def test_the_same_variable_twice_is_fine() -> None:
    assert complaints(pod(app(env=[EnvVar(name="A"), EnvVar(name="A")]))) == []


def test_a_variable_name_has_no_equals_sign() -> None:
    assert complaints(pod(app(env=[EnvVar(name="A=B")]))) == [
        "spec.containers[0].env[0].name: \"A=B\": must be printable ASCII characters other than '='"
    ]


def test_a_field_that_variables_cannot_show_is_answered_with_those_they_can() -> None:
    source = EnvVarSource(field_ref=ObjectFieldSelector(field_path="metadata.labels"))
    [complaint] = complaints(pod(app(env=[EnvVar(name="A", value_from=source)])))
    assert 'fieldPath: "metadata.labels": must be one of metadata.name, ' in complaint


def test_a_variable_is_read_from_a_file_of_a_volume_the_pod_has() -> None:
    source = EnvVarSource(file_key_ref=FileKeySelector(volume_name="v", path="f", key="K"))
    assert complaints(pod(app(env=[EnvVar(name="A", value_from=source)]))) == [
        (
            'spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: "v": '
            "must name an emptyDir volume of spec.volumes (known: none)"
        )
    ]


def test_a_request_is_not_more_than_its_limit() -> None:
    resources = ResourceRequirements(limits={"memory": "64Mi"}, requests={"memory": "1Gi"})
    assert complaints(pod(app(resources=resources))) == [
        (
            'spec.containers[0].resources.requests: "1Gi": '
            "memory must not be more than its limit (64Mi)"
        )
    ]


def test_an_unknown_resource_needs_a_domain() -> None:
    resources = ResourceRequirements(limits={"gpu": "1"})
    assert [problem.path for problem in problems(with_defaults(pod(app(resources=resources))))] == [
        "spec.containers[0].resources.limits[gpu]",
        "spec.containers[0].resources.requests[gpu]",
    ]


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


def test_a_user_is_a_number_of_31_bits() -> None:
    wrong = pod(app(security_context=SecurityContext(run_as_user=-1)))
    assert complaints(wrong) == [
        "spec.containers[0].securityContext.runAsUser: -1: must be between 0 and 2147483647"
    ]


def test_a_privileged_container_cannot_give_up_escalation() -> None:
    context = SecurityContext(privileged=True, allow_privilege_escalation=False)
    assert complaints(pod(app(security_context=context))) == [
        (
            "spec.containers[0].securityContext.allowPrivilegeEscalation: false: "
            "must not be false where privileged is true"
        )
    ]


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
