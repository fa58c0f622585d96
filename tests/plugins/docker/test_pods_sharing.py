"""What containers of a pod have in common, and what each has for itself: on a real engine."""

from __future__ import annotations

from typing import Any

from tests.plugins.docker.engine import Engine
from tests.plugins.docker.inside import IDLE, container, ran

_SECRET: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "token"},
    "stringData": {"token": "s3cr3t"},
}


def test_what_an_init_container_is_given_its_app_does_not_see(engine: Engine) -> None:
    init = container(
        "echo $TOKEN; cat /secret/token",
        name="fetch",
        env=[{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "token", "key": "token"}}}],
        volumeMounts=[{"name": "secret", "mountPath": "/secret"}],
    )
    # The pattern is no copy of what it finds: the searching process has it in its own arguments.
    looking = container(
        "env | grep s3cr[3]t; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | grep -a s3cr[3]t;"
        " ls -d /secret; cat /proc/mounts | grep secret;"
        " grep -rs s3cr[3]t /etc /home /root /run /tmp /var /work; echo looked"
    )
    ended = ran(
        engine,
        looking,
        objects=[_SECRET],
        initContainers=[init],
        shareProcessNamespace=True,
        volumes=[{"name": "secret", "secret": {"secretName": "token"}}],
    )
    assert ended.lines_of("fetch") == ["s3cr3t", "s3cr3t"]
    assert [each for each in ended.lines if "No such file" not in each] == ["looked"]


def test_containers_of_a_pod_share_memory(engine: Engine) -> None:
    writing = container("echo kept >/dev/shm/file", name="writer")
    reading = container("until cat /dev/shm/file; do sleep 0.1; done 2>/dev/null")
    assert ran(engine, reading, writing).lines == ["kept"]


def test_containers_see_one_anothers_processes_if_their_pod_says_so(engine: Engine) -> None:
    other = container("exec sleep 1234", name="other")
    looking = container("until killall sleep; do sleep 0.1; done 2>/dev/null; echo $$$$")
    ended = ran(engine, looking, other, shareProcessNamespace=True)
    assert ended.end_of("other").exit_code == 143
    assert ended.lines != ["1"]


def test_without_that_each_sees_its_own(engine: Engine) -> None:
    sidecar = container(IDLE, name="sidecar", restartPolicy="Always")
    looking = container("echo $$$$; grep -l 'tra[p]' /proc/[0-9]*/cmdline")
    assert ran(engine, looking, initContainers=[sidecar]).lines == ["1"]


def test_each_container_has_files_of_its_own(docker: Engine) -> None:
    writing = container("echo mine >/tmp/file; touch /writer-has-written", name="writer")
    reading = container("ls -A /tmp; ls / | grep writer")
    assert ran(docker, reading, initContainers=[writing]).lines == []
