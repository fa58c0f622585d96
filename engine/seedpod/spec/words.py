"""Kubernetes' words for choices the engine decides on; each compares equal to its plain string.

The fields that hold them are plain strings, so that a wrong word is one problem among all the
others of a manifest, with its path, and not an error of its own.
"""

from __future__ import annotations

from enum import StrEnum


class RestartPolicy(StrEnum):
    """When a container that has ended is started again; of a pod, or of one container."""

    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"
    NEVER = "Never"


class PullPolicy(StrEnum):
    """When an image is fetched."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class TerminationMessagePolicy(StrEnum):
    """Where a container's last words are read from."""

    FILE = "File"
    FALLBACK_TO_LOGS_ON_ERROR = "FallbackToLogsOnError"


class Protocol(StrEnum):
    """The transport of a port."""

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"


class URIScheme(StrEnum):
    """The scheme of an HTTP probe or hook."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"


class DNSPolicy(StrEnum):
    """Which resolver settings a pod gets."""

    CLUSTER_FIRST = "ClusterFirst"
    CLUSTER_FIRST_WITH_HOST_NET = "ClusterFirstWithHostNet"
    DEFAULT = "Default"
    NONE = "None"


class HostPathType(StrEnum):
    """What must stand, or be made, at a hostPath."""

    UNSET = ""
    DIRECTORY_OR_CREATE = "DirectoryOrCreate"
    DIRECTORY = "Directory"
    FILE_OR_CREATE = "FileOrCreate"
    FILE = "File"
    SOCKET = "Socket"
    CHAR_DEVICE = "CharDevice"
    BLOCK_DEVICE = "BlockDevice"


class MountPropagation(StrEnum):
    """How mounts travel between host and container."""

    NONE = "None"
    HOST_TO_CONTAINER = "HostToContainer"
    BIDIRECTIONAL = "Bidirectional"


class ContainerRestartRuleAction(StrEnum):
    """What a matching restart rule does."""

    RESTART = "Restart"
    RESTART_ALL_CONTAINERS = "RestartAllContainers"


class ContainerRestartRuleOperator(StrEnum):
    """How a restart rule compares an exit code with its list."""

    IN = "In"
    NOT_IN = "NotIn"


class ProbeKind(StrEnum):
    """What a probe asks: whether a container has started, serves, or is still alive."""

    STARTUP = "startup"
    READINESS = "readiness"
    LIVENESS = "liveness"


class HookKind(StrEnum):
    """When a lifecycle hook is run."""

    POST_START = "postStart"
    PRE_STOP = "preStop"
