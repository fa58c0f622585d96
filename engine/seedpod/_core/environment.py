"""The environment of a container: what one attempt finds in its variables and on its command line.

Theory of operation: first `envFrom`, then `env`, both in order, a later name overwriting an earlier
one. A literal `value` may refer to what was set before it; what comes from elsewhere is taken as it
is. What is optional and missing leaves its variable as it was. Read anew for each attempt, never
while one runs.

Source: kubelet, makeEnvironmentVariables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias

import attrs

from seedpod._core.downward import PodFacts, Unresolved, field_value, resource_value
from seedpod._core.env_file import Malformed, env_file_value
from seedpod._core.expansion import expand, references
from seedpod.spec import (
    ConfigMap,
    ConfigMapKeySelector,
    Container,
    EnvFromSource,
    EnvVar,
    EnvVarSource,
    FileKeySelector,
    Pod,
    Secret,
    SecretKeySelector,
    VolumeMount,
)

__all__ = [
    "Objects",
    "PodFacts",
    "ReadFile",
    "Resolved",
    "Unresolved",
    "command_line",
    "environment",
    "mounted_sub_path",
    "static_command",
]

ReadFile: TypeAlias = Callable[[str, str], str | None]
"""Takes the name of a volume and a path in it; the text there, or None if there is no such file."""


class Objects(Protocol):
    """Where the ConfigMaps and Secrets are that pods refer to."""

    def config_map(self, namespace: str, name: str) -> ConfigMap | None:
        """The ConfigMap of this name, or None."""
        ...

    def secret(self, namespace: str, name: str) -> Secret | None:
        """The Secret of this name, or None."""
        ...


@attrs.frozen
class Resolved:
    """The variables of a container, by name."""

    env: Mapping[str, str] = attrs.field(repr=False)
    """Not in the repr: it holds secrets."""


_NOTHING: Final = Resolved(MappingProxyType({}))


def environment(
    pod: Pod,
    container: Container,
    facts: PodFacts,
    objects: Objects,
    read_file: ReadFile | None = None,
) -> Resolved | Unresolved:
    """The variables that *container* declares, or what keeps it from being started now.

    Args:
        pod: The pod it belongs to, with defaults.
        container: Whose `envFrom` and `env` are resolved.
        facts: What references to fields of the pod need beside its spec.
        objects: Where ConfigMaps and Secrets are looked up.
        read_file: Reads a file in a volume of the pod; None where no volume was prepared.
    """
    if pod.spec.enable_service_links is None:
        return Unresolved("nil pod.spec.enableServiceLinks encountered, cannot construct envvars")
    if not container.env and not container.env_from:
        return _NOTHING
    variables: dict[str, str] = {}
    for each in container.env_from:
        found = _all_keys(pod.metadata.namespace, each, objects)
        if isinstance(found, Unresolved):
            return found
        variables.update(found)
    sources = _Sources(pod, container, facts, objects, read_file)
    for variable in container.env:
        value = _value(variable, variables, sources)
        if isinstance(value, Unresolved):
            return value
        if value is not None:
            variables[variable.name] = value
    return Resolved(variables)


def command_line(
    container: Container, env: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The container's `command` and `args` with every `$(NAME)` that *env* has replaced."""
    return _expanded(container.command, env), _expanded(container.args, env)


def static_command(command: tuple[str, ...], env: Iterable[EnvVar]) -> tuple[str, ...]:
    """The command of an exec probe: it sees the literal values of *env*, as they are written.

    Source: kubelet, ExpandContainerCommandOnlyStatic. A variable whose value comes from elsewhere
    is empty to it.
    """
    if not any("$" in word for word in command):
        return command
    return _expanded(command, {variable.name: variable.value for variable in env})


def mounted_sub_path(mount: VolumeMount, env: Mapping[str, str]) -> str | Unresolved:
    """Which part of its volume *mount* shows; empty: all of it."""
    if not mount.sub_path_expr:
        return mount.sub_path
    missing = sorted({name for name in references(mount.sub_path_expr) if not env.get(name)})
    if missing:
        return Unresolved(f"missing value for {', '.join(missing)}")
    return expand(mount.sub_path_expr, env)


@attrs.frozen
class _Sources:
    """All that a `valueFrom` can refer to."""

    pod: Pod
    container: Container
    facts: PodFacts
    objects: Objects
    read_file: ReadFile | None


def _all_keys(
    namespace: str, source: EnvFromSource, objects: Objects
) -> Mapping[str, str] | Unresolved:
    if (config_map_ref := source.config_map_ref) is not None:
        config_map = objects.config_map(namespace, config_map_ref.name)
        if config_map is not None:
            return {source.prefix + key: value for key, value in config_map.data.items()}
        if not config_map_ref.optional:
            return Unresolved(f'configmap "{config_map_ref.name}" not found')
    if (secret_ref := source.secret_ref) is not None:
        secret = objects.secret(namespace, secret_ref.name)
        if secret is not None:
            return {source.prefix + key: _text(value) for key, value in secret.data.items()}
        if not secret_ref.optional:
            return Unresolved(f'secret "{secret_ref.name}" not found')
    return {}


def _value(
    variable: EnvVar, variables: Mapping[str, str], sources: _Sources
) -> str | Unresolved | None:
    """What *variable* is set to; None: it stays as it was."""
    if variable.value:
        return expand(variable.value, variables)
    return "" if variable.value_from is None else _value_from(variable.value_from, sources)


def _value_from(source: EnvVarSource, sources: _Sources) -> str | Unresolved | None:
    pod = sources.pod
    if source.field_ref is not None:
        return field_value(pod, source.field_ref.field_path, sources.facts)
    if source.resource_field_ref is not None:
        return resource_value(pod, sources.container, source.resource_field_ref, sources.facts)
    namespace, objects = pod.metadata.namespace, sources.objects
    if source.config_map_key_ref is not None:
        return _config_map_value(namespace, source.config_map_key_ref, objects)
    if source.secret_key_ref is not None:
        return _secret_value(namespace, source.secret_key_ref, objects)
    if source.file_key_ref is not None:
        return _file_value(source.file_key_ref, sources)
    return ""


def _config_map_value(
    namespace: str, selector: ConfigMapKeySelector, objects: Objects
) -> str | Unresolved | None:
    name, key = selector.name, selector.key
    config_map = objects.config_map(namespace, name)
    if config_map is not None and key in config_map.data:
        return config_map.data[key]
    if selector.optional:
        return None
    if config_map is None:
        return Unresolved(f'configmap "{name}" not found')
    return Unresolved(f"couldn't find key {key} in ConfigMap {namespace}/{name}")


def _secret_value(
    namespace: str, selector: SecretKeySelector, objects: Objects
) -> str | Unresolved | None:
    name, key = selector.name, selector.key
    secret = objects.secret(namespace, name)
    if secret is not None and key in secret.data:
        return _text(secret.data[key])
    if selector.optional:
        return None
    if secret is None:
        return Unresolved(f'secret "{name}" not found')
    return Unresolved(f"couldn't find key {key} in Secret {namespace}/{name}")


def _file_value(selector: FileKeySelector, sources: _Sources) -> str | Unresolved | None:
    volume, path, key = selector.volume_name, selector.path, selector.key
    if all(each.name != volume for each in sources.pod.spec.volumes):
        return Unresolved(f'cannot find the volume "{volume}" referenced by FileKeyRef')
    # The path begins in the volume, with a slash or without one.
    text = sources.read_file(volume, path.lstrip("/")) if sources.read_file is not None else None
    value = None if text is None else env_file_value(text, key)
    if isinstance(value, Malformed):
        return Unresolved(f"couldn't parse env file {path} in volume {volume}: {value.message}")
    if value:
        return value
    if selector.optional:
        return None
    if text is None:
        return Unresolved(f"couldn't find env file {path} in volume {volume}")
    return Unresolved(f'environment variable key "{key}" not found in file "{path}"')


def _text(data: bytes) -> str:
    # What is not UTF-8 comes out of the process's environment as the bytes it was.
    return data.decode("utf-8", "surrogateescape")


def _expanded(words: tuple[str, ...], env: Mapping[str, str]) -> tuple[str, ...]:
    for word in words:
        if "$" in word:
            return tuple([expand(each, env) for each in words])
    return words
