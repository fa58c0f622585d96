"""Pods as a manifest describes them, and what an engine is asked to make of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import seedpod
from seedpod.abc import ContainerKind, ContainerPlan, Mount
from seedpod.spec import Pod
from seedpod_docker._labels import PodLabels

Fields: TypeAlias = Mapping[str, object]
"""A part of a manifest: names in camelCase."""


def pod(app: Fields | None = None, /, **spec: object) -> Pod:
    """A pod `web` with one container `app` that has the fields *app*."""
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "uid": "u-1"},
        "spec": {"containers": [container(**(app or {}))], **spec},
    }
    [loaded] = seedpod.load(json.dumps(manifest))
    return loaded


def container(**fields: object) -> Fields:
    """A container of a manifest: `app` of the image `web:1` where *fields* do not say otherwise."""
    return {"name": "app", "image": "web:1", **fields}


def plan(of: Pod, **fields: Any) -> ContainerPlan:
    """The first attempt of a pod's first container."""
    spec = of.spec.containers[0]
    defaults: dict[str, Any] = {
        "name": spec.name,
        "kind": ContainerKind.APP,
        "spec": spec,
        "attempt": 0,
        "container_id": "c-1",
        "command": spec.command,
        "args": spec.args,
        "env": {},
        "mounts": (),
        "write": lambda *_: None,
    }
    return ContainerPlan(**{**defaults, **fields})


def mount(mount_path: str, *, is_read_only: bool = False) -> Mount:
    """A volume `data` at this place."""
    return Mount(
        source=Path("/host/data"), mount_path=mount_path, volume="data", is_read_only=is_read_only
    )


def labels(of: Pod, **fields: Any) -> PodLabels:
    """The labels of its first sandbox."""
    defaults: dict[str, Any] = {
        "pod": of,
        "uid": of.metadata.uid,
        "owner": "1/2/3/boot/machine",
        "is_kept": False,
        "incarnation": "i-1",
        "sandbox_attempt": 0,
    }
    return PodLabels(**{**defaults, **fields})
