"""What a container may be told about its own pod."""

from __future__ import annotations

import pytest

from seedpod._core.downward import (
    PodFacts,
    Unresolved,
    field_value,
    format_map,
    resource_value,
)
from seedpod.spec import (
    Container,
    ObjectMeta,
    Pod,
    PodSpec,
    ResourceFieldSelector,
    ResourceRequirements,
)

GREEDY = Container(
    name="greedy", resources=ResourceRequirements(limits={"cpu": "250m", "memory": "1Gi"})
)
PLAIN = Container(name="plain")
META = ObjectMeta(
    name="web",
    namespace="shop",
    uid="u-1",
    labels={"app": "web", "tier": "1", "a/b": "c"},
    annotations={"Example.com/note": "hello"},
)
POD = Pod(
    metadata=META,
    spec=PodSpec(
        containers=[PLAIN, GREEDY],
        init_containers=[Container(name="first")],
        service_account_name="robot",
    ),
)
FACTS = PodFacts(
    node_name="here",
    host_ip="192.168.0.2",
    host_ips=("192.168.0.2", "fd00::2"),
    pod_ip="10.0.0.7",
    pod_ips=("10.0.0.7", "fd00::7"),
    allocatable_cpu_cores=3.5,
    allocatable_memory_bytes=2**33,
    allocatable_ephemeral_storage_bytes=1000,
)


def amount(resource: str, of: Container = PLAIN, *, divisor: str | None = None) -> object:
    selector = ResourceFieldSelector(resource=resource, divisor=divisor)
    return resource_value(POD, of, selector, FACTS)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "web"),
        ("metadata.namespace", "shop"),
        ("metadata.uid", "u-1"),
        ("metadata.labels", 'a/b="c"\napp="web"\ntier="1"'),
        ("metadata.annotations", 'Example.com/note="hello"'),
        ("metadata.labels['app']", "web"),
        ("metadata.labels['missing']", ""),
        ("metadata.annotations['Example.com/note']", "hello"),
        ("spec.nodeName", "here"),
        ("spec.host", "here"),
        ("spec.serviceAccountName", "robot"),
        ("status.hostIP", "192.168.0.2"),
        ("status.hostIPs", "192.168.0.2,fd00::2"),
        ("status.podIP", "10.0.0.7"),
        ("status.podIPs", "10.0.0.7,fd00::7"),
    ],
)
def test_a_field_has_its_value(path: str, value: str) -> None:
    assert field_value(POD, path, FACTS) == value


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("status.phase", "unsupported fieldPath: status.phase"),
        ("spec['x']", "fieldPath \"spec['x']\" does not support subscript"),
        (
            "metadata.labels['Example.com/note']",
            (
                "invalid key subscript in metadata.labels['Example.com/note']: "
                "must be a qualified name"
            ),
        ),
    ],
)
def test_a_field_nobody_may_ask_for_is_named(path: str, message: str) -> None:
    assert field_value(POD, path, FACTS) == Unresolved(message)


def test_a_node_named_by_the_spec_goes_before_the_machine() -> None:
    pod = Pod(spec=PodSpec(node_name="chosen"))
    assert field_value(pod, "spec.nodeName", FACTS) == "chosen"


def test_of_a_pod_on_an_ipv6_host_the_ipv6_address_is_first() -> None:
    facts = PodFacts(host_ip="fd00::2", pod_ips=("10.0.0.7", "10.0.0.8", "fd00::7"))
    assert field_value(POD, "status.podIPs", facts) == "fd00::7,10.0.0.7"


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ('say "hi"\\', '"say \\"hi\\"\\\\"'),
        ("a\nb\tc\r", '"a\\nb\\tc\\r"'),
        ("\x00\x7f\u00ad", '"\\x00\\x7f\\u00ad"'),
        ("\U000e0001", '"\\U000e0001"'),
        ("caf\u00e9 \U0001f30d", '"caf\u00e9 \U0001f30d"'),
    ],
)
def test_values_are_escaped_as_go_does(value: str, line: str) -> None:
    assert format_map({"k": value}) == f"k={line}"


@pytest.mark.parametrize(
    ("divisor", "value"),
    [(None, "1073741824"), ("0", "1073741824"), ("1Mi", "1024"), ("1G", "2"), ("3", "357913942")],
)
def test_an_amount_is_rounded_up_to_its_unit(divisor: str | None, value: str) -> None:
    assert amount("limits.memory", GREEDY, divisor=divisor) == value


def test_cores_are_whole_unless_asked_for_in_parts() -> None:
    assert amount("limits.cpu", GREEDY) == "1"
    assert amount("limits.cpu", GREEDY, divisor="1m") == "250"


@pytest.mark.parametrize(
    ("resource", "value"),
    [
        ("limits.cpu", "4"),
        ("limits.memory", str(2**33)),
        ("limits.ephemeral-storage", "1000"),
        ("limits.hugepages-2Mi", "0"),
        ("requests.memory", "0"),
    ],
)
def test_an_unset_limit_is_all_the_machine_has_and_an_unset_request_nothing(
    resource: str, value: str
) -> None:
    assert amount(resource) == value


def test_an_unset_limit_is_the_pod_s_if_that_is_set() -> None:
    spec = PodSpec(containers=[PLAIN], resources=ResourceRequirements(limits={"cpu": "2"}))
    selector = ResourceFieldSelector(resource="limits.cpu")
    assert resource_value(Pod(spec=spec), PLAIN, selector, FACTS) == "2"


def test_another_container_is_asked_by_name() -> None:
    selector = ResourceFieldSelector(resource="limits.memory", container_name="greedy")
    assert resource_value(POD, None, selector, FACTS) == "1073741824"
    selector = ResourceFieldSelector(resource="requests.cpu", container_name="first")
    assert resource_value(POD, None, selector, FACTS) == "0"


def test_a_container_that_is_not_there_is_named() -> None:
    selector = ResourceFieldSelector(resource="limits.cpu", container_name="ghost")
    assert resource_value(POD, None, selector, FACTS) == Unresolved("container ghost not found")


@pytest.mark.parametrize("resource", ["limits.gpu", "cpu", "usage.cpu", ""])
def test_a_resource_nobody_may_ask_for_is_named(resource: str) -> None:
    assert amount(resource) == Unresolved(f"unsupported container resource : {resource}")
