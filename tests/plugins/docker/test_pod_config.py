"""What an engine is asked to make of a pod: the container that holds its namespaces."""

from __future__ import annotations

from typing import Any, Final

import pytest

from seedpod.spec import Pod
from seedpod_docker._pod_config import pod_config
from seedpod_docker._settings import Choices
from tests.plugins.docker.manifests import Fields, container, labels, pod

NONE: Final[dict[str, Any]] = {}


def config(of: Pod, **choices: Any) -> dict[str, Any]:
    return pod_config(of, labels(of), "pause:1", Choices(**choices))


def host(of: Pod, **choices: Any) -> dict[str, Any]:
    found: dict[str, Any] = config(of, **choices)["HostConfig"]
    return found


def test_it_is_labelled_and_may_do_nothing() -> None:
    made = config(pod())
    assert (made["Image"], made["Labels"]) == ("pause:1", labels(pod()).of_pod)
    assert made["HostConfig"] == {
        "NetworkMode": "bridge",
        "IpcMode": "shareable",
        "CapDrop": ["ALL"],
        "ReadonlyRootfs": True,
        "SecurityOpt": ["no-new-privileges"],
        "ExtraHosts": [],
        "LogConfig": {"Type": "none"},
        "PortBindings": {},
        "Sysctls": {},
    }


def test_the_network_is_a_choice() -> None:
    assert host(pod(), network="mine")["NetworkMode"] == "mine"


def test_it_is_called_as_the_pod_says() -> None:
    assert config(pod())["Hostname"] == "web"
    assert config(pod(hostname="db"))["Hostname"] == "db"


def test_with_the_host_s_network_it_has_the_host_s_name_and_publishes_nothing() -> None:
    ports = [{"containerPort": 80, "hostPort": 80}]
    made = config(pod({"ports": ports}, hostNetwork=True), network="mine")
    assert made.keys().isdisjoint({"Hostname", "ExposedPorts"})
    assert made["HostConfig"]["NetworkMode"] == made["HostConfig"]["UTSMode"] == "host"
    assert "PortBindings" not in made["HostConfig"]


def test_it_may_have_the_host_s_shared_memory() -> None:
    assert host(pod(hostIPC=True))["IpcMode"] == "host"


def test_who_is_process_1_of_all_may_signal_all() -> None:
    assert host(pod(shareProcessNamespace=True))["CapDrop"] == []
    assert host(pod(hostPID=True)) == host(pod())


def test_ports_of_the_host_lead_to_ports_of_the_pod() -> None:
    ports = [
        {"containerPort": 80, "hostPort": 8080},
        {"containerPort": 53, "hostPort": 53, "protocol": "UDP", "hostIP": "127.0.0.1"},
        {"containerPort": 53, "hostPort": 53, "protocol": "SCTP", "hostIP": "::1"},
        {"containerPort": 9000},
    ]
    made = config(pod({"ports": ports}))
    published = {
        "80/tcp": [{"HostIp": "", "HostPort": "8080"}],
        "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "53"}],
        "53/sctp": [{"HostIp": "::1", "HostPort": "53"}],
    }
    assert made["HostConfig"]["PortBindings"] == published
    assert made["ExposedPorts"] == dict.fromkeys(published, NONE)


def test_several_ports_of_the_host_may_lead_to_one() -> None:
    ports = [{"containerPort": 80, "hostPort": port} for port in (8080, 8081)]
    bindings = host(pod({"ports": ports}))["PortBindings"]["80/tcp"]
    assert [each["HostPort"] for each in bindings] == ["8080", "8081"]


def test_ports_of_every_container_count_once() -> None:
    first, second = {"containerPort": 80, "hostPort": 80}, {"containerPort": 81, "hostPort": 81}
    web = pod(
        {"ports": [second]},
        initContainers=[
            container(name="init", ports=[first, second]),
            container(name="sidecar", restartPolicy="Always", ports=[first]),
        ],
    )
    assert host(web)["PortBindings"] == {
        "80/tcp": [{"HostIp": "", "HostPort": "80"}],
        "81/tcp": [{"HostIp": "", "HostPort": "81"}],
    }


def test_host_aliases_are_extra_hosts() -> None:
    aliases = [
        {"ip": "10.0.0.1", "hostnames": ["a", "b.example"]},
        {"ip": "fd00::1", "hostnames": ["a"]},
    ]
    made = host(pod(hostAliases=aliases))
    assert made["ExtraHosts"] == ["a:10.0.0.1", "b.example:10.0.0.1", "a:fd00::1"]


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, {}),
        ({"nameservers": ["10.0.0.1", "fd00::1"]}, {"Dns": ["10.0.0.1", "fd00::1"]}),
        ({"searches": ["a.example", "b.example"]}, {"DnsSearch": ["a.example", "b.example"]}),
        (
            {"options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}]},
            {"DnsOptions": ["ndots:2", "edns0"]},
        ),
    ],
)
def test_names_are_resolved_as_dns_config_says(given: Fields, asked: Fields) -> None:
    made = host(pod(dnsConfig=given))
    assert {key: value for key, value in made.items() if key.startswith("Dns")} == asked


def test_sysctls_are_those_of_the_pod() -> None:
    sysctls = [
        {"name": "net.core.somaxconn", "value": "9"},
        {"name": "kernel.shm_rmid_forced", "value": "1"},
    ]
    asked = {"net.core.somaxconn": "9", "kernel.shm_rmid_forced": "1"}
    assert host(pod(securityContext={"sysctls": sysctls}))["Sysctls"] == asked
    of_ipc = pod(hostNetwork=True, securityContext={"sysctls": sysctls[1:]})
    assert host(of_ipc)["Sysctls"] == {"kernel.shm_rmid_forced": "1"}
