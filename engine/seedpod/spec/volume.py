"""Volume: a directory that containers of a pod share."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from seedpod.spec.env import ObjectFieldSelector, ResourceFieldSelector
from seedpod.spec.frozen import JsonValue, as_json_map, as_tuple
from seedpod.spec.quantity import Quantity, as_quantity


@attrs.frozen(kw_only=True)
class KeyToPath:
    """One key of an object as a file."""

    key: str = ""
    path: str = ""
    """Relative to the volume's root."""
    mode: int | None = None


@attrs.frozen(kw_only=True)
class EmptyDirVolumeSource:
    """A directory that lives as long as the pod."""

    medium: str = ""
    """Empty: the disk. `Memory`: a tmpfs. `HugePages` and `HugePages-SIZE`."""
    size_limit: Quantity | None = attrs.field(default=None, converter=as_quantity)
    """Bytes."""


@attrs.frozen(kw_only=True)
class HostPathVolumeSource:
    """A file or directory of the host."""

    path: str = ""
    type: str = ""
    """What must stand there: `Directory`, `FileOrCreate`, ...; empty: unchecked."""


@attrs.frozen(kw_only=True)
class ConfigMapVolumeSource:
    """The keys of a ConfigMap as files."""

    name: str = ""
    items: tuple[KeyToPath, ...] = attrs.field(default=(), converter=as_tuple)
    """Empty: every key."""
    default_mode: int | None = None
    optional: bool | None = None


@attrs.frozen(kw_only=True)
class SecretVolumeSource:
    """The keys of a Secret as files."""

    secret_name: str = ""
    items: tuple[KeyToPath, ...] = attrs.field(default=(), converter=as_tuple)
    """Empty: every key."""
    default_mode: int | None = None
    optional: bool | None = None


@attrs.frozen(kw_only=True)
class DownwardAPIVolumeFile:
    """One field of the pod as a file."""

    path: str = ""
    field_ref: ObjectFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    mode: int | None = None


@attrs.frozen(kw_only=True)
class DownwardAPIVolumeSource:
    """Fields of the pod as files."""

    items: tuple[DownwardAPIVolumeFile, ...] = attrs.field(default=(), converter=as_tuple)
    default_mode: int | None = None


@attrs.frozen(kw_only=True)
class ConfigMapProjection:
    """The keys of a ConfigMap, as part of a projected volume."""

    name: str = ""
    items: tuple[KeyToPath, ...] = attrs.field(default=(), converter=as_tuple)
    optional: bool | None = None


@attrs.frozen(kw_only=True)
class SecretProjection:
    """The keys of a Secret, as part of a projected volume."""

    name: str = ""
    items: tuple[KeyToPath, ...] = attrs.field(default=(), converter=as_tuple)
    optional: bool | None = None


@attrs.frozen(kw_only=True)
class DownwardAPIProjection:
    """Fields of the pod, as part of a projected volume."""

    items: tuple[DownwardAPIVolumeFile, ...] = attrs.field(default=(), converter=as_tuple)


@attrs.frozen(kw_only=True)
class ServiceAccountTokenProjection:
    """A token of the pod's service account, as part of a projected volume."""

    audience: str = ""
    expiration_seconds: int | None = None
    path: str = ""


@attrs.frozen(kw_only=True)
class VolumeProjection:
    """One part of a projected volume; at most one of these is set."""

    config_map: ConfigMapProjection | None = None
    secret: SecretProjection | None = None
    downward_api: DownwardAPIProjection | None = None
    service_account_token: ServiceAccountTokenProjection | None = None
    cluster_trust_bundle: Mapping[str, JsonValue] | None = attrs.field(
        default=None, converter=as_json_map
    )
    pod_certificate: Mapping[str, JsonValue] | None = attrs.field(
        default=None, converter=as_json_map
    )


@attrs.frozen(kw_only=True)
class ProjectedVolumeSource:
    """Several sources in one directory; of equal paths the later source's stays."""

    sources: tuple[VolumeProjection, ...] = attrs.field(default=(), converter=as_tuple)
    default_mode: int | None = None


@attrs.frozen(kw_only=True)
class ImageVolumeSource:
    """The file system of an image, read-only."""

    reference: str = ""
    pull_policy: str = ""


@attrs.frozen(kw_only=True)
class Volume:
    """A named directory, and where its content comes from: exactly one source is set."""

    name: str = ""
    empty_dir: EmptyDirVolumeSource | None = None
    host_path: HostPathVolumeSource | None = None
    config_map: ConfigMapVolumeSource | None = None
    secret: SecretVolumeSource | None = None
    downward_api: DownwardAPIVolumeSource | None = None
    projected: ProjectedVolumeSource | None = None
    image: ImageVolumeSource | None = None
    # The kinds below are valid in Kubernetes and refused by name here.
    persistent_volume_claim: Mapping[str, JsonValue] | None = attrs.field(
        default=None, converter=as_json_map
    )
    ephemeral: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    csi: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    nfs: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    iscsi: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    fc: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    aws_elastic_block_store: Mapping[str, JsonValue] | None = attrs.field(
        default=None, converter=as_json_map
    )
    azure_disk: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    azure_file: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    cephfs: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    cinder: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    flex_volume: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    flocker: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    gce_persistent_disk: Mapping[str, JsonValue] | None = attrs.field(
        default=None, converter=as_json_map
    )
    git_repo: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    glusterfs: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    photon_persistent_disk: Mapping[str, JsonValue] | None = attrs.field(
        default=None, converter=as_json_map
    )
    portworx_volume: Mapping[str, JsonValue] | None = attrs.field(
        default=None, converter=as_json_map
    )
    quobyte: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    rbd: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    scale_io: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    storageos: Mapping[str, JsonValue] | None = attrs.field(default=None, converter=as_json_map)
    vsphere_volume: Mapping[str, JsonValue] | None = attrs.field(
        default=None, converter=as_json_map
    )
