"""Environment variables: literal, or read from somewhere when the container starts."""

from __future__ import annotations

import attrs

from seedpod.spec.quantity import Quantity, as_quantity


@attrs.frozen(kw_only=True)
class ObjectFieldSelector:
    """A field of the pod itself."""

    field_path: str = ""
    """`metadata.name`, `metadata.labels['app']`, `status.podIP`, ..."""
    api_version: str = ""


@attrs.frozen(kw_only=True)
class ResourceFieldSelector:
    """A request or limit of a container."""

    resource: str = ""
    """`limits.cpu`, `requests.memory`, ..."""
    container_name: str = ""
    """Empty: this container. Volumes must name one."""
    divisor: Quantity | None = attrs.field(default=None, converter=as_quantity)
    """The unit of the result; None means 1."""


@attrs.frozen(kw_only=True)
class ConfigMapKeySelector:
    """One key of a ConfigMap."""

    name: str = ""
    key: str = ""
    optional: bool | None = None


@attrs.frozen(kw_only=True)
class SecretKeySelector:
    """One key of a Secret."""

    name: str = ""
    key: str = ""
    optional: bool | None = None


@attrs.frozen(kw_only=True)
class FileKeySelector:
    """One `KEY='value'` line of a file in an emptyDir volume."""

    volume_name: str = ""
    path: str = ""
    key: str = ""
    optional: bool | None = None


@attrs.frozen(kw_only=True)
class EnvVarSource:
    """Where a variable's value comes from: exactly one of these is set."""

    field_ref: ObjectFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    config_map_key_ref: ConfigMapKeySelector | None = None
    secret_key_ref: SecretKeySelector | None = None
    file_key_ref: FileKeySelector | None = None


@attrs.frozen(kw_only=True)
class EnvVar:
    """One environment variable."""

    name: str = ""
    value: str = ""
    """`$(NAME)` refers to what was set before; see `value_from` for the other kind."""
    value_from: EnvVarSource | None = None


@attrs.frozen(kw_only=True)
class ConfigMapEnvSource:
    """All keys of a ConfigMap."""

    name: str = ""
    optional: bool | None = None


@attrs.frozen(kw_only=True)
class SecretEnvSource:
    """All keys of a Secret."""

    name: str = ""
    optional: bool | None = None


@attrs.frozen(kw_only=True)
class EnvFromSource:
    """Every key of an object as a variable."""

    prefix: str = ""
    """Put before each key."""
    config_map_ref: ConfigMapEnvSource | None = None
    secret_ref: SecretEnvSource | None = None
