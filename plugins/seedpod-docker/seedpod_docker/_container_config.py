"""A container as the engine is asked to make it: the manifest's words in those of its interface.

Source: kubelet, generateContainerConfig and generateLinuxContainerConfig; cri-dockerd, which made
Docker containers of them; Docker Engine API, "Create a container".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import attrs

from seedpod.abc import ContainerPlan, Mount
from seedpod.deriving import CPU_PERIOD, GroupLimits, effective_security, oom_score_adjustment
from seedpod.spec import Container, Pod, VolumeMount
from seedpod_docker._labels import PodLabels
from seedpod_docker._security import security_of
from seedpod_docker._settings import READ_ONLY_BELOW, Choices, EngineFacts

LOG_CONFIG: Final[dict[str, Any]] = {
    "Type": "json-file",
    "Config": {"max-size": "10m", "max-file": "5"},
}
"""As much as a kubelet keeps of each container."""
_NOT_ASKED: Final = VolumeMount()
_PROPAGATION: Final = {"HostToContainer": "rslave", "Bidirectional": "rshared"}


@attrs.frozen(kw_only=True)
class Surroundings:
    """What containers of one sandbox join."""

    pod: Pod
    labels: PodLabels
    sandbox_id: str
    """The container that holds the namespaces."""
    choices: Choices
    facts: EngineFacts


def container_config(
    plan: ContainerPlan, around: Surroundings, image_user: str = ""
) -> dict[str, Any]:
    """The body of the request that makes one attempt of a container.

    Args:
        plan: Of the attempt.
        around: What it joins.
        image_user: The user of its image, as the image has it; empty: root.

    Raises:
        ValueError: It cannot be made so; the sentence says why.
    """
    spec = plan.spec
    config: dict[str, Any] = {
        "Image": spec.image,
        "Env": [f"{name}={value}" for name, value in plan.env.items()],
        "Labels": around.labels.of_container(plan),
        "Tty": spec.tty,
        "OpenStdin": spec.stdin,
        "StdinOnce": spec.stdin_once,
        "AttachStdout": True,
        "AttachStderr": True,
        "Healthcheck": {"Test": ["NONE"]},  # Kubernetes does not know the image's
        "HostConfig": _host_config(plan, around),
    }
    # Where the manifest says nothing the image does: what is left out is taken from there.
    if plan.command:
        config["Entrypoint"] = list(plan.command)
    if plan.args:
        config["Cmd"] = list(plan.args)
    if spec.working_dir:
        config["WorkingDir"] = spec.working_dir
    user = user_of(around.pod, spec, image_user)
    if user:
        config["User"] = user
    return config


def user_of(pod: Pod, container: Container, image_user: str = "") -> str:
    """`uid`, `uid:gid`, or empty for the image's user; a group alone goes with the image's user."""
    security = effective_security(pod.spec, container)
    if security.user is None and security.group is None:
        return ""
    user = image_user.partition(":")[0] or "0" if security.user is None else str(security.user)
    return user if security.group is None else f"{user}:{security.group}"


def _host_config(plan: ContainerPlan, around: Surroundings) -> dict[str, Any]:
    spec = around.pod.spec
    shared = f"container:{around.sandbox_id}"
    config: dict[str, Any] = {
        "NetworkMode": "host" if spec.host_network else shared,
        "IpcMode": "host" if spec.host_ipc else shared,
        "Mounts": list(_mounts(plan, around.facts)),
        "LogConfig": LOG_CONFIG,
        **_limits(plan.spec, around),
        **security_of(
            spec,
            plan.spec,
            around.choices.seccomp_profiles,
            is_podman=around.facts.is_podman,
        ),
    }
    if spec.host_pid:
        config["PidMode"] = "host"
    elif spec.share_process_namespace:
        config["PidMode"] = shared
    if spec.host_network:
        config["UTSMode"] = "host"
    elif around.facts.is_podman:
        config["UTSMode"] = shared  # Docker shares the host name with the network
    if around.choices.has_init:
        config["Init"] = True
    return config


def _mounts(plan: ContainerPlan, facts: EngineFacts) -> Iterator[dict[str, Any]]:
    asked = {each.mount_path: each for each in plan.spec.volume_mounts}
    for mount in plan.mounts:
        yield _mount(mount, asked.get(mount.mount_path, _NOT_ASKED), facts)


def _mount(mount: Mount, asked: VolumeMount, facts: EngineFacts) -> dict[str, Any]:
    options: dict[str, Any] = {
        "Propagation": _PROPAGATION.get(asked.mount_propagation or "", "rprivate")
    }
    if mount.is_read_only and facts.version >= READ_ONLY_BELOW:
        # Such an engine makes what is mounted below read-only too if it can; Kubernetes if asked.
        options["ReadOnlyForceRecursive"] = asked.recursive_read_only == "Enabled"
        options["ReadOnlyNonRecursive"] = asked.recursive_read_only in {None, "Disabled"}
    return {
        "Type": "bind",
        "Source": str(mount.source),
        "Target": mount.mount_path,
        "ReadOnly": mount.is_read_only,
        "BindOptions": options,
    }


def _limits(container: Container, around: Surroundings) -> dict[str, Any]:
    limits = GroupLimits.of_container(container, around.choices.pids_limit)
    config: dict[str, Any] = {"CpuShares": limits.cpu_shares}
    if limits.cpu_quota is not None:
        config |= {"CpuPeriod": CPU_PERIOD, "CpuQuota": limits.cpu_quota}
    if limits.memory is not None:
        config |= {"Memory": limits.memory, "MemorySwap": limits.memory}  # both: without any swap
    if limits.pids is not None:
        config["PidsLimit"] = limits.pids
    score = oom_score_adjustment(around.pod, container, around.facts.memory_bytes)
    if score > 0:  # an engine that runs in a container itself, or without root, may not lower any
        config["OomScoreAdj"] = score
    return config
