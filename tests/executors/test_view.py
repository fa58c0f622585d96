"""What a container at the level `view` sees: the host's files, volumes, and directories of its own.

Whom it runs as and how it ends is told by `test_view_process`.
"""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.executors.as_user import assert_passes_as_user
from tests.executors.inside import container, in_a_view, python, ran, refusal, said

IS_ROOT = os.geteuid() == 0
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "config"},
    "data": {"key": "value\n", "other": "more\n"},
}
VOLUMES: list[dict[str, Any]] = [
    {"name": "data", "emptyDir": {}},
    {"name": "more", "emptyDir": {}},
    {"name": "config", "configMap": {"name": "config"}},
]


def seen(script: str, *mounts: dict[str, Any], **fields: Any) -> list[str]:
    """What *script* writes in a container with *mounts* of `VOLUMES`."""
    one = container(script, volumeMounts=list(mounts), **fields)
    return ran(one, volumes=VOLUMES, objects=[CONFIG]).lines


def at(path: str, volume: str = "data", **fields: Any) -> dict[str, Any]:
    return {"name": volume, "mountPath": path, **fields}


PLACES = (
    "/data",
    "/a/b/c/d",
    "/tmp/data",
    "/run/secrets/deep/data",
    "/var/run/data",
    "/var/tmp/data",
    "/usr/data",
    "/usr/lib/seedpod/deep/data",
    "/usr/share",
    "/etc",
    "/etc/seedpod.d/data",
    "/lib/seedpod",
    "/opt",
    "/root/data",
    "/home/somebody/data",
    "/srv/data/",
    "/mnt",
    "/sys/data",
    "/dev/data",
    "/dev/shm",
    "/data/with space",
    "/data/ünicode/'quoted\"",
)


@in_a_view
@pytest.mark.parametrize("path", PLACES)
def test_a_volume_is_at_its_place_whether_or_not_the_host_has_it(path: str) -> None:
    existed = os.path.lexists(path)
    place = shlex.quote(path)
    script = f"echo written > {place}/file; read -r line < {place}/file; echo $line"
    lines = seen(f"{script}; [ -w {place} ] && echo writable", at(path))
    assert lines == ["written", "writable"]
    assert os.path.lexists(path) == existed


@in_a_view
@pytest.mark.parametrize("path", ["/usr/data", "/usr/lib/seedpod", "/etc/seedpod/deep", "/data"])
def test_what_is_beside_a_volume_stays_as_it_is(path: str) -> None:
    above = next(each for each in Path(path).parents if each.exists())
    listing = f"ls -1a {above} | grep -v -e '^data$' -e '^seedpod$'"
    assert seen(listing, at(path)) == said(listing)
    # In a view of an ordinary user there is no other whom a directory could belong to.
    kind = f"stat -c '{'%a %u %g' if IS_ROOT else '%a'}' {above}"
    assert seen(kind, at(path)) == said(kind)
    assert seen(f"touch {above}/new 2>/dev/null || echo refused", at(path)) == ["refused"]


@in_a_view
def test_a_volume_at_a_link_of_the_host_is_where_the_link_leads() -> None:
    """`/var/run` is `/run`, and `/bin` is `/usr/bin` on most hosts."""
    assert os.path.realpath("/var/run") == "/run"
    lines = seen("touch /var/run/here/file; ls /run/here; readlink /var/run", at("/var/run/here"))
    assert lines[0] == "file"
    if os.path.realpath("/bin") == "/usr/bin":
        assert seen("ls -d /usr/bin/seedpod /bin/sh", at("/bin/seedpod")) == [
            "/bin/sh",
            "/usr/bin/seedpod",
        ]


@in_a_view
def test_a_single_file_is_shown_over_a_file_and_where_none_is() -> None:
    for path in ("/etc/passwd", "/etc/none", "/none", "/usr/lib/deep/none", "/tmp/none"):
        mount = at(path, "config", subPath="key")
        assert seen(f"cat {path}", mount) == ["value"]


@in_a_view
def test_a_file_over_a_directory_cannot_be_shown_nor_a_directory_over_a_file() -> None:
    for mount, words in (
        (at("/usr", "config", subPath="key"), "/usr: cannot mount a file over a directory"),
        (at("/etc/passwd"), "/etc/passwd: cannot mount a directory over a file"),
    ):
        one = container("true", volumeMounts=[mount])
        waiting = refusal(one, volumes=VOLUMES, objects=[CONFIG])
        assert waiting.message == words


@in_a_view
@pytest.mark.parametrize("swapped", [False, True])
def test_a_volume_can_be_inside_another(swapped: bool) -> None:
    mounts = [at("/data"), at("/data/in/side", "more"), at("/data/key", "config", subPath="key")]
    script = "cat /data/key; touch /data/outer /data/in/side/inner; find /data -type f | sort"
    lines = seen(script, *(reversed(mounts) if swapped else mounts))
    assert lines == ["value", "/data/in/side/inner", "/data/key", "/data/outer"]


@in_a_view
def test_what_is_inside_a_volume_is_not_in_the_volume_of_a_neighbour() -> None:
    first = container(
        "echo x > /data/inner/file",
        volumeMounts=[at("/data"), at("/data/inner", "more")],
        name="one",
    )
    second = container("find /data /more | sort", volumeMounts=[at("/data"), at("/more", "more")])
    ended = ran(second, initContainers=[first], volumes=VOLUMES, objects=[CONFIG])
    assert ended.lines == ["/data", "/data/inner", "/more", "/more/file"]


@in_a_view
def test_the_same_volume_is_at_two_places_and_in_two_parts() -> None:
    mounts = [at("/one"), at("/two"), at("/part", subPath="a/b")]
    lines = seen("echo x > /one/file; cat /two/file; touch /part/y; ls /one/a/b", *mounts)
    assert lines == ["x", "y"]


@in_a_view
def test_what_is_mounted_read_only_is() -> None:
    mounts = [at("/data", readOnly=True), at("/part", subPath="part", readOnly=True), at("/rw")]
    script = (
        "for each in /data /part /rw; do touch $each/file 2>/dev/null && echo $each; done; ls /data"
    )
    assert seen(script, *mounts) == ["/rw", "file", "part"]
    assert seen(
        "( echo x > /config/key ) 2>/dev/null || echo refused", at("/config", "config")
    ) == ["refused"]


@in_a_view
def test_config_maps_are_whole_with_their_links() -> None:
    lines = seen("cd /config; cat key other; readlink key", at("/config", "config"))
    assert lines == ["value", "more", "..data/key"]


@in_a_view
def test_a_directory_of_the_host_is_shown_and_written_to(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("of the host\n")
    volumes = [{"name": "host", "hostPath": {"path": str(tmp_path)}}]
    one = container("cat /host/theirs; echo mine > /host/mine", volumeMounts=[at("/host", "host")])
    assert ran(one, volumes=volumes).lines == ["of the host"]
    assert (tmp_path / "mine").read_text() == "mine\n"


@in_a_view
def test_a_device_of_the_host_can_be_used() -> None:
    volumes = [{"name": "host", "hostPath": {"path": "/dev/urandom", "type": "CharDevice"}}]
    for path in ("/dev/mine", "/mine", "/dev/null"):
        one = container(f"head -c 4 {path} | wc -c", volumeMounts=[at(path, "host")])
        assert ran(one, volumes=volumes).lines == ["4"]


@in_a_view
def test_a_socket_of_the_host_can_be_connected_to(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        path.chmod(0o777)
        server.listen()
        volumes = [{"name": "host", "hostPath": {"path": str(path), "type": "Socket"}}]
        connect = (
            "import socket; socket.socket(socket.AF_UNIX).connect('/run/service.sock'); print(1)"
        )
        script = f"{python()} -c {shlex.quote(connect)}"
        one = container(script, volumeMounts=[at("/run/service.sock", "host")])
        assert ran(one, volumes=volumes).lines == ["1"]


@in_a_view
@pytest.mark.parametrize("path", ["/tmp", "/var/tmp", "/run", "/dev/shm"])
def test_a_container_has_empty_directories_of_its_own_and_shares_them_with_its_probes(
    path: str,
) -> None:
    probe = {"exec": {"command": ["sh", "-c", f"echo probe >> {path}/file"]}, "periodSeconds": 1}
    script = (
        f"ls -A {path}; echo main > {path}/file; while ! grep -q probe {path}/file; do sleep 0.1;"
        f" done; cat {path}/file"
    )
    assert ran(container(script, startupProbe=probe)).lines == ["main", "probe"]


@in_a_view
def test_directories_of_its_own_are_new_for_each_attempt() -> None:
    mounts = [at("/data")]
    script = "cat /tmp/file; touch /tmp/file; [ -e /data/was ] && exit 0; touch /data/was; exit 1"
    one = container(f"{{ {script}; }} 2>&1", volumeMounts=mounts)
    ended = ran(one, volumes=VOLUMES, objects=[CONFIG], restartPolicy="OnFailure")
    assert len([each for each in ended.lines if "No such file" in each]) == 2


@in_a_view
def test_directories_of_its_own_have_their_usual_modes() -> None:
    assert said("stat -c %a /tmp /var/tmp /run") == ["1777", "1777", "755"]


@in_a_view
def test_last_words_are_read_from_where_they_were_written() -> None:
    for fields in (
        {},
        {"terminationMessagePath": "/last/words"},
        {"terminationMessagePath": "/tmp/x"},
    ):
        path = fields.get("terminationMessagePath", "/dev/termination-log")
        ended = ran(container(f"echo bye > {path}; exit 1", **fields))
        assert ended.end_of().message == "bye\n"


@in_a_view
def test_devices_are_the_harmless_ones() -> None:
    lines = said("cd /dev; ls; echo x > null; head -c 2 zero | wc -c; [ -L stdout ] && echo link")
    assert lines[-2:] == ["2", "link"]
    assert {"null", "zero", "full", "random", "urandom", "tty", "pts", "shm"} <= {*lines}
    assert not {"sda", "vda", "mem", "kmsg", "fuse", "loop0"} & {*lines}


@in_a_view
def test_a_read_only_root_may_be_written_to_nowhere_but_in_volumes() -> None:
    context = {"readOnlyRootFilesystem": True}
    script = (
        "for each in / /tmp /var/tmp /run /dev /dev/shm /etc /made /data /tmp/data; do"
        " touch $each/file 2>/dev/null && echo $each; done; ls -d /tmp"
    )
    mounts = [at("/data"), at("/tmp/data", "more")]
    lines = seen(script, *mounts, securityContext=context, workingDir="/made")
    assert [each for each in lines if each not in {"/dev", "/dev/shm"}] == [
        "/data",
        "/tmp/data",
        "/tmp",
    ]


@in_a_view
def test_the_working_directory_is_the_hosts_unless_it_is_hidden(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir("/usr/lib")
    assert said("pwd") == ["/usr/lib"]
    monkeypatch.chdir("/run")
    assert said("pwd") == ["/"]


@in_a_view
@pytest.mark.parametrize(
    "path", ["/usr", "/made/for/it", "/tmp", "/usr/lib/made", "/data", "/var/run"]
)
def test_a_working_directory_is_there_or_is_made(path: str) -> None:
    lines = seen("pwd -P; touch file && echo writable", at("/data"), workingDir=path)
    assert lines[0] == os.path.realpath(path)
    if path != "/usr":
        assert lines[1:] == ["writable"]


@in_a_view
def test_a_working_directory_below_one_of_its_own_is_there_or_is_made() -> None:
    """In Kubernetes the runtime makes it, wherever it is."""
    for path in ("/tmp/deep/made", "/data/deep/made", "/run/made"):
        assert seen("pwd", at("/data"), workingDir=path) == [path]


@in_a_view
def test_home_and_path_and_the_name_of_the_pod_are_set() -> None:
    assert said("echo $HOME; echo x > $HOME/x && cat $HOME/x") == ["/tmp", "x"]
    assert said("echo $PATH")[0] == os.environ["PATH"]
    assert said("echo $PATH $HOME", env=[{"name": "HOME", "value": "/x"}])[0].endswith(" /x")
    assert said("echo $HOSTNAME; hostname; uname -n") == ["web", "web", "web"]


@in_a_view
def test_the_hosts_file_has_the_pods_name_and_its_aliases() -> None:
    aliases = [{"ip": "10.1.2.3", "hostnames": ["one.example", "two.example"]}]
    ended = ran(container("cat /etc/hosts; getent hosts two.example"), hostAliases=aliases)
    assert "10.1.2.3\tone.example\ttwo.example" in ended.lines
    assert any(each.split()[1:] == ["web"] for each in ended.lines)
    assert ended.lines[-1].split()[0] == "10.1.2.3"


@in_a_view
def test_a_pod_may_be_called_otherwise() -> None:
    assert ran(container("hostname"), hostname="other").lines == ["other"]


@in_a_view
def test_a_pod_with_the_hosts_network_has_the_hosts_name() -> None:
    [name] = ran(container("hostname"), hostNetwork=True).lines
    assert name == os.uname().nodename


@in_a_view
def test_names_are_resolved_as_on_the_host() -> None:
    resolver = Path("/etc/resolv.conf")
    if resolver.is_file():
        assert "\n".join(said("cat /etc/resolv.conf")) == resolver.read_text().rstrip("\n")


@in_a_view
@pytest.mark.parametrize("is_shared", [False, True])
def test_messages_and_shared_memory_are_the_hosts_where_it_is_asked_for(is_shared: bool) -> None:
    made = subprocess.run(["ipcmk", "-M", "64"], capture_output=True, text=True, check=True)
    number = made.stdout.split()[-1]
    try:
        lines = ran(container(f"ipcs -m -i {number} 2>&1"), hostIPC=is_shared).lines
        assert any(f"shmid={number}" in each for each in lines) == is_shared
    finally:
        subprocess.run(["ipcrm", "-m", number], check=True)


@in_a_view
def test_an_ordinary_user_has_views_of_the_same_files() -> None:
    assert_passes_as_user(__file__)
