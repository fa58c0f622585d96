"""The messages people meet most: what is wrong with a container, in words."""

from __future__ import annotations

import pytest

from seedpod._core.defaults import with_defaults
from seedpod._core.validation import problems
from seedpod.spec import (
    ContainerPort,
    ContainerRestartRule,
    ContainerRestartRuleOnExitCodes,
    EnvVar,
    EnvVarSource,
    ExecAction,
    FileKeySelector,
    HTTPGetAction,
    Lifecycle,
    LifecycleHandler,
    ObjectFieldSelector,
    PodOS,
    Probe,
    ResourceRequirements,
    SecurityContext,
    SleepAction,
    TCPSocketAction,
)
from tests.core.sound_pods import app, complaints, pod

ASK = Probe(tcp_socket=TCPSocketAction(port=80))


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


def test_a_user_is_a_number_of_31_bits() -> None:
    wrong = pod(app(security_context=SecurityContext(run_as_user=-1)))
    assert complaints(wrong) == [
        "spec.containers[0].securityContext.runAsUser: -1: must be between 0 and 2147483647"
    ]


def test_a_privileged_container_cannot_give_up_escalation() -> None:
    context = SecurityContext(privileged=True, allow_privilege_escalation=False)
    assert complaints(pod(app(security_context=context))) == [
        (
            "spec.containers[0].securityContext: false: "
            "allowPrivilegeEscalation must not be false where privileged is true"
        )
    ]
