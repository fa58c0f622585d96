"""What containers of a pod reach, and who reaches them: on a real engine."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager

import pytest

import seedpod
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.inside import IDLE, container, first_line, ran, told

_SERVES = f"""
echo hello >/tmp/index.html
httpd -p 8080 -h /tmp
echo serves
{IDLE}
"""


def test_two_containers_of_a_pod_talk_over_localhost(engine: Engine, backend: str) -> None:
    answering = container("echo hello | nc -l -p 8080", name="server")
    asking = container("until nc 127.0.0.1 8080; do sleep 0.1; done")
    ended = ran(engine, answering, asking, backend=backend)
    assert ended.lines[-1] == "hello"
    assert ended.status.phase == "Succeeded"


def test_the_address_in_the_status_is_the_one_that_containers_see(engine: Engine) -> None:
    env = [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
        for name, path in {"POD_IP": "status.podIP", "HOST_IP": "status.hostIP"}.items()
    ]
    ended = ran(engine, container("echo $POD_IP; echo $HOST_IP; hostname -i", env=env))
    pod_ip, host_ip, seen = ended.lines
    assert pod_ip == seen == ended.status.pod_ip
    assert host_ip == ended.status.host_ip != pod_ip
    assert ended.status.pod_ips == (pod_ip,)


def test_a_container_reaches_the_host_at_its_address(engine: Engine) -> None:
    env = [{"name": "HOST_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}]
    with _greeter() as port:
        ended = ran(engine, container(f"nc $HOST_IP {port} </dev/null", env=env))
    assert ended.lines == ["from the host"]


@pytest.mark.parametrize("asked", ["tcpSocket", "httpGet"])
def test_a_probe_reaches_a_port_that_only_the_pod_has(engine: Engine, asked: str) -> None:
    port = [{"name": "web", "containerPort": 8080}]
    probe = {asked: {"port": "web"}, "periodSeconds": 1}
    serving = container(_SERVES, ports=port, readinessProbe=probe)

    async def story(running: seedpod.RunningPod) -> None:
        assert await running.wait_ready()

    told(engine, story, serving)


def test_a_port_of_the_host_leads_to_the_container(engine: Engine) -> None:
    port = _free_port()
    ports = [{"containerPort": 8080, "hostPort": port, "hostIP": "127.0.0.1"}]

    async def story(running: seedpod.RunningPod) -> bytes:
        assert await running.wait_ready()
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with closing(asking):
            asking.request("GET", "/")
            return asking.getresponse().read()

    probe = {"tcpSocket": {"port": 8080}, "periodSeconds": 1}
    assert told(engine, story, container(_SERVES, ports=ports, readinessProbe=probe)) == b"hello\n"


def test_a_pod_in_the_hosts_network_has_the_hosts_address_and_its_ports(engine: Engine) -> None:
    with _greeter() as port:
        script = f"nc 127.0.0.1 {port} </dev/null; hostname"
        ended = ran(engine, container(script), hostNetwork=True)
    assert ended.lines == ["from the host", socket.gethostname()]
    assert ended.status.pod_ip == ended.status.host_ip


def test_a_pod_has_its_name_its_aliases_and_its_resolver(engine: Engine) -> None:
    ended = ran(
        engine,
        container("hostname; grep 10.9 /etc/hosts; cat /etc/resolv.conf"),
        hostname="db-0",
        hostAliases=[{"ip": "10.9.8.7", "hostnames": ["one.test", "two.test"]}],
        dnsPolicy="None",
        dnsConfig={
            "nameservers": ["10.9.0.53"],
            "searches": ["one.test", "two.test"],
            "options": [{"name": "ndots", "value": "3"}, {"name": "edns0"}],
        },
    )
    name, *lines = ended.lines
    assert name == "db-0"
    words = [line.split() for line in lines if line and not line.startswith("#")]
    aliases = [word for line in words if line[0] == "10.9.8.7" for word in line[1:]]
    assert aliases == ["one.test", "two.test"]
    assert ["nameserver", "10.9.0.53"] in words
    assert ["search", "one.test", "two.test"] in words
    assert ["options", "ndots:3", "edns0"] in words


def test_without_a_name_of_its_own_a_pod_is_called_what_it_is_called(docker: Engine) -> None:
    assert ran(docker, container("hostname")).lines == ["web"]


def test_a_pod_may_set_a_kernel_parameter_of_its_network(engine: Engine) -> None:
    wanted = {"name": "net.ipv4.ip_unprivileged_port_start", "value": "80"}
    script = "cat /proc/sys/net/ipv4/ip_unprivileged_port_start"
    ended = ran(engine, container(script), securityContext={"sysctls": [wanted]})
    assert ended.lines == ["80"]


def test_an_exec_probe_runs_in_the_containers_network(docker: Engine) -> None:
    probe = {"exec": {"command": ["wget", "-qO-", "127.0.0.1:8080"]}, "periodSeconds": 1}

    async def story(running: seedpod.RunningPod) -> str:
        assert await running.wait_ready()
        return await first_line(running)

    assert told(docker, story, container(_SERVES, readinessProbe=probe)) == "serves"


@contextmanager
def _greeter() -> Generator[int]:
    """A port of this machine where whoever connects is greeted, once."""

    def greet() -> None:
        connection, _ = listening.accept()
        connection.sendall(b"from the host\n")
        connection.close()

    with closing(socket.create_server(("0.0.0.0", 0))) as listening:
        listening.settimeout(30)
        greeting = threading.Thread(target=greet)
        greeting.start()
        try:
            yield listening.getsockname()[1]
        finally:
            greeting.join()


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        port: int = found.getsockname()[1]
        return port
