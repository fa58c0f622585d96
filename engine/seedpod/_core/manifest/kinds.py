"""Kinds: which objects a manifest may hold, and how each is read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeAlias, cast

from seedpod._core.manifest.path import Path, shown
from seedpod._core.manifest.structure import (
    WRONG,
    Problems,
    Shape,
    map_reader,
    read_base64,
    shape_of,
    structure,
)
from seedpod.errors import ABSENT, Problem, ProblemKind
from seedpod.spec import ConfigMap, Pod, Secret

Object: TypeAlias = Pod | ConfigMap | Secret
"""What a manifest may hold."""

LISTS: Final = {"List": "", "PodList": "Pod", "ConfigMapList": "ConfigMap", "SecretList": "Secret"}
"""Kinds whose `items` are objects, and the kind of an item that does not say its own."""

_SUPPORTED: Final = "Pod, ConfigMap, Secret, List"
_TEMPLATED: Final = {
    "CronJob": "spec.jobTemplate.spec.template",
    "DaemonSet": "spec.template",
    "Deployment": "spec.template",
    "Job": "spec.template",
    "ReplicaSet": "spec.template",
    "ReplicationController": "spec.template",
    "StatefulSet": "spec.template",
}


def read_object(raw: dict[str, object], path: Path, problems: Problems) -> Object | None:
    """The object that *raw* describes, or None when it is of no kind known here."""
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in _SHAPES:
        problems.append(_unknown_kind(kind, (path, "kind")))
        return None
    version = raw.get("apiVersion")
    if version is None or (isinstance(version, str) and version != "v1"):
        found = ABSENT if version is None else version
        sort = ProblemKind.REQUIRED if version is None else ProblemKind.NOT_SUPPORTED
        wanted = f"must be v1 for a {kind}"
        problems.append(Problem(shown((path, "apiVersion")), sort, found, wanted))
    return cast("Object", structure(_SHAPES[kind](), raw, path, problems))


def _unknown_kind(kind: object, path: Path) -> Problem:
    if not isinstance(kind, str) or not kind:
        found = kind or ABSENT
        return Problem(shown(path), ProblemKind.REQUIRED, found, f"must be one of {_SUPPORTED}")
    wanted = f"is not supported; supported are {_SUPPORTED}"
    if kind in _TEMPLATED:
        wanted += f" (its {_TEMPLATED[kind]}, with kind: Pod and a name, can run)"
    return Problem(shown(path), ProblemKind.NOT_SUPPORTED, kind, wanted)


def _pod_shape() -> Shape:
    return shape_of(Pod)


def _config_map_shape() -> Shape:
    return shape_of(ConfigMap)


@cache
def _secret_shape() -> Shape:
    fields = {
        **shape_of(Secret).fields,
        "data": ("data", map_reader(read_base64, is_secret=True)),
        "stringData": ("string_data", map_reader(_read_hidden, is_secret=True)),
    }
    return Shape(_secret, fields)


_SHAPES: Final[dict[str, Callable[[], Shape]]] = {
    "Pod": _pod_shape,
    "ConfigMap": _config_map_shape,
    "Secret": _secret_shape,
}


def _secret(
    *,
    data: dict[str, bytes] | None = None,
    string_data: dict[str, str] | None = None,
    **others: object,
) -> Secret:
    """A secret, with `stringData` over `data`."""
    return Secret(data={**(data or {}), **(string_data or {})}, **cast("dict[str, Any]", others))


def _read_hidden(raw: object, path: Path, problems: Problems) -> object:
    """A string that must not be shown."""
    if isinstance(raw, str):
        return raw
    wanted = "must be a string; put the value in quotes"
    problems.append(Problem(shown(path), ProblemKind.TYPE_INVALID, ABSENT, wanted))
    return WRONG
