"""Defaults are Kubernetes', fill in only what was not said, and change nothing the second time."""

from __future__ import annotations

import pytest
from hypothesis import given

from seedpod._core.defaults import pull_policy, with_defaults, with_namespace
from seedpod.spec import (
    ConfigMap,
    ConfigMapVolumeSource,
    Container,
    ContainerPort,
    DownwardAPIProjection,
    DownwardAPIVolumeFile,
    DownwardAPIVolumeSource,
    EmptyDirVolumeSource,
    EnvVar,
    EnvVarSource,
    EphemeralContainer,
    HostPathVolumeSource,
    HTTPGetAction,
    ImageVolumeSource,
    Lifecycle,
    LifecycleHandler,
    ObjectFieldSelector,
    ObjectMeta,
    Pod,
    PodSecurityContext,
    PodSpec,
    Probe,
    ProjectedVolumeSource,
    Quantity,
    ResourceRequirements,
    SecretVolumeSource,
    ServiceAccountTokenProjection,
    Volume,
    VolumeProjection,
)
from tests.strategies import pods


def pod(**fields: object) -> Pod:
    spec = PodSpec(**fields)  # type: ignore[arg-type]
    return with_defaults(Pod(metadata=ObjectMeta(name="web"), spec=spec))


def container(**fields: object) -> Container:
    made = Container(name="app", **fields)  # type: ignore[arg-type]
    return pod(containers=[made]).spec.containers[0]


def volume(**fields: object) -> Volume:
    return pod(volumes=[Volume(name="v", **fields)]).spec.volumes[0]  # type: ignore[arg-type]


@given(pods())
def test_defaults_twice_are_defaults_once(random: Pod) -> None:
    once = with_defaults(random)
    assert with_defaults(once) is once


def test_a_pod_gets_kubernetes_defaults() -> None:
    made = pod()
    assert made.metadata.namespace == "default"
    assert made.spec.restart_policy == "Always"
    assert made.spec.termination_grace_period_seconds == 30
    assert made.spec.dns_policy == "ClusterFirst"
    assert made.spec.enable_service_links is True
    assert made.spec.security_context == PodSecurityContext()


def test_what_a_pod_says_is_kept_even_if_it_is_zero() -> None:
    made = pod(
        restart_policy="Never", termination_grace_period_seconds=0, enable_service_links=False
    )
    assert made.spec.restart_policy == "Never"
    assert made.spec.termination_grace_period_seconds == 0
    assert made.spec.enable_service_links is False


def test_other_objects_get_a_namespace() -> None:
    assert with_namespace(ConfigMap()).metadata.namespace == "default"


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("busybox", "Always"),
        ("busybox:latest", "Always"),
        ("busybox:1.36", "IfNotPresent"),
        ("registry:5000/busybox", "Always"),
        ("registry:5000/busybox:1.36", "IfNotPresent"),
        ("busybox@sha256:00", "IfNotPresent"),
        ("busybox:latest@sha256:00", "Always"),
        ("", "IfNotPresent"),
    ],
)
def test_images_that_can_move_are_pulled_always(image: str, policy: str) -> None:
    assert pull_policy(image) == policy


def test_a_container_gets_kubernetes_defaults() -> None:
    made = container(image="busybox:1.36", ports=[ContainerPort(container_port=80)])
    assert made.image_pull_policy == "IfNotPresent"
    assert made.termination_message_path == "/dev/termination-log"
    assert made.termination_message_policy == "File"
    assert made.ports == (ContainerPort(container_port=80, protocol="TCP"),)
    assert made.restart_policy is None


def test_an_ephemeral_container_gets_no_requests() -> None:
    limits = ResourceRequirements(limits={"cpu": "1"})
    made = pod(ephemeral_containers=[EphemeralContainer(name="debug", resources=limits)])
    [debug] = made.spec.ephemeral_containers
    assert debug.image_pull_policy == "IfNotPresent"
    assert debug.resources == limits


def test_missing_requests_are_the_limits() -> None:
    said = ResourceRequirements(limits={"cpu": "2", "memory": "1Gi"}, requests={"cpu": "1"})
    for kind in ("containers", "init_containers"):
        made = pod(**{kind: [Container(name="app", resources=said)]})
        [filled] = getattr(made.spec, kind)
        assert filled.resources.requests == {"cpu": Quantity("1"), "memory": Quantity("1Gi")}


def test_missing_pod_requests_are_the_containers_or_else_the_pod_limits() -> None:
    asking = Container(name="app", resources=ResourceRequirements(requests={"cpu": "500m"}))
    limits = ResourceRequirements(limits={"cpu": "2", "memory": "1Gi"})
    made = pod(containers=[asking], resources=limits)
    assert made.spec.resources is not None
    assert made.spec.resources.requests == {"cpu": Quantity("500m"), "memory": Quantity("1Gi")}


def test_pod_resources_without_limits_stay_as_they_are() -> None:
    asking = Container(name="app", resources=ResourceRequirements(requests={"memory": "1Gi"}))
    said = ResourceRequirements(requests={"cpu": "2"})
    assert pod(containers=[asking], resources=said).spec.resources == said


def test_host_ports_are_the_container_ports_in_the_hosts_network() -> None:
    app = Container(name="app", ports=[ContainerPort(container_port=80)])
    made = pod(containers=[app], host_network=True)
    assert made.spec.containers[0].ports[0].host_port == 80


def test_a_probe_gets_kubernetes_defaults_also_for_explicit_zeros() -> None:
    probe = Probe(http_get=HTTPGetAction(port=80), timeout_seconds=0)
    for name in ("liveness_probe", "readiness_probe", "startup_probe"):
        assert getattr(container(**{name: probe}), name) == Probe(
            http_get=HTTPGetAction(port=80, path="/", scheme="HTTP"),
            timeout_seconds=1,
            period_seconds=10,
            success_threshold=1,
            failure_threshold=3,
        )


def test_hooks_get_a_path_and_a_scheme() -> None:
    hook = LifecycleHandler(http_get=HTTPGetAction(port=80))
    lifecycle = container(lifecycle=Lifecycle(post_start=hook, pre_stop=hook)).lifecycle
    full = LifecycleHandler(http_get=HTTPGetAction(port=80, path="/", scheme="HTTP"))
    assert lifecycle == Lifecycle(post_start=full, pre_stop=full)


def test_field_references_get_an_api_version() -> None:
    name = ObjectFieldSelector(field_path="metadata.name")
    filled = ObjectFieldSelector(field_path="metadata.name", api_version="v1")
    [variable] = container(env=[EnvVar(name="A", value_from=EnvVarSource(field_ref=name))]).env
    assert variable.value_from == EnvVarSource(field_ref=filled)
    file = DownwardAPIVolumeFile(path="a", field_ref=name)
    source = volume(downward_api=DownwardAPIVolumeSource(items=[file])).downward_api
    assert source is not None
    assert source.items[0].field_ref == filled


def test_a_volume_without_a_source_is_an_empty_dir() -> None:
    assert volume() == Volume(name="v", empty_dir=EmptyDirVolumeSource())
    assert volume(nfs={"server": "a"}).empty_dir is None
    assert volume(host_path=HostPathVolumeSource(path="/")).empty_dir is None


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("config_map", ConfigMapVolumeSource(name="a")),
        ("secret", SecretVolumeSource(secret_name="a")),
        ("downward_api", DownwardAPIVolumeSource()),
        ("projected", ProjectedVolumeSource()),
    ],
)
def test_files_of_volumes_are_readable_by_all(name: str, source: object) -> None:
    assert getattr(volume(**{name: source}), name).default_mode == 0o644


def test_an_explicit_mode_of_zero_is_kept() -> None:
    secret = volume(secret=SecretVolumeSource(secret_name="a", default_mode=0)).secret
    assert secret is not None
    assert secret.default_mode == 0


def test_parts_of_a_projected_volume_get_their_defaults() -> None:
    file = DownwardAPIVolumeFile(path="a", field_ref=ObjectFieldSelector(field_path="metadata.uid"))
    parts = [
        VolumeProjection(service_account_token=ServiceAccountTokenProjection(path="token")),
        VolumeProjection(downward_api=DownwardAPIProjection(items=[file])),
    ]
    projected = volume(projected=ProjectedVolumeSource(sources=parts)).projected
    assert projected is not None
    token, downward = projected.sources
    assert token.service_account_token is not None
    assert token.service_account_token.expiration_seconds == 3600
    assert downward.downward_api is not None
    assert downward.downward_api.items[0].field_ref is not None
    assert downward.downward_api.items[0].field_ref.api_version == "v1"


def test_an_image_volume_is_pulled_like_a_containers_image() -> None:
    image = volume(image=ImageVolumeSource(reference="data:1")).image
    assert image == ImageVolumeSource(reference="data:1", pull_policy="IfNotPresent")
