"""What of a pod cannot be honoured is refused by its path, and nothing else is."""

from __future__ import annotations

from typing import Any, Final

import pytest

from seedpod.errors import ProblemKind
from seedpod.spec import Pod
from seedpod_docker._review import review
from seedpod_docker._settings import EngineFacts
from tests.plugins.docker.manifests import Fields, container, pod

FULL: Final = EngineFacts(version=(1, 47))
"""An engine on this machine, run by root, and new."""
REMOTE: Final = EngineFacts(version=(1, 47), is_local=False, is_reachable=False)
ROOTLESS: Final = EngineFacts(version=(1, 47), is_rootless=True, is_reachable=False)
OLD: Final = EngineFacts(version=(1, 43))
BARE: Final = EngineFacts(version=(1, 47), has_app_armor=False)
EVERY: Final = (FULL, REMOTE, ROOTLESS, OLD, BARE)
VOLUMES: Final[Any] = [{"name": "data", "emptyDir": {}}, {"name": "more", "emptyDir": {}}]
UNREACHED: Final = (
    "pods of this engine have no address that can be reached; use exec, or hostNetwork"
)


def refused(of: Pod, facts: EngineFacts = FULL) -> list[str]:
    problems = list(review(of, facts))
    assert {each.kind for each in problems} <= {ProblemKind.UNSUPPORTED}
    return [str(each) for each in problems]


@pytest.mark.parametrize("facts", EVERY)
def test_a_plain_pod_runs_anywhere(facts: EngineFacts) -> None:
    web = pod(
        {
            "command": ["a"],
            "env": [{"name": "A", "value": "b"}],
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
            "securityContext": {"runAsUser": 7, "seccompProfile": {"type": "RuntimeDefault"}},
            "livenessProbe": {"exec": {"command": ["a"]}},
            "lifecycle": {"preStop": {"sleep": {"seconds": 1}}},
            "ports": [{"containerPort": 80, "hostPort": 80}],
        },
        hostname="db",
        securityContext={"supplementalGroupsPolicy": "Merge", "sysctls": []},
        dnsConfig={"nameservers": ["10.0.0.1"]},
    )
    assert refused(web, facts) == []


@pytest.mark.parametrize("facts", EVERY)
@pytest.mark.parametrize(
    ("spec", "refusal"),
    [
        ({"subdomain": "db"}, 'spec.subdomain: "db": there is no DNS for pods here'),
        (
            {"setHostnameAsFQDN": True},
            "spec.setHostnameAsFQDN: true: there is no DNS for pods here",
        ),
        (
            {"hostUsers": False},
            "spec.hostUsers: false: a container has the users of its engine",
        ),
        (
            {"resources": {"limits": {"memory": "1Gi", "cpu": "1"}}},
            'spec.resources.limits: ["cpu", "memory"]: '
            "the engine limits containers, not pods; set limits of the containers",
        ),
        (
            {"securityContext": {"supplementalGroupsPolicy": "Strict"}},
            'spec.securityContext.supplementalGroupsPolicy: "Strict": '
            "must be Merge: the engine always adds the groups of the image's user",
        ),
    ],
)
def test_a_pod_is_refused_on_every_engine(facts: EngineFacts, spec: Any, refusal: str) -> None:
    assert refused(pod(**spec), facts) == [refusal]


@pytest.mark.parametrize(
    "spec", [{"setHostnameAsFQDN": False}, {"hostUsers": True}, {"securityContext": {}}]
)
def test_what_is_as_it_always_is_may_be_said(spec: Any) -> None:
    assert refused(pod(**spec)) == []


def test_limits_of_huge_pages_are_refused() -> None:
    resources = {"limits": {"hugepages-2Mi": "4Mi", "memory": "1Gi", "cpu": "1"}}
    assert refused(pod({"resources": resources})) == [
        'spec.containers[0].resources.limits: ["hugepages-2Mi"]: '
        "the engine does not limit huge pages"
    ]


def test_block_volumes_are_refused() -> None:
    web = pod(
        {"volumeDevices": [{"name": "disk", "devicePath": "/dev/x"}]},
        volumes=[{"name": "disk", "persistentVolumeClaim": {"claimName": "c"}}],
    )
    assert refused(web) == [
        'spec.containers[0].volumeDevices: ["disk"]: there are no block volumes here'
    ]


def test_claims_of_resources_are_refused() -> None:
    web = pod(
        {"resources": {"claims": [{"name": "gpu"}]}},
        resourceClaims=[{"name": "gpu", "resourceClaimName": "g"}],
    )
    assert refused(web) == [
        'spec.containers[0].resources.claims: ["gpu"]: there is nothing here that could be claimed'
    ]


def read_only(below: str) -> Pod:
    mounts = [
        {"name": "data", "mountPath": "/a"},
        {"name": "data", "mountPath": "/b", "readOnly": True, "recursiveReadOnly": below},
    ]
    return pod({"volumeMounts": mounts}, volumes=VOLUMES)


def test_what_is_mounted_below_a_mount_is_read_only_on_a_new_engine_only() -> None:
    assert refused(read_only("Enabled")) == []
    assert refused(read_only("IfPossible"), OLD) == []
    assert refused(read_only("Enabled"), OLD) == [
        'spec.containers[0].volumeMounts[1].recursiveReadOnly: "Enabled": '
        "takes an engine of version 25 or newer"
    ]


def test_volumes_are_of_this_machine() -> None:
    web = pod(volumes=VOLUMES)
    assert [refused(web, facts) for facts in (FULL, ROOTLESS)] == [[], []]
    assert refused(web, REMOTE) == [
        'spec.volumes: ["data", "more"]: '
        "volumes are directories of this machine, and the engine runs on another"
    ]


@pytest.mark.parametrize(
    ("profile", "is_refused"),
    [
        ({"type": "RuntimeDefault"}, True),
        ({"type": "Localhost", "localhostProfile": "p"}, True),
        ({"type": "Unconfined"}, False),
    ],
)
def test_an_engine_may_have_no_app_armor(profile: Fields, is_refused: bool) -> None:
    context = {"appArmorProfile": profile}
    web = pod({"securityContext": context}, securityContext=context)
    sentence = f'.type: "{profile["type"]}": must be Unconfined: the engine has no AppArmor'
    places = ("spec", "spec.containers[0]")
    assert refused(web) == []
    assert refused(web, BARE) == [
        f"{place}.securityContext.appArmorProfile{sentence}" for place in places if is_refused
    ]


def test_windows_is_refused() -> None:
    context = {"windowsOptions": {"runAsUserName": "web"}}
    web = pod({"securityContext": context}, securityContext=context)
    assert refused(web) == [
        "spec.securityContext.windowsOptions: containers run on linux here",
        "spec.containers[0].securityContext.windowsOptions: containers run on linux here",
    ]


NET: Final[Any] = {
    "startupProbe": {"httpGet": {"port": 80}},
    "readinessProbe": {"tcpSocket": {"port": 80}},
    "livenessProbe": {"grpc": {"port": 80}},
    "lifecycle": {
        "postStart": {"httpGet": {"port": 80}},
        "preStop": {"httpGet": {"port": 80}},
    },
}


@pytest.mark.parametrize("facts", [REMOTE, ROOTLESS])
def test_nobody_is_asked_over_a_network_that_does_not_lead_there(facts: EngineFacts) -> None:
    fields = (
        "startupProbe.httpGet",
        "readinessProbe.tcpSocket",
        "livenessProbe.grpc",
        "lifecycle.postStart.httpGet",
        "lifecycle.preStop.httpGet",
    )
    assert refused(pod(NET), facts) == [
        f"spec.containers[0].{field}: {UNREACHED}" for field in fields
    ]
    assert refused(pod(NET), FULL) == []


def test_the_host_s_network_leads_to_a_pod_of_an_engine_without_root() -> None:
    assert refused(pod(NET, hostNetwork=True), ROOTLESS) == []


def test_every_container_is_looked_at_in_order() -> None:
    resources = {"limits": {"hugepages-2Mi": "4Mi", "memory": "1Gi"}}
    web = pod(
        {"resources": resources},
        subdomain="db",
        initContainers=[container(name="a", resources=resources), container(name="b")],
    )
    paths = [each.path for each in review(web, FULL)]
    assert paths == [
        "spec.subdomain",
        "spec.initContainers[0].resources.limits",
        "spec.containers[0].resources.limits",
    ]


@pytest.mark.parametrize(
    ("told", "facts"),
    [
        ({}, {"has_app_armor": False}),
        (
            {"SecurityOptions": ["name=apparmor", "name=seccomp,profile=builtin"]},
            {"has_app_armor": True},
        ),
        (
            {"SecurityOptions": ["name=rootless"]},
            {"has_app_armor": False, "is_rootless": True, "is_reachable": False},
        ),
        (
            {"OperatingSystem": "Docker Desktop"},
            {"has_app_armor": False, "is_reachable": False},
        ),
        (
            {"SecurityOptions": None, "Architecture": "aarch64", "MemTotal": 5},
            {"has_app_armor": False, "architecture": "aarch64", "memory_bytes": 5},
        ),
    ],
)
def test_an_engine_is_what_it_says_of_itself(told: Fields, facts: Any) -> None:
    found = EngineFacts.of(told, is_podman=True, version=(1, 41))
    assert found == EngineFacts(is_podman=True, version=(1, 41), **facts)
