"""Whom containers run as, and what they may do: on a real engine."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import seedpod
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.images import NAMED_USER, USER
from tests.plugins.docker.inside import container, executor_on, has_waited, ran, told

_WHO = "id -u; id -g; id -G"


def test_a_container_runs_as_its_image_says_or_else_as_it_is_told(engine: Engine) -> None:
    ended = ran(
        engine,
        container(_WHO, name="root"),
        container(_WHO, name="image", image=USER.reference),
        container(_WHO, name="named", image=NAMED_USER.reference),
        _secured(_WHO, "told", image=USER.reference, runAsUser=1234, runAsGroup=4321),
    )
    found = {each.name: ended.lines_of(each.name) for each in ended.status.container_statuses}
    assert found["root"][:2] == ["0", "0"]
    assert found["image"][:2] == ["1000", "1000"]
    assert found["named"][:2] == ["1000", "2000"]
    assert found["told"] == ["1234", "4321", "4321"]


def test_groups_of_the_pod_are_added(engine: Engine) -> None:
    who = {"runAsUser": 1234, "runAsGroup": 1234, "supplementalGroups": [5000, 6000]}
    ended = ran(engine, container("id -G"), securityContext=who)
    assert ended.lines == ["1234 5000 6000"]
    user = ended.status_of().user
    assert user is not None
    assert user.linux is not None
    assert (user.linux.uid, user.linux.gid) == (1234, 1234)
    assert set(user.linux.supplemental_groups) == {1234, 5000, 6000}


def test_capabilities_are_dropped_and_added(engine: Engine) -> None:
    script = "grep CapEff /proc/self/status | cut -f2"
    only = {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}
    ended = ran(
        engine,
        _secured(script, "none", capabilities={"drop": ["ALL"]}),
        _secured(script, "one", capabilities=only),
        _secured("chown 1000 /etc/passwd 2>/dev/null || echo refused", capabilities=only),
        container(script, name="usual"),
    )
    found = {name: int(ended.lines_of(name)[0], 16) for name in ("none", "one")}
    assert (found["none"], found["one"]) == (0, 1 << 10)
    assert ended.lines == ["refused"]
    usual = int(ended.lines_of("usual")[0], 16)
    assert usual & (1 << 10)
    assert not usual & (1 << 21), "CAP_SYS_ADMIN"


def test_a_privileged_container_may_do_what_the_engine_may(engine: Engine) -> None:
    ended = ran(engine, _secured("grep CapEff /proc/self/status | cut -f2", privileged=True))
    if ended.end_of().reason == "StartError":  # Docker gives all, or nothing
        assert not _has_all_capabilities()
        assert "operation not permitted" in ended.end_of().message
    else:
        assert int(ended.lines[0], 16) & (1 << 21), "CAP_SYS_ADMIN"


def test_a_file_system_that_is_read_only_is(engine: Engine) -> None:
    # Not /tmp: Podman puts a file system of its own there, and on /run and /var/tmp.
    script = "touch /etc/file 2>/dev/null || echo refused; touch /v/file && echo written"
    fields: dict[str, Any] = {"readOnlyRootFilesystem": True}
    mounts = [{"name": "v", "mountPath": "/v"}]
    ended = ran(
        engine,
        container(script, securityContext=fields, volumeMounts=mounts),
        volumes=[{"name": "v", "emptyDir": {}}],
    )
    assert ended.lines == ["refused", "written"]


def test_privileges_cannot_be_gained_if_the_manifest_says_so(engine: Engine) -> None:
    script = "grep NoNewPrivs /proc/self/status | cut -f2"
    ended = ran(
        engine, _secured(script, allowPrivilegeEscalation=False), container(script, name="usual")
    )
    assert (ended.lines, ended.lines_of("usual")) == (["1"], ["0"])


def test_seccomp_is_off_unless_a_profile_is_named(engine: Engine) -> None:
    script = "grep Seccomp: /proc/self/status | cut -f2"
    profile = {"type": "RuntimeDefault"}
    ended = ran(engine, container(script), _secured(script, "named", seccompProfile=profile))
    assert (ended.lines, ended.lines_of("named")) == (["0"], ["2"])


def test_a_pod_may_have_the_processes_and_the_memory_of_the_host(engine: Engine) -> None:
    script = "readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc"
    ended = ran(engine, container(script), hostPID=True, hostIPC=True)
    assert ended.lines == [_own_namespace("pid"), _own_namespace("ipc")]


@pytest.mark.parametrize(
    ("image", "user", "why"),
    [
        ("", None, "container has runAsNonRoot and image will run as root"),
        ("", 0, "container's runAsUser breaks non-root policy"),
        (NAMED_USER.reference, None, "image has non-numeric user (app), cannot verify"),
    ],
)
def test_who_must_not_be_root_and_would_be_is_not_started(
    docker: Engine, image: str, user: int | None, why: str
) -> None:
    fields: dict[str, Any] = {} if user is None else {"runAsUser": user}
    fields |= {"image": image} if image else {}

    async def story(running: seedpod.RunningPod) -> None:
        [waited] = await has_waited(running, "CreateContainerConfigError")
        assert why in waited.message
        assert waited.message.endswith(f'(pod: "web_default({running.uid})", container: main)')
        status = running.status.container_statuses[0]
        assert (status.restart_count, status.container_id) == (0, "")

    told(docker, story, _secured("id", runAsNonRoot=True, **fields))


def test_who_must_not_be_root_and_is_not_runs(engine: Engine) -> None:
    secured = _secured("id -u", image=USER.reference, runAsNonRoot=True)
    other = _secured("id -u", "other", runAsNonRoot=True, runAsUser=1)
    ended = ran(engine, secured, other)
    assert (ended.lines, ended.lines_of("other")) == (["1000"], ["1"])


def test_a_profile_of_system_calls_is_read_from_its_file(engine: Engine, tmp_path: Path) -> None:
    no_mkdir = {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [no_mkdir]}
    (tmp_path / "no-mkdir.json").write_text(json.dumps(profile))
    named = {"type": "Localhost", "localhostProfile": "no-mkdir.json"}
    ended = ran(
        engine,
        _secured("mkdir /tmp/new 2>/dev/null || echo refused", seccompProfile=named),
        executor=executor_on(engine, seccomp_profiles=tmp_path),
    )
    assert ended.lines == ["refused"]


def _has_all_capabilities() -> bool:
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    [bound] = re.findall(r"CapBnd:\s*(\S+)", Path("/proc/self/status").read_text())
    return int(bound, 16) == (2 << last) - 1


def _own_namespace(kind: str) -> str:
    return str(Path(f"/proc/self/ns/{kind}").readlink())


def _secured(script: str, name: str = "main", image: str = "", **context: Any) -> dict[str, Any]:
    """A container with a security context."""
    fields = {"image": image} if image else {}
    return container(script, name=name, securityContext=context, **fields)
