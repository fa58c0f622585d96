"""What an engine is asked to make of a container of a manifest."""

from __future__ import annotations

from typing import Any, Final

import attrs
import pytest

from seedpod.spec import Pod
from seedpod_docker._container_config import Surroundings, container_config, user_of
from seedpod_docker._settings import Choices, EngineFacts
from tests.plugins.docker.manifests import Fields, container, labels, mount, plan, pod

GIB: Final = 2**30


def around(of: Pod, **choices: Any) -> Surroundings:
    return Surroundings(
        pod=of,
        labels=labels(of),
        sandbox_id="s-1",
        choices=Choices(**choices),
        facts=EngineFacts(memory_bytes=8 * GIB),
    )


def config(of: Pod, choices: Fields | None = None, **fields: Any) -> dict[str, Any]:
    return container_config(plan(of, **fields), around(of, **(choices or {})))


def host(of: Pod, choices: Fields | None = None, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = config(of, choices, **fields)["HostConfig"]
    return found


def test_a_container_is_of_its_image_and_has_its_labels() -> None:
    web = pod()
    made = config(web)
    assert made["Image"] == "web:1"
    assert made["Labels"] == labels(web).of_container(plan(web))
    assert made["Healthcheck"] == {"Test": ["NONE"]}


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({}, {}),
        ({"command": ("a", "b")}, {"Entrypoint": ["a", "b"]}),
        ({"args": ("c",)}, {"Cmd": ["c"]}),
        ({"command": ("a",), "args": ("c",)}, {"Entrypoint": ["a"], "Cmd": ["c"]}),
    ],
)
def test_a_command_is_the_entrypoint_and_what_is_not_said_is_the_image_s(
    fields: dict[str, Any], asked: Fields
) -> None:
    made = config(pod(), **fields)
    assert {key: made[key] for key in ("Entrypoint", "Cmd") if key in made} == asked


def test_the_engine_s_values_count_and_not_the_manifest_s() -> None:
    web = pod({"command": ["$(A)"], "env": [{"name": "A", "value": "$(B)"}]})
    made = config(web, command=("one",), env={"A": "one", "EMPTY": "", "B": "x=y\nz"})
    assert made["Entrypoint"] == ["one"]
    assert made["Env"] == ["A=one", "EMPTY=", "B=x=y\nz"]


def test_a_working_directory_may_be_the_image_s() -> None:
    assert "WorkingDir" not in config(pod())
    assert config(pod({"workingDir": "/srv"}))["WorkingDir"] == "/srv"


def test_input_and_a_terminal_are_asked_for() -> None:
    keys = ("Tty", "OpenStdin", "StdinOnce")
    assert [config(pod())[key] for key in keys] == [False, False, False]
    made = config(pod({"tty": True, "stdin": True, "stdinOnce": True}))
    assert [made[key] for key in keys] == [True, True, True]


@pytest.mark.parametrize(
    ("of_pod", "of_container", "user"),
    [
        ({}, {}, ""),
        ({"runAsUser": 7}, {}, "7"),
        ({"runAsUser": 7, "runAsGroup": 8}, {}, "7:8"),
        ({"runAsUser": 7, "runAsGroup": 8}, {"runAsUser": 0}, "0:8"),
        ({"runAsUser": 7, "runAsGroup": 8}, {"runAsGroup": 0}, "7:0"),
    ],
)
def test_the_user_is_the_container_s_own_then_the_pod_s_then_the_image_s(
    of_pod: Fields, of_container: Fields, user: str
) -> None:
    web = pod({"securityContext": of_container}, securityContext=of_pod)
    assert user_of(web, web.spec.containers[0]) == user
    assert config(web).get("User", "") == user


@pytest.mark.parametrize(
    ("image_user", "user"), [("", "0:8"), ("7", "7:8"), ("7:9", "7:8"), ("web:web", "web:8")]
)
def test_a_group_alone_goes_with_the_image_s_user(image_user: str, user: str) -> None:
    web = pod({"securityContext": {"runAsGroup": 8}})
    assert container_config(plan(web), around(web), image_user)["User"] == user
    assert "User" not in container_config(plan(pod()), around(pod()), image_user)


def test_containers_join_the_namespaces_of_their_sandbox() -> None:
    made = host(pod())
    assert (made["NetworkMode"], made["IpcMode"]) == ("container:s-1", "container:s-1")
    assert made.keys().isdisjoint({"PidMode", "UTSMode", "Init"})


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("hostNetwork", {"NetworkMode": "host", "UTSMode": "host"}),
        ("hostIPC", {"IpcMode": "host"}),
        ("hostPID", {"PidMode": "host"}),
        ("shareProcessNamespace", {"PidMode": "container:s-1"}),
    ],
)
def test_namespaces_may_be_others(field: str, asked: Fields) -> None:
    assert host(pod(**{field: True})) == {**host(pod()), **asked}


def test_an_init_process_is_a_choice() -> None:
    assert host(pod(), {"has_init": True})["Init"] is True


def test_volumes_are_bind_mounts() -> None:
    web = pod()
    made = host(web, mounts=(mount("/a", is_read_only=True), mount("/b")))["Mounts"]
    common = {
        "Type": "bind",
        "Source": "/host/data",
        "BindOptions": {"Propagation": "rprivate"},
    }
    assert made == [
        {**common, "Target": "/a", "ReadOnly": True},
        {**common, "Target": "/b", "ReadOnly": False},
    ]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        (None, "rprivate"),
        ("None", "rprivate"),
        ("HostToContainer", "rslave"),
        ("Bidirectional", "rshared"),
    ],
)
def test_what_is_mounted_later_is_seen_as_the_mount_says(said: str | None, asked: str) -> None:
    web = pod(
        {
            "securityContext": {"privileged": True},
            "volumeMounts": [
                {"name": "data", "mountPath": "/a", "mountPropagation": said},
                {"name": "data", "mountPath": "/b"},
            ],
        },
        volumes=[{"name": "data", "emptyDir": {}}],
    )
    made = host(web, mounts=(mount("/a"), mount("/b"), mount("/dev/termination-log")))["Mounts"]
    found = [each["BindOptions"]["Propagation"] for each in made]
    assert found == [asked, "rprivate", "rprivate"]


@pytest.mark.parametrize(
    ("said", "forced", "not_below"),
    [
        (None, False, True),
        ("Disabled", False, True),
        ("IfPossible", False, False),
        ("Enabled", True, False),
    ],
)
def test_what_is_mounted_below_is_read_only_as_the_mount_says(
    said: str | None, forced: bool, not_below: bool
) -> None:
    asked = {"name": "data", "mountPath": "/a", "readOnly": True, "recursiveReadOnly": said}
    web = pod({"volumeMounts": [asked]}, volumes=[{"name": "data", "emptyDir": {}}])

    def options(version: tuple[int, int]) -> Any:
        facts = EngineFacts(version=version)
        mounted = plan(web, mounts=(mount("/a", is_read_only=True),))
        made = container_config(mounted, attrs.evolve(around(web), facts=facts))
        return made["HostConfig"]["Mounts"][0]["BindOptions"]

    assert options((1, 43)) == {"Propagation": "rprivate"}
    assert options((1, 44)) == {
        "Propagation": "rprivate",
        "ReadOnlyForceRecursive": forced,
        "ReadOnlyNonRecursive": not_below,
    }


def limited(resources: Fields, choices: Fields | None = None) -> dict[str, Any]:
    """What a container with these resources is asked for beyond one with none."""
    made = host(pod({"resources": resources}), choices)
    return {key: value for key, value in made.items() if host(pod()).get(key) != value}


def test_who_asks_for_nothing_gets_the_fewest_shares_and_is_killed_first() -> None:
    made = host(pod())
    assert (made["CpuShares"], made["OomScoreAdj"]) == (2, 1000)
    assert made.keys().isdisjoint({"Memory", "MemorySwap", "CpuQuota", "CpuPeriod", "PidsLimit"})


def test_a_limit_of_memory_leaves_no_swap() -> None:
    made = limited({"limits": {"memory": "1Gi"}})
    assert (made["Memory"], made["MemorySwap"]) == (GIB, GIB)


def test_time_of_the_processor_is_a_share_and_a_quota() -> None:
    made = limited({"requests": {"cpu": "250m"}, "limits": {"cpu": "1500m"}})
    assert (made["CpuShares"], made["CpuPeriod"], made["CpuQuota"]) == (256, 100000, 150000)
    assert limited({"limits": {"cpu": "2"}})["CpuShares"] == 2048
    assert "CpuQuota" not in limited({"requests": {"cpu": "2"}})


def test_the_number_of_processes_is_a_choice() -> None:
    assert limited({}, {"pids_limit": 9}) == {"PidsLimit": 9}


def test_the_more_a_container_asks_for_the_later_it_is_killed() -> None:
    scores = [limited({"requests": {"memory": f"{asked}Gi"}})["OomScoreAdj"] for asked in (1, 2, 4)]
    assert scores == [875, 750, 500]


def test_no_engine_is_asked_to_kill_a_container_later_than_others() -> None:
    guaranteed = {"cpu": "1", "memory": "1Gi"}
    web = pod({"resources": {"limits": guaranteed, "requests": guaranteed}})
    assert "OomScoreAdj" not in host(web)


def test_limits_are_those_of_the_attempt() -> None:
    web = pod({"resources": {"limits": {"memory": "1Gi"}}})
    smaller = pod({"resources": {"limits": {"memory": "1Mi"}}}).spec.containers[0]
    assert host(web, spec=smaller)["Memory"] == 2**20


def test_a_profile_that_cannot_be_read_is_refused() -> None:
    profile = {"type": "Localhost", "localhostProfile": "none.json"}
    web = pod({"securityContext": {"seccompProfile": profile}})
    with pytest.raises(ValueError, match="cannot load seccomp profile"):
        config(web)


def test_logs_are_kept_as_a_kubelet_keeps_them() -> None:
    assert host(pod())["LogConfig"] == {
        "Type": "json-file",
        "Config": {"max-size": "10m", "max-file": "5"},
    }


def test_the_score_is_that_of_the_container_and_not_of_the_pod() -> None:
    small, large = (
        container(name=name, resources={"requests": {"memory": asked}})
        for name, asked in (("small", "1Gi"), ("large", "4Gi"))
    )
    web = pod(containers=[small, large])
    scores = [host(web, spec=each)["OomScoreAdj"] for each in web.spec.containers]
    assert scores == [875, 500]


def test_a_container_of_an_engine_that_tells_no_memory_is_killed_early() -> None:
    web = pod({"resources": {"requests": {"memory": "1Gi"}}})
    blind = attrs.evolve(around(web), facts=EngineFacts())
    assert container_config(plan(web), blind)["HostConfig"]["OomScoreAdj"] == 3
