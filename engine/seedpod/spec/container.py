"""Container: one program of a pod."""

from __future__ import annotations

import attrs

from seedpod.spec.env import EnvFromSource, EnvVar
from seedpod.spec.frozen import as_tuple
from seedpod.spec.lifecycle import Lifecycle
from seedpod.spec.probe import Probe
from seedpod.spec.resources import ResourceRequirements
from seedpod.spec.security import SecurityContext


@attrs.frozen(kw_only=True)
class ContainerPort:
    """A port the container listens on."""

    container_port: int = 0
    name: str = ""
    host_port: int = 0
    """0: none."""
    protocol: str = ""
    """`TCP`, `UDP` or `SCTP`."""
    host_ip: str = ""


@attrs.frozen(kw_only=True)
class VolumeMount:
    """Where a volume of the pod appears in the container."""

    name: str = ""
    """The volume's name."""
    mount_path: str = ""
    read_only: bool = False
    recursive_read_only: str | None = None
    sub_path: str = ""
    """A path inside the volume to mount instead of its root."""
    sub_path_expr: str = ""
    """As `sub_path`, with `$(VAR)` expanded."""
    mount_propagation: str | None = None


@attrs.frozen(kw_only=True)
class VolumeDevice:
    """A raw block device of the pod."""

    name: str = ""
    device_path: str = ""


@attrs.frozen(kw_only=True)
class ContainerResizePolicy:
    """What a change of one resource does to a running container."""

    resource_name: str = ""
    restart_policy: str = ""
    """`NotRequired` or `RestartContainer`."""


@attrs.frozen(kw_only=True)
class ContainerRestartRuleOnExitCodes:
    """The exit codes a restart rule applies to."""

    operator: str = ""
    """`In` or `NotIn`."""
    values: tuple[int, ...] = attrs.field(default=(), converter=as_tuple)


@attrs.frozen(kw_only=True)
class ContainerRestartRule:
    """What happens on certain exit codes, before the restart policy is asked."""

    action: str = ""
    """`Restart` or `RestartAllContainers`."""
    exit_codes: ContainerRestartRuleOnExitCodes | None = None


@attrs.frozen(kw_only=True)
class Container:
    """One program of a pod: an init container, a sidecar or an app."""

    name: str = ""
    image: str = ""
    command: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    """Instead of the image's entry point; no shell."""
    args: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    working_dir: str = ""
    ports: tuple[ContainerPort, ...] = attrs.field(default=(), converter=as_tuple)
    env_from: tuple[EnvFromSource, ...] = attrs.field(default=(), converter=as_tuple)
    env: tuple[EnvVar, ...] = attrs.field(default=(), converter=as_tuple)
    resources: ResourceRequirements = attrs.field(factory=ResourceRequirements)
    resize_policy: tuple[ContainerResizePolicy, ...] = attrs.field(default=(), converter=as_tuple)
    restart_policy: str | None = None
    """`Always` makes an init container a sidecar; None: the pod's policy."""
    restart_policy_rules: tuple[ContainerRestartRule, ...] = attrs.field(
        default=(), converter=as_tuple
    )
    volume_mounts: tuple[VolumeMount, ...] = attrs.field(default=(), converter=as_tuple)
    volume_devices: tuple[VolumeDevice, ...] = attrs.field(default=(), converter=as_tuple)
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    termination_message_path: str = ""
    termination_message_policy: str = ""
    """`File` or `FallbackToLogsOnError`."""
    image_pull_policy: str = ""
    """`Always`, `IfNotPresent` or `Never`."""
    security_context: SecurityContext | None = None
    stdin: bool = False
    stdin_once: bool = False
    tty: bool = False


@attrs.frozen(kw_only=True)
class EphemeralContainer(Container):
    """A container added to a running pod to look at it."""

    target_container_name: str = ""
    """The container whose processes it should see."""
