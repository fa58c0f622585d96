"""Pods in few words, for the tests of what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seedpod._core.defaults import with_defaults
from seedpod._core.validation import problems
from seedpod.spec import Container, ObjectMeta, Pod, PodSpec


def app(name: str = "app", **fields: Any) -> Container:
    """A container with a name and an image."""
    values: dict[str, Any] = {"name": name, "image": "image", **fields}
    return Container(**values)


def pod(*containers: Container, **fields: Any) -> Pod:
    """A pod of *containers*, or of one when there are none."""
    values: dict[str, Any] = {"containers": containers or (app(),), **fields}
    return Pod(metadata=ObjectMeta(name="web"), spec=PodSpec(**values))


def complaints(wrong: Pod) -> Sequence[str]:
    """What is said about a pod, once it has its defaults."""
    return [str(problem) for problem in problems(with_defaults(wrong))]
