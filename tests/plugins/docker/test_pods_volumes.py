"""Every kind of volume, and how it is mounted: on a real engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.plugins.docker.engine import Engine
from tests.plugins.docker.inside import container, ran

_SETTINGS: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings"},
    "data": {"mode": "fast", "other": "slow"},
}
_TOKEN: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "token"},
    "stringData": {"token": "s3cr3t"},
}
_OF_THE_POD = {"items": [{"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}]}
_PROJECTED = {
    "sources": [
        {"configMap": {"name": "settings", "items": [{"key": "mode", "path": "settings/mode"}]}},
        {"secret": {"name": "token"}},
        {"downwardAPI": _OF_THE_POD},
    ]
}


def test_every_kind_of_volume_stands_at_its_place(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("of the host\n")
    volumes = {
        "empty": {"emptyDir": {}},
        "memory": {"emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
        "host": {"hostPath": {"path": str(tmp_path), "type": "Directory"}},
        "settings": {"configMap": {"name": "settings"}},
        "token": {"secret": {"secretName": "token", "defaultMode": 0o400}},
        "pod": {"downwardAPI": _OF_THE_POD},
        "all": {"projected": _PROJECTED},
    }
    looking = container(
        """
        echo kept >/v/empty/file; cat /v/empty/file
        stat -f -c %T /v/memory
        cat /v/host/file
        cat /v/settings/mode; echo
        cat /v/token/token; echo; stat -L -c %a /v/token/token
        cat /v/pod/name; echo
        cat /v/all/settings/mode; echo; cat /v/all/token; echo; cat /v/all/name
        """,
        volumeMounts=_mounts(volumes),
    )
    ended = ran(engine, looking, objects=[_SETTINGS, _TOKEN], volumes=_named(volumes))
    assert ended.lines == [
        *("kept", "tmpfs", "of the host", "fast", "s3cr3t", "400", "web"),
        *("fast", "s3cr3t", "web"),
    ]


def test_containers_share_a_volume_and_it_outlives_a_restart(engine: Engine) -> None:
    mounts = [{"name": "empty", "mountPath": "/shared"}]
    first = container("echo one >/shared/file", name="first", volumeMounts=mounts)
    second = container(
        "cat /shared/file; test -e /shared/again || { touch /shared/again; exit 1; }",
        volumeMounts=mounts,
    )
    ended = ran(
        engine,
        second,
        initContainers=[first],
        restartPolicy="OnFailure",
        volumes=[{"name": "empty", "emptyDir": {}}],
    )
    assert ended.lines == ["one", "one"]
    assert ended.status_of().restart_count == 1


def test_what_is_mounted_read_only_is(engine: Engine, tmp_path: Path) -> None:
    volumes = {"host": {"hostPath": {"path": str(tmp_path)}}, "empty": {"emptyDir": {}}}
    mounts = _mounts(volumes, readOnly=True)
    script = "for each in host empty; do touch /v/$each/file || echo refused; done 2>/dev/null"
    ended = ran(engine, container(script, volumeMounts=mounts), volumes=_named(volumes))
    assert ended.lines == ["refused", "refused"]
    assert list(tmp_path.iterdir()) == []


def test_secrets_cannot_be_written_to(docker: Engine) -> None:
    volumes = {"token": {"secret": {"secretName": "token"}}}
    script = "touch /v/token/more 2>/dev/null || echo refused"
    looking = container(script, volumeMounts=_mounts(volumes))
    assert ran(docker, looking, objects=[_TOKEN], volumes=_named(volumes)).lines == ["refused"]


def test_a_part_of_a_volume_is_mounted_by_its_path(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "file").write_text("part\n")
    mounts = [
        {"name": "host", "mountPath": "/one", "subPath": "web"},
        {"name": "host", "mountPath": "/file", "subPath": "web/file"},
        {"name": "host", "mountPath": "/named", "subPathExpr": "$(POD)"},
        {"name": "settings", "mountPath": "/etc/mode", "subPath": "mode"},
    ]
    env = [{"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    looking = container(
        "cat /one/file /file /named/file /etc/mode; echo; ls -d /etc/passwd",
        env=env,
        volumeMounts=mounts,
    )
    volumes: dict[str, Any] = {
        "host": {"hostPath": {"path": str(tmp_path)}},
        "settings": {"configMap": {"name": "settings"}},
    }
    ended = ran(engine, looking, objects=[_SETTINGS], volumes=_named(volumes))
    assert ended.lines == ["part", "part", "part", "fast", "/etc/passwd"]


def test_a_group_of_the_file_system_has_the_volumes(engine: Engine) -> None:
    volumes = {"empty": {"emptyDir": {}}, "token": {"secret": {"secretName": "token"}}}
    looking = container(
        "stat -c %g /v/empty; stat -L -c '%g %a' /v/token/token; id -G; touch /v/empty/file"
        " && stat -c %g /v/empty/file",
        volumeMounts=_mounts(volumes),
    )
    ended = ran(
        engine,
        looking,
        objects=[_TOKEN],
        volumes=_named(volumes),
        securityContext={"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 4321},
    )
    assert ended.lines == ["4321", "4321 644", "1000 4321", "4321"]


def _named(volumes: dict[str, Any]) -> list[dict[str, Any]]:
    """The volumes of a pod, by their names."""
    return [{"name": name, **source} for name, source in volumes.items()]


def _mounts(volumes: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    """Each of them below `/v`."""
    return [{"name": name, "mountPath": f"/v/{name}", **fields} for name in volumes]
