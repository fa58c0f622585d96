"""What is wrong with a container's environment.

Source: kubernetes, pkg/apis/core/validation: ValidateEnv, ValidateEnvFrom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from seedpod._core.validation import text
from seedpod._core.validation.fieldrefs import (
    ENV_FIELDS,
    field_ref_problems,
    resource_ref_problems,
)
from seedpod._core.validation.gates import Gates
from seedpod._core.validation.report import invalid, required
from seedpod.errors import Problem
from seedpod.spec.env import (
    ConfigMapEnvSource,
    ConfigMapKeySelector,
    EnvFromSource,
    EnvVar,
    EnvVarSource,
    FileKeySelector,
    ObjectFieldSelector,
    ResourceFieldSelector,
    SecretEnvSource,
    SecretKeySelector,
)

_Check: TypeAlias = Callable[[Any, str], Iterator[Problem]]


def env_problems(variables: Sequence[EnvVar], gates: Gates, path: str) -> Iterator[Problem]:
    """What is wrong with a list of variables; the same name twice is fine, the last one wins."""
    for index, variable in enumerate(variables):
        if not variable.name:
            yield required(f"{path}[{index}].name", f"must name the variable; {text.ENV_NAME}")
        yield from _name_problems(variable.name, gates, f"{path}[{index}].name")
        if variable.value_from is not None:
            yield from value_from_problems(
                variable.value_from, variable.value, f"{path}[{index}].valueFrom"
            )


def value_from_problems(source: EnvVarSource, value: str, path: str) -> Iterator[Problem]:
    """What is wrong with where a variable's value comes from, *value* being its literal one."""
    found: list[str] = []
    for name, field, check in _SOURCES:
        selector = getattr(source, name)
        if selector is not None:
            found.append(field)
            yield from check(selector, f"{path}.{field}")
    if not found:
        choices = ", ".join(field for _, field, _ in _SOURCES)
        yield invalid(path, {}, f"must have one of {choices}")
    elif value:
        yield invalid(path, found, "must not be set together with a value")
    elif len(found) > 1:
        yield invalid(path, found, "must have only one source")


def env_from_problems(
    sources: Sequence[EnvFromSource], gates: Gates, path: str
) -> Iterator[Problem]:
    """What is wrong with the objects whose keys become variables."""
    for index, source in enumerate(sources):
        yield from _name_problems(source.prefix, gates, f"{path}[{index}].prefix")
        if source.config_map_ref is not None:
            yield from _object_problems(source.config_map_ref, f"{path}[{index}].configMapRef")
        if source.secret_ref is not None:
            yield from _object_problems(source.secret_ref, f"{path}[{index}].secretRef")
        if (source.config_map_ref is None) == (source.secret_ref is None):
            wanted = f"entry {index} must have exactly one of configMapRef, secretRef"
            yield invalid(path, index, wanted)


def _name_problems(name: str, gates: Gates, path: str) -> Iterator[Problem]:
    """What is wrong with a name that there is, or with the beginning of one."""
    if gates.relaxed_environment_variable_validation:
        if name and not text.is_env_name(name):
            yield invalid(path, name, text.ENV_NAME)
    elif name and not text.is_strict_env_name(name):
        yield invalid(path, name, text.STRICT_ENV_NAME)


def _object_problems(ref: ConfigMapEnvSource | SecretEnvSource, path: str) -> Iterator[Problem]:
    if not ref.name:
        yield required(f"{path}.name", "must name an object")
    elif not text.is_dns_subdomain_start(ref.name):
        yield invalid(f"{path}.name", ref.name, text.DNS_SUBDOMAIN)


def _field_problems(ref: ObjectFieldSelector, path: str) -> Iterator[Problem]:
    return field_ref_problems(ref, ENV_FIELDS, path)


def _resource_problems(ref: ResourceFieldSelector, path: str) -> Iterator[Problem]:
    return resource_ref_problems(ref, path, is_volume=False)


def _key_problems(ref: ConfigMapKeySelector | SecretKeySelector, path: str) -> Iterator[Problem]:
    if not text.is_dns_subdomain(ref.name):
        yield invalid(f"{path}.name", ref.name, f"must name an object; {text.DNS_SUBDOMAIN}")
    if not ref.key:
        yield required(f"{path}.key", f"must name one of the object's keys; {text.CONFIG_KEY}")
    elif not text.is_config_key(ref.key):
        yield invalid(f"{path}.key", ref.key, text.CONFIG_KEY)


def _file_key_problems(ref: FileKeySelector, path: str) -> Iterator[Problem]:
    if not ref.volume_name:
        yield required(f"{path}.volumeName", "must name an emptyDir volume of the pod")
    elif not text.is_dns_label(ref.volume_name):
        yield invalid(f"{path}.volumeName", ref.volume_name, text.DNS_LABEL)
    if not ref.path:
        yield required(f"{path}.path", "must be a file inside the volume")
    elif text.has_backstep(ref.path):
        yield invalid(f"{path}.path", ref.path, "must be a path inside the volume, without '..'")
    if not ref.key:
        yield required(f"{path}.key", f"must name a variable of the file; {text.ENV_NAME}")
    elif not text.is_env_name(ref.key):
        yield invalid(f"{path}.key", ref.key, text.ENV_NAME)


_SOURCES: Final[tuple[tuple[str, str, _Check], ...]] = (
    ("field_ref", "fieldRef", _field_problems),
    ("resource_field_ref", "resourceFieldRef", _resource_problems),
    ("config_map_key_ref", "configMapKeyRef", _key_problems),
    ("secret_key_ref", "secretKeyRef", _key_problems),
    ("file_key_ref", "fileKeyRef", _file_key_problems),
)
"""Attribute, field and rules of every source a variable can have."""
