"""Defaults: what Kubernetes' API server fills in when a pod does not say.

Every function here returns the very value it was given when there is nothing to fill in.

Source: pkg/apis/core/v1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter, is_not
from typing import Any, Final, TypeVar, cast

import attrs

from seedpod._core.resources import aggregate_limits, aggregate_requests
from seedpod.spec import (
    ConfigMap,
    ConfigMapVolumeSource,
    Container,
    ContainerPort,
    DNSPolicy,
    DownwardAPIProjection,
    DownwardAPIVolumeFile,
    DownwardAPIVolumeSource,
    EmptyDirVolumeSource,
    EnvVar,
    EnvVarSource,
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
    Protocol,
    PullPolicy,
    Quantity,
    ResourceRequirements,
    RestartPolicy,
    Secret,
    SecretVolumeSource,
    ServiceAccountTokenProjection,
    TerminationMessagePolicy,
    URIScheme,
    Volume,
    VolumeProjection,
)

DEFAULT_NAMESPACE: Final = "default"
_GRACE_PERIOD_SECONDS: Final = 30
_TOKEN_SECONDS: Final = 3600
_FILE_MODE: Final = 0o644
_MESSAGE_PATH: Final = "/dev/termination-log"
_SECURITY_CONTEXT: Final = PodSecurityContext()
_sources: Final = attrgetter(
    *(field.name for field in attrs.fields(Volume) if field.name != "name")
)
"""Every source that a volume could have."""

T = TypeVar("T")
AnyContainer = TypeVar("AnyContainer", bound=Container)
Named = TypeVar("Named", bound=Pod | ConfigMap | Secret)


def with_defaults(pod: Pod) -> Pod:
    """*pod* with everything filled in that it does not say; twice is the same as once."""
    return _with(pod, metadata=_metadata(pod.metadata), spec=_spec(pod.spec))


def with_namespace(named: Named) -> Named:
    """*named* in the namespace `default` if it is in none."""
    return _with(named, metadata=_metadata(named.metadata))


def pull_policy(image: str) -> str:
    """When *image* is fetched unless its container says otherwise: always, if it can move."""
    name, _, digest = image.partition("@")
    _, _, tag = name.rpartition("/")[2].partition(":")
    is_moving = tag == "latest" or (name and not tag and not digest)
    return PullPolicy.ALWAYS.value if is_moving else PullPolicy.IF_NOT_PRESENT.value


def _metadata(metadata: ObjectMeta) -> ObjectMeta:
    return _with(metadata, namespace=metadata.namespace or DEFAULT_NAMESPACE)


def _spec(spec: PodSpec) -> PodSpec:
    grace = spec.termination_grace_period_seconds
    links = spec.enable_service_links
    fill = _in_host_network if spec.host_network else _isolated
    filled = _with(
        spec,
        restart_policy=spec.restart_policy or RestartPolicy.ALWAYS.value,
        termination_grace_period_seconds=_GRACE_PERIOD_SECONDS if grace is None else grace,
        dns_policy=spec.dns_policy or DNSPolicy.CLUSTER_FIRST.value,
        security_context=spec.security_context or _SECURITY_CONTEXT,
        enable_service_links=True if links is None else links,
        volumes=_each(spec.volumes, _volume),
        containers=_each(spec.containers, fill),
        init_containers=_each(spec.init_containers, fill),
        ephemeral_containers=_each(spec.ephemeral_containers, _container),
    )
    if spec.resources is None or not spec.resources.limits:
        return filled
    return _with(filled, resources=_pod_resources(filled, spec.resources))


def _pod_resources(spec: PodSpec, resources: ResourceRequirements) -> ResourceRequirements:
    """The pod's own resources, what they do not say taken from the containers'."""
    asked, allowed = aggregate_requests(spec), aggregate_limits(spec)
    huge = {name: amount for name, amount in allowed.items() if name.startswith("hugepages-")}
    limits = _joined(resources.limits, huge)
    floor = {
        name: asked.get(name, limit)
        for name, limit in limits.items()
        if name in {"cpu", "memory"} or name.startswith("hugepages-")
    }
    return _with(resources, limits=limits, requests=_joined(resources.requests, floor))


def _isolated(container: Container) -> Container:
    """A container in the pod's own network."""
    return _container(container, resources=_requests(container.resources))


def _in_host_network(container: Container) -> Container:
    """A container whose ports are the host's."""
    ports = _each(container.ports, _host_port)
    return _container(container, resources=_requests(container.resources), ports=ports)


def _container(container: AnyContainer, **others: object) -> AnyContainer:
    policy = container.termination_message_policy
    fields: dict[str, Any] = {
        "image_pull_policy": container.image_pull_policy or pull_policy(container.image),
        "termination_message_path": container.termination_message_path or _MESSAGE_PATH,
        "termination_message_policy": policy or TerminationMessagePolicy.FILE.value,
        "ports": _each(container.ports, _port),
        "env": _each(container.env, _variable),
        "liveness_probe": _maybe(container.liveness_probe, _probe),
        "readiness_probe": _maybe(container.readiness_probe, _probe),
        "startup_probe": _maybe(container.startup_probe, _probe),
        "lifecycle": _maybe(container.lifecycle, _lifecycle),
    }
    return _with(container, **(fields | others))


def _requests(resources: ResourceRequirements) -> ResourceRequirements:
    return _with(resources, requests=_joined(resources.requests, resources.limits))


def _port(port: ContainerPort) -> ContainerPort:
    return _with(port, protocol=port.protocol or Protocol.TCP.value)


def _host_port(port: ContainerPort) -> ContainerPort:
    return _with(
        port,
        protocol=port.protocol or Protocol.TCP.value,
        host_port=port.host_port or port.container_port,
    )


def _variable(variable: EnvVar) -> EnvVar:
    return _with(variable, value_from=_maybe(variable.value_from, _variable_source))


def _variable_source(source: EnvVarSource) -> EnvVarSource:
    return _with(source, field_ref=_maybe(source.field_ref, _field))


def _field(selector: ObjectFieldSelector) -> ObjectFieldSelector:
    return _with(selector, api_version=selector.api_version or "v1")


def _probe(probe: Probe) -> Probe:
    return _with(
        probe,
        http_get=_maybe(probe.http_get, _http_get),
        timeout_seconds=probe.timeout_seconds or 1,
        period_seconds=probe.period_seconds or 10,
        success_threshold=probe.success_threshold or 1,
        failure_threshold=probe.failure_threshold or 3,
    )


def _http_get(action: HTTPGetAction) -> HTTPGetAction:
    return _with(action, path=action.path or "/", scheme=action.scheme or URIScheme.HTTP.value)


def _lifecycle(lifecycle: Lifecycle) -> Lifecycle:
    return _with(
        lifecycle,
        post_start=_maybe(lifecycle.post_start, _hook),
        pre_stop=_maybe(lifecycle.pre_stop, _hook),
    )


def _hook(hook: LifecycleHandler) -> LifecycleHandler:
    return _with(hook, http_get=_maybe(hook.http_get, _http_get))


def _volume(volume: Volume) -> Volume:
    if all(source is None for source in _sources(volume)):
        return _with(volume, empty_dir=EmptyDirVolumeSource())
    return _with(
        volume,
        config_map=_maybe(volume.config_map, _config_map),
        secret=_maybe(volume.secret, _secret),
        downward_api=_maybe(volume.downward_api, _downward),
        projected=_maybe(volume.projected, _projected),
        image=_maybe(volume.image, _image),
    )


def _config_map(source: ConfigMapVolumeSource) -> ConfigMapVolumeSource:
    return _with(source, default_mode=_mode(source.default_mode))


def _secret(source: SecretVolumeSource) -> SecretVolumeSource:
    return _with(source, default_mode=_mode(source.default_mode))


def _downward(source: DownwardAPIVolumeSource) -> DownwardAPIVolumeSource:
    return _with(
        source,
        items=_each(source.items, _downward_file),
        default_mode=_mode(source.default_mode),
    )


def _downward_file(file: DownwardAPIVolumeFile) -> DownwardAPIVolumeFile:
    return _with(file, field_ref=_maybe(file.field_ref, _field))


def _projected(source: ProjectedVolumeSource) -> ProjectedVolumeSource:
    return _with(
        source,
        sources=_each(source.sources, _projection),
        default_mode=_mode(source.default_mode),
    )


def _projection(projection: VolumeProjection) -> VolumeProjection:
    return _with(
        projection,
        downward_api=_maybe(projection.downward_api, _downward_projection),
        service_account_token=_maybe(projection.service_account_token, _token),
    )


def _downward_projection(projection: DownwardAPIProjection) -> DownwardAPIProjection:
    return _with(projection, items=_each(projection.items, _downward_file))


def _token(token: ServiceAccountTokenProjection) -> ServiceAccountTokenProjection:
    seconds = token.expiration_seconds
    return _with(token, expiration_seconds=_TOKEN_SECONDS if seconds is None else seconds)


def _image(source: ImageVolumeSource) -> ImageVolumeSource:
    return _with(source, pull_policy=source.pull_policy or pull_policy(source.reference))


def _mode(mode: int | None) -> int:
    return _FILE_MODE if mode is None else mode


def _joined(
    said: Mapping[str, Quantity], otherwise: Mapping[str, Quantity]
) -> Mapping[str, Quantity]:
    """What was *said*, and of the rest what holds *otherwise*."""
    if otherwise.keys() <= said.keys():
        return said
    return {**otherwise, **said}


def _maybe(value: T | None, fill: Callable[[T], T]) -> T | None:
    return None if value is None else fill(value)


def _each(values: tuple[T, ...], fill: Callable[[T], T]) -> tuple[T, ...]:
    """*values*, each filled in; the same tuple if none changed."""
    filled = tuple(map(fill, values))
    return filled if any(map(is_not, filled, values)) else values


def _with(value: T, **fields: Any) -> T:  # noqa: ANN401 - as `attrs.evolve` takes them
    """*value* with these fields; the same object if it has them already."""
    changed = {name: new for name, new in fields.items() if getattr(value, name) is not new}
    if not changed:
        return value
    return cast("T", attrs.evolve(cast("Any", value), **changed))
