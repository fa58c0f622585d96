"""The v1 Pod as frozen classes: what the user wrote, in Kubernetes' words.

Unset is None, an empty collection, or the zero value where Kubernetes' own field has no other.
Defaults are filled in by a step of their own, so a description says what its author said.
"""

from __future__ import annotations

from seedpod.spec.container import Container as Container
from seedpod.spec.container import ContainerPort as ContainerPort
from seedpod.spec.container import ContainerResizePolicy as ContainerResizePolicy
from seedpod.spec.container import ContainerRestartRule as ContainerRestartRule
from seedpod.spec.container import (
    ContainerRestartRuleOnExitCodes as ContainerRestartRuleOnExitCodes,
)
from seedpod.spec.container import EphemeralContainer as EphemeralContainer
from seedpod.spec.container import VolumeDevice as VolumeDevice
from seedpod.spec.container import VolumeMount as VolumeMount
from seedpod.spec.env import ConfigMapEnvSource as ConfigMapEnvSource
from seedpod.spec.env import ConfigMapKeySelector as ConfigMapKeySelector
from seedpod.spec.env import EnvFromSource as EnvFromSource
from seedpod.spec.env import EnvVar as EnvVar
from seedpod.spec.env import EnvVarSource as EnvVarSource
from seedpod.spec.env import FileKeySelector as FileKeySelector
from seedpod.spec.env import ObjectFieldSelector as ObjectFieldSelector
from seedpod.spec.env import ResourceFieldSelector as ResourceFieldSelector
from seedpod.spec.env import SecretEnvSource as SecretEnvSource
from seedpod.spec.env import SecretKeySelector as SecretKeySelector
from seedpod.spec.frozen import FrozenMap as FrozenMap
from seedpod.spec.frozen import JsonValue as JsonValue
from seedpod.spec.handler import ExecAction as ExecAction
from seedpod.spec.handler import GRPCAction as GRPCAction
from seedpod.spec.handler import HTTPGetAction as HTTPGetAction
from seedpod.spec.handler import HTTPHeader as HTTPHeader
from seedpod.spec.handler import SleepAction as SleepAction
from seedpod.spec.handler import TCPSocketAction as TCPSocketAction
from seedpod.spec.lifecycle import Lifecycle as Lifecycle
from seedpod.spec.lifecycle import LifecycleHandler as LifecycleHandler
from seedpod.spec.metadata import ObjectMeta as ObjectMeta
from seedpod.spec.naming import camel_case as camel_case
from seedpod.spec.objects import ConfigMap as ConfigMap
from seedpod.spec.objects import Secret as Secret
from seedpod.spec.pod import HostAlias as HostAlias
from seedpod.spec.pod import LocalObjectReference as LocalObjectReference
from seedpod.spec.pod import Pod as Pod
from seedpod.spec.pod import PodOS as PodOS
from seedpod.spec.pod import PodReadinessGate as PodReadinessGate
from seedpod.spec.pod import PodSchedulingGate as PodSchedulingGate
from seedpod.spec.pod import PodSpec as PodSpec
from seedpod.spec.probe import Probe as Probe
from seedpod.spec.quantity import Quantity as Quantity
from seedpod.spec.quantity import QuantityFormat as QuantityFormat
from seedpod.spec.resources import ResourceClaim as ResourceClaim
from seedpod.spec.resources import ResourceRequirements as ResourceRequirements
from seedpod.spec.security import AppArmorProfile as AppArmorProfile
from seedpod.spec.security import Capabilities as Capabilities
from seedpod.spec.security import PodSecurityContext as PodSecurityContext
from seedpod.spec.security import SeccompProfile as SeccompProfile
from seedpod.spec.security import SecurityContext as SecurityContext
from seedpod.spec.security import SELinuxOptions as SELinuxOptions
from seedpod.spec.security import Sysctl as Sysctl
from seedpod.spec.volume import ConfigMapProjection as ConfigMapProjection
from seedpod.spec.volume import ConfigMapVolumeSource as ConfigMapVolumeSource
from seedpod.spec.volume import DownwardAPIProjection as DownwardAPIProjection
from seedpod.spec.volume import DownwardAPIVolumeFile as DownwardAPIVolumeFile
from seedpod.spec.volume import DownwardAPIVolumeSource as DownwardAPIVolumeSource
from seedpod.spec.volume import EmptyDirVolumeSource as EmptyDirVolumeSource
from seedpod.spec.volume import HostPathVolumeSource as HostPathVolumeSource
from seedpod.spec.volume import ImageVolumeSource as ImageVolumeSource
from seedpod.spec.volume import KeyToPath as KeyToPath
from seedpod.spec.volume import ProjectedVolumeSource as ProjectedVolumeSource
from seedpod.spec.volume import SecretProjection as SecretProjection
from seedpod.spec.volume import SecretVolumeSource as SecretVolumeSource
from seedpod.spec.volume import ServiceAccountTokenProjection as ServiceAccountTokenProjection
from seedpod.spec.volume import Volume as Volume
from seedpod.spec.volume import VolumeProjection as VolumeProjection
from seedpod.spec.words import ContainerRestartRuleAction as ContainerRestartRuleAction
from seedpod.spec.words import ContainerRestartRuleOperator as ContainerRestartRuleOperator
from seedpod.spec.words import DNSPolicy as DNSPolicy
from seedpod.spec.words import HostPathType as HostPathType
from seedpod.spec.words import MountPropagation as MountPropagation
from seedpod.spec.words import Protocol as Protocol
from seedpod.spec.words import PullPolicy as PullPolicy
from seedpod.spec.words import RestartPolicy as RestartPolicy
from seedpod.spec.words import TerminationMessagePolicy as TerminationMessagePolicy
from seedpod.spec.words import URIScheme as URIScheme
