"""Attempts to get out by what containers of one pod share: volumes, and the links they plant there.

At the level `view` each is refused or contained. Where nothing else forbids it, it is seen to
succeed at `none`: so the attempt is a real one.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Any

import attrs
import pytest

import seedpod
from seedpod.errors import SpecError
from seedpod.executors.subprocess import SubprocessExecutor
from seedpod.executors.subprocess._view.bubblewrap import Bubblewrap
from tests.executors.as_user import assert_passes_as_user
from tests.executors.inside import (
    Level,
    container,
    executor_at,
    gets_out,
    in_a_view,
    manifest,
    python,
    ran,
    refusal,
)
from tests.executors.views import levels

DATA = {"name": "data", "mountPath": "/data"}
MORE = {"name": "more", "mountPath": "/data/logs"}
EMPTY: list[dict[str, Any]] = [
    {"name": "data", "emptyDir": {}},
    {"name": "more", "emptyDir": {}},
]
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "config"},
    "data": {"key": "value"},
}
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "secret"},
    "stringData": {"token": "the-neighbours-own"},
}


@pytest.fixture(params=levels())
def level(request: pytest.FixtureRequest) -> Level:
    found: Level = request.param
    return found


def planter(script: str) -> list[dict[str, Any]]:
    """An init container that does *script* in the volume `data` before the others start."""
    return [container(f"cd /data && {script}", name="planter", volumeMounts=[DATA])]


@pytest.mark.parametrize("path", ["..", "../..", "a/../..", "a/..", "/etc"])
def test_a_sub_path_cannot_be_written_to_lead_out(path: str) -> None:
    mount = {**DATA, "subPath": path}
    with pytest.raises(SpecError, match="subPath"):
        seedpod.load(json.dumps(manifest(container("true", volumeMounts=[mount]), volumes=EMPTY)))


@pytest.mark.parametrize("path", ["..", "../x", "a/../../x", "/etc/x", "..x/../../y"])
@pytest.mark.parametrize("kind", ["configMap", "secret", "downwardAPI"])
def test_the_path_of_an_item_cannot_be_written_to_lead_out(kind: str, path: str) -> None:
    item: dict[str, Any] = {"path": path, "key": "key"}
    source: dict[str, Any] = {"items": [item]}
    if kind == "downwardAPI":
        item.pop("key")
        item["fieldRef"] = {"fieldPath": "metadata.name"}
    else:
        source["name" if kind == "configMap" else "secretName"] = "config"
    volumes = [{"name": "data", kind: source}]
    pod = manifest(container("true", volumeMounts=[DATA]), volumes=volumes)
    with pytest.raises(SpecError, match="path"):
        seedpod.load(json.dumps(pod))


@in_a_view
@pytest.mark.parametrize("where", ["..", "../../..", "/etc", "a/../.."])
def test_a_sub_path_cannot_be_expanded_to_lead_out(where: str) -> None:
    mount = {**DATA, "subPathExpr": "$(WHERE)"}
    env = [{"name": "WHERE", "value": where}]
    waiting = refusal(container("true", volumeMounts=[mount], env=env), volumes=EMPTY)
    assert waiting.reason == "CreateContainerConfigError"


@in_a_view
@pytest.mark.parametrize(
    ("plant", "sub_path"),
    [
        ("ln -s /etc way", "way"),
        ("ln -s /etc/passwd way", "way"),
        ("ln -s / way", "way/etc"),
        ("ln -s / way", "way/etc/passwd"),
        ("ln -s ../../../../../.. way", "way/etc"),
        ("mkdir a && ln -s ../.. a/way", "a/way"),
        ("ln -s /proc/1/root way", "way/etc"),
        ("ln -s /oldroot/etc way", "way"),
        ("ln -s one two && ln -s two one", "one"),
        ("ln -s one two && ln -s /etc one", "two"),
    ],
)
def test_a_sub_path_does_not_lead_out_through_a_planted_link(plant: str, sub_path: str) -> None:
    waiting = refusal(
        container("true", volumeMounts=[{**DATA, "subPath": sub_path}]),
        initContainers=planter(plant),
        volumes=EMPTY,
    )
    assert waiting.reason == "CreateContainerConfigError"
    assert waiting.message


@in_a_view
def test_a_link_that_stays_inside_its_volume_is_followed() -> None:
    ended = ran(
        container("cat /data/file", volumeMounts=[{**DATA, "subPath": "way"}]),
        initContainers=planter("mkdir real && echo inside > real/file && ln -s real way"),
        volumes=EMPTY,
    )
    assert ended.lines == ["inside"]


@in_a_view
@pytest.mark.parametrize(
    "plant",
    [
        "ln -s /etc logs",
        "ln -s ../etc logs",
        "ln -s /oldroot/etc logs",
        "ln -s /newroot/etc logs",
        "ln -s nowhere logs",
        "mkdir real && ln -s real logs",
    ],
)
def test_nothing_is_mounted_through_a_link_that_was_planted_where_its_place_is(plant: str) -> None:
    waiting = refusal(
        container("true", volumeMounts=[DATA, MORE]), initContainers=planter(plant), volumes=EMPTY
    )
    assert waiting.reason.startswith("CreateContainer")
    assert "/data/logs: there is a symbolic link on the way, 'logs'" in waiting.message


@in_a_view
def test_nothing_is_mounted_through_a_link_on_the_way_to_its_place() -> None:
    deep = {"name": "more", "mountPath": "/data/a/b/c"}
    waiting = refusal(
        container("true", volumeMounts=[DATA, deep]),
        initContainers=planter("mkdir a && ln -s /etc a/b"),
        volumes=EMPTY,
    )
    assert "/data/a/b/c: there is a symbolic link on the way, 'b'" in waiting.message


def swapping(tmp_path: Path, swap: str) -> SubprocessExecutor:
    """An executor whose views are made a moment too late: once *swap* has been done."""
    executor = executor_at("view")
    found = executor._bubblewrap
    assert isinstance(found, Bubblewrap)
    program = tmp_path / "bwrap"
    program.write_text(f'#!/bin/sh\n{swap} && : > {tmp_path}/swapped\nexec {found.program} "$@"\n')
    program.chmod(0o755)
    executor._bubblewrap = attrs.evolve(found, program=str(program))
    return executor


def volume_directory(name: str) -> str:
    """In a shell, the directory of the volume with a file *name*."""
    found = f"find {tempfile.gettempdir()}/seedpod-* -name {name} 2>/dev/null"
    return f'"$(dirname "$({found})")"'


@in_a_view
def test_a_sub_path_that_is_swapped_for_a_link_at_the_last_moment_is_not_followed(
    tmp_path: Path,
) -> None:
    """What is mounted is what was looked at: the directory, wherever it has been moved to."""
    mark = f"mark-{tmp_path.name}"
    swap = f"cd {volume_directory(mark)} && [ ! -L part ] && mv part was && ln -s /etc part"
    ended = ran(
        container(
            "ls /part", volumeMounts=[{"name": "data", "mountPath": "/part", "subPath": "part"}]
        ),
        initContainers=planter(f"mkdir part && touch part/mine {mark}"),
        volumes=EMPTY,
        executor=swapping(tmp_path, swap),
    )
    assert (tmp_path / "swapped").exists()
    assert ended.lines == ["mine"]


@in_a_view
@pytest.mark.parametrize("kind", ["file", "directory"])
def test_a_mount_point_that_is_swapped_for_a_link_at_the_last_moment_makes_nothing_on_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Bubblewrap would follow it, to a place where it has the host's own files."""
    mark, target = f"mark-{tmp_path.name}", tmp_path / "made"
    swap = f"cd {volume_directory(mark)} && rm -rf logs && ln -s /oldroot{target} logs"
    more = {"name": "config", "mountPath": "/data/logs"}
    if kind == "file":
        more["subPath"] = "key"
    # The first program that is started for such a container, before anything is looked at.
    found = shutil.which("unshare")
    program = tmp_path / "unshare"
    program.write_text(f'#!/bin/sh\n{swap} && : > {tmp_path}/swapped\nexec {found} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    ended = ran(
        container("true", volumeMounts=[DATA, more]),
        initContainers=planter(f"touch {mark}"),
        volumes=[*EMPTY, {"name": "config", "configMap": {"name": "config"}}],
        objects=[CONFIG],
    )
    assert (tmp_path / "swapped").exists()
    assert not os.path.lexists(target)
    assert ended.end_of().reason == "StartError"
    assert "there is a symbolic link on the way, 'logs'" in ended.end_of().message


@in_a_view
@pytest.mark.parametrize("kind", ["file", "directory"])
def test_a_mount_point_that_is_swapped_for_a_link_before_a_probe_makes_nothing_on_the_host(
    tmp_path: Path, kind: str
) -> None:
    """A neighbour has all the time it wants: each probe needs the container's files once more."""
    target = tmp_path / "made"
    more = {"name": "config", "mountPath": "/data/logs"}
    if kind == "file":
        more["subPath"] = "key"
    probe = {
        "exec": {"command": ["test", "-e", "/data/planted"]},
        "periodSeconds": 1,
        "failureThreshold": 4,
    }
    neighbour = (
        f"rm -rf /data/logs; ln -s /oldroot{target} /data/logs; touch /data/planted; sleep 3"
    )
    ran(
        container("sleep 3", volumeMounts=[DATA, more], startupProbe=probe),
        container(neighbour, name="neighbour", volumeMounts=[DATA]),
        volumes=[*EMPTY, {"name": "config", "configMap": {"name": "config"}}],
        objects=[CONFIG],
    )
    assert not os.path.lexists(target)


@in_a_view
def test_a_neighbour_cannot_have_its_files_mounted_over_others_by_a_link_before_a_probe() -> None:
    """What runs in a container would be what the neighbour wrote."""
    probe = {"exec": {"command": ["ls", "/data/ran"]}, "periodSeconds": 1, "failureThreshold": 9}
    plant = (
        "cp /usr/bin/touch /more/ls; rm -rf /data/logs; ln -s ../usr/bin /data/logs;"
        " sleep 2.5; ls /data"
    )
    mounts = [DATA, {"name": "more", "mountPath": "/more"}]
    ended = ran(
        container("sleep 2.5", volumeMounts=[DATA, MORE], livenessProbe=probe),
        container(plant, name="neighbour", volumeMounts=mounts),
        volumes=EMPTY,
    )
    assert "ran" not in ended.written["neighbour"].split()


def neighbour(**fields: Any) -> dict[str, Any]:
    """A container that runs beside, from before the others start."""
    return {
        **container("sleep 1000", name="neighbour", **fields),
        "restartPolicy": "Always",
        "startupProbe": {"exec": {"command": ["true"]}, "periodSeconds": 1},
    }


def test_the_environment_of_a_neighbour_is_its_own(level: Level) -> None:
    env = [{"name": "OF_NEIGHBOUR", "value": "token"}]
    script = "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -q OF_NEIGHBOUR=token"
    assert gets_out(f"{script} && echo out", level, initContainers=[neighbour(env=env)]) == (
        level == "none"
    )


def test_the_files_of_a_neighbour_cannot_be_had_through_its_process(level: Level) -> None:
    """At `none` there is nothing to protect: a volume is wherever its link leads."""
    script = "cat /proc/[0-9]*/root/keys/token /proc/[0-9]*/cwd/token 2>/dev/null && echo out"
    if level == "none":
        return
    keys = neighbour(volumeMounts=[{"name": "keys", "mountPath": "/keys"}], workingDir="/keys")
    volumes = [{"name": "keys", "secret": {"secretName": "secret"}}]
    assert not gets_out(script, level, initContainers=[keys], volumes=volumes, objects=[SECRET])


def test_the_volumes_of_a_neighbour_cannot_be_found_on_the_host(
    level: Level, tmp_path: Path
) -> None:
    keys = neighbour(volumeMounts=[{"name": "keys", "mountPath": f"{tmp_path}/keys"}])
    volumes = [{"name": "keys", "secret": {"secretName": "secret"}}]
    script = (
        'for each in "${TMPDIR:-/tmp}" /tmp /var/tmp /dev/shm /run; do'
        " grep -rqs the-neighbours-own $each/seedpod-* && echo out; done"
    )
    assert gets_out(
        script,
        level,
        under=tmp_path,
        initContainers=[keys],
        volumes=volumes,
        objects=[SECRET],
        fields={"env": [{"name": "TMPDIR", "value": os.environ.get("TMPDIR", "/tmp")}]},
    ) == (level == "none")


@pytest.mark.parametrize("where", ["/tmp", "/var/tmp", "/run"])
def test_a_neighbour_has_a_directory_for_temporary_files_to_itself(
    level: Level, where: str
) -> None:
    name = f"{where}/seedpod-test-{os.getpid()}"
    first = container(f"echo mine > {name} || true", name="first")
    try:
        was_made = gets_out(f"cat {name} 2>/dev/null && echo out", level, initContainers=[first])
        assert was_made == (level == "none" and os.access(where, os.W_OK))
    finally:
        Path(name).unlink(missing_ok=True)


@in_a_view
def test_shared_memory_is_the_pods_own() -> None:
    """As in Kubernetes its containers share it, and nobody else."""
    name = f"seedpod-test-{os.getpid()}"
    first = container(f"echo mine > /dev/shm/{name}", name="first")
    assert gets_out(f"cat /dev/shm/{name} && echo out", "view", initContainers=[first])
    assert not Path("/dev/shm", name).exists()


def test_a_neighbour_cannot_be_signalled(level: Level) -> None:
    env = [{"name": "OF_NEIGHBOUR", "value": str(os.getpid())}]
    script = (
        f"for each in $(grep -ls OF_NEIGHBOUR={os.getpid()} /proc/[0-9]*/environ); do"
        " each=${each#/proc/}; [ $each = self/environ ] || kill -0 ${each%/environ} && echo out;"
        " done"
    )
    assert gets_out(script, level, initContainers=[neighbour(env=env)]) == (level == "none")


def test_the_shared_memory_of_a_neighbour_is_its_own(level: Level) -> None:
    """System V's, which is not in any directory."""
    make = (
        "import ctypes, time; libc = ctypes.CDLL(None)\n"
        f"assert libc.shmget({os.getpid()}, 4096, 0o1666) >= 0"
    )
    look = (
        "import ctypes; libc = ctypes.CDLL(None)\n"
        f"found = libc.shmget({os.getpid()}, 4096, 0)\n"
        "print('out' if found >= 0 else '')\n"
        "libc.shmctl(found, 0, None)"
    )
    first = container(f"{python()} -c {shlex.quote(make)}", name="first")
    script = f"{python()} -c {shlex.quote(look)}"
    assert gets_out(script, level, initContainers=[first]) == (level == "none")


def test_a_volume_is_not_filled_beyond_its_limit(level: Level, tmp_path: Path) -> None:
    """Who writes more than a volume may hold is evicted."""
    place = f"{tmp_path}/data"
    fill = f"head -c 4194304 /dev/zero > {place}/file; sleep 20; echo out"
    ended = ran(
        container(fill, volumeMounts=[{"name": "data", "mountPath": place}]),
        level=level,
        under=tmp_path,
        volumes=[{"name": "data", "emptyDir": {"sizeLimit": "1Mi"}}],
    )
    assert "out" not in ended.lines
    assert (ended.status.phase, ended.status.reason) == ("Failed", "Evicted")


@in_a_view
def test_an_ordinary_user_has_views_that_cannot_be_left_either() -> None:
    assert_passes_as_user(__file__)
