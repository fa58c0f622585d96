"""Pod: containers that live and die together."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from seedpod.spec.container import Container, EphemeralContainer
from seedpod.spec.frozen import JsonValue, as_json_map, as_json_maps, as_map, as_tuple
from seedpod.spec.metadata import ObjectMeta
from seedpod.spec.quantity import Quantity
from seedpod.spec.resources import ResourceRequirements, as_quantities
from seedpod.spec.security import PodSecurityContext
from seedpod.spec.volume import Volume


@attrs.frozen(kw_only=True)
class LocalObjectReference:
    """An object of the pod's own namespace."""

    name: str = ""


@attrs.frozen(kw_only=True)
class HostAlias:
    """A line of the pod's hosts file."""

    ip: str = ""
    hostnames: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)


@attrs.frozen(kw_only=True)
class PodReadinessGate:
    """A condition somebody else must set before the pod counts as ready."""

    condition_type: str = ""


@attrs.frozen(kw_only=True)
class PodSchedulingGate:
    """Something that holds the pod back while it is listed."""

    name: str = ""


@attrs.frozen(kw_only=True)
class PodOS:
    """The operating system the containers are made for."""

    name: str = ""
    """`linux` or `windows`."""


@attrs.frozen(kw_only=True)
class PodSpec:
    """What a pod consists of and how it behaves."""

    containers: tuple[Container, ...] = attrs.field(default=(), converter=as_tuple)
    """The apps: started together once the init containers are done."""
    init_containers: tuple[Container, ...] = attrs.field(default=(), converter=as_tuple)
    """Run one after another before the apps; those that restart always are sidecars."""
    ephemeral_containers: tuple[EphemeralContainer, ...] = attrs.field(
        default=(), converter=as_tuple
    )
    volumes: tuple[Volume, ...] = attrs.field(default=(), converter=as_tuple)
    restart_policy: str = ""
    """`Always`, `OnFailure` or `Never`; see `RestartPolicy`."""
    termination_grace_period_seconds: int | None = None
    """How long an ending container may take between the request and the kill."""
    active_deadline_seconds: int | None = None
    """How long the pod may live, counted from its start."""
    hostname: str = ""
    subdomain: str = ""
    hostname_override: str | None = None
    set_hostname_as_fqdn: bool | None = None
    host_aliases: tuple[HostAlias, ...] = attrs.field(default=(), converter=as_tuple)
    host_network: bool = False
    host_pid: bool = False
    host_ipc: bool = False
    host_users: bool | None = None
    share_process_namespace: bool | None = None
    security_context: PodSecurityContext | None = None
    readiness_gates: tuple[PodReadinessGate, ...] = attrs.field(default=(), converter=as_tuple)
    scheduling_gates: tuple[PodSchedulingGate, ...] = attrs.field(default=(), converter=as_tuple)
    os: PodOS | None = None
    resources: ResourceRequirements | None = None
    """Limits and requests of the pod as a whole."""
    overhead: Mapping[str, Quantity] = attrs.field(default=None, converter=as_quantities)
    image_pull_secrets: tuple[LocalObjectReference, ...] = attrs.field(
        default=(), converter=as_tuple
    )
    dns_policy: str = ""
    dns_config: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    enable_service_links: bool | None = None
    service_account_name: str = ""
    service_account: str = ""
    """The older name of `service_account_name`."""
    automount_service_account_token: bool | None = None
    resource_claims: tuple[Mapping[str, JsonValue], ...] = attrs.field(
        default=(), converter=as_json_maps
    )
    # The fields below speak to a scheduler; the engine keeps them and says they have no effect.
    node_name: str = ""
    node_selector: Mapping[str, str] = attrs.field(default=None, converter=as_map)
    affinity: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    tolerations: tuple[Mapping[str, JsonValue], ...] = attrs.field(
        default=(), converter=as_json_maps
    )
    topology_spread_constraints: tuple[Mapping[str, JsonValue], ...] = attrs.field(
        default=(), converter=as_json_maps
    )
    scheduler_name: str = ""
    scheduling_group: Mapping[str, JsonValue] | None = attrs.field(
        default=None, converter=as_json_map
    )
    workload_ref: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    priority_class_name: str = ""
    priority: int | None = None
    preemption_policy: str | None = None
    runtime_class_name: str | None = None


@attrs.frozen(kw_only=True)
class Pod:
    """Containers that are started, watched and ended as one."""

    api_version: str = "v1"
    kind: str = "Pod"
    metadata: ObjectMeta = attrs.field(factory=ObjectMeta)
    spec: PodSpec = attrs.field(factory=PodSpec)
    status: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    """What the manifest said it was; kept, and never looked at."""
