"""`$(VAR)`, environments and the downward API."""

from __future__ import annotations

from base64 import b64decode
from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from seedpod._core.downward import field_value, format_map, resource_value, split_subscript
from seedpod._core.env_file import Malformed, env_file_value
from seedpod._core.environment import (
    PodFacts,
    Resolved,
    Unresolved,
    command_line,
    environment,
    mounted_sub_path,
    static_command,
)
from seedpod._core.expansion import expand
from seedpod.spec import (
    ConfigMap,
    Container,
    EmptyDirVolumeSource,
    EnvVar,
    ObjectMeta,
    Pod,
    PodSpec,
    ResourceFieldSelector,
    Secret,
    Volume,
    VolumeMount,
)
from tests.conformance.rows import Json, Row, pod_of, structured

ERROR: Final = {"error": True}


@attrs.frozen
class OneOfEach:
    """The objects of a row; as in the peer's test, the only one is found by whatever name."""

    given: Json

    def config_map(self, namespace: str, name: str) -> ConfigMap | None:
        for raw in self.given.get("configMaps", ()):
            metadata = structured(ObjectMeta, raw["metadata"])
            return ConfigMap(metadata=metadata, data=raw.get("data", {}))
        return None

    def secret(self, namespace: str, name: str) -> Secret | None:
        for raw in self.given.get("secrets", ()):
            data = {key: b64decode(value) for key, value in raw.get("data", {}).items()}
            return Secret(metadata=structured(ObjectMeta, raw["metadata"]), data=data)
        return None


def container_env(given: Json) -> object:
    volumes = [
        Volume(name=name, empty_dir=EmptyDirVolumeSource()) for name in given.get("volumes", ())
    ]
    pod = pod_of(given)
    # A pod that is given without its spec is as good as one with defaults.
    has_spec = "spec" in given.get("pod", {})
    links = pod.spec.enable_service_links if has_spec else True
    spec = attrs.evolve(pod.spec, volumes=volumes, enable_service_links=links)
    pod = attrs.evolve(pod, spec=spec)
    facts = PodFacts(
        host_ip=given.get("hostIP", ""),
        host_ips=tuple(given.get("hostIPs", ())),
        pod_ip=given.get("podIP", ""),
        pod_ips=tuple(given.get("podIPs", ())),
    )
    container = structured(Container, given["container"])
    files: Mapping[str, str] = given.get("files", {})
    found = environment(pod, container, facts, OneOfEach(given), lambda _, path: files.get(path))
    return {"env": dict(found.env)} if isinstance(found, Resolved) else ERROR


def env_chain(given: Json) -> object:
    pod = Pod(spec=PodSpec(enable_service_links=True))
    found = environment(pod, Container(env=env(given)), PodFacts(), OneOfEach({}))
    assert isinstance(found, Resolved)
    return {"env": found.env}


def command_and_args(given: Json) -> object:
    command, args = command_line(structured(Container, given["container"]), variables(given))
    return {"command": list(command), "args": list(args)}


def sub_path(given: Json) -> object:
    found = mounted_sub_path(structured(VolumeMount, given["volumeMount"]), variables(given))
    if isinstance(found, Unresolved):
        return {"ok": False}
    return {"ok": True, "subPath": found}


def field_path(given: Json) -> object:
    return value_or_error(field_value(pod_of(given), given["fieldPath"], PodFacts()))


def subscript(given: Json) -> object:
    found = split_subscript(given["fieldPath"])
    return {"ok": False} if found is None else {"ok": True, "path": found[0], "subscript": found[1]}


def resource_field(given: Json) -> object:
    spec = structured(PodSpec, given["spec"])
    every = [*spec.containers, *spec.init_containers]
    container = next(each for each in every if each.name == given["container"])
    selector = structured(ResourceFieldSelector, given["resourceFieldRef"])
    return value_or_error(resource_value(Pod(spec=spec), container, selector, PodFacts()))


def env_file(given: Json) -> object:
    found = env_file_value(given["content"], given["key"])
    return ERROR if isinstance(found, Malformed) else {"value": found or ""}


def value_or_error(found: str | Unresolved) -> object:
    return ERROR if isinstance(found, Unresolved) else {"value": found}


def env(given: Json) -> tuple[EnvVar, ...]:
    return tuple(structured(EnvVar, each) for each in given["env"])


def variables(given: Json) -> dict[str, str]:
    return {each.name: each.value for each in env(given)}


def layered(given: Json) -> ChainMap[str, str]:
    maps: list[dict[str, Any]] = given["variables"]
    return ChainMap(*maps)


def answered_by(answer: Callable[[Json], object]) -> Callable[[Row], None]:
    """The check that compares what *answer* says with the row."""

    def check(row: Row) -> None:
        assert answer(row.given) == row.expect

    return check


def expanded(given: Json) -> object:
    return {"output": expand(given["input"], layered(given))}


def static_words(given: Json) -> object:
    return {"command": list(static_command(tuple(given["command"]), env(given)))}


def formatted(given: Json) -> object:
    return {"value": format_map(given["map"])}


CHECKS: Final[Mapping[str, Callable[[Row], None]]] = {
    "expand": answered_by(expanded),
    "envChain": answered_by(env_chain),
    "containerEnv": answered_by(container_env),
    "commandAndArgs": answered_by(command_and_args),
    "commandStaticEnvOnly": answered_by(static_words),
    "subPathExpr": answered_by(sub_path),
    "fieldPath": answered_by(field_path),
    "splitSubscript": answered_by(subscript),
    "resourceFieldRef": answered_by(resource_field),
    "formatMap": answered_by(formatted),
    "envFile": answered_by(env_file),
}
