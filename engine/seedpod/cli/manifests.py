"""The objects of all files named on the command line, refused together if anything is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

import seedpod
from seedpod.abc import Executor
from seedpod.errors import SpecError
from seedpod.spec import ConfigMap, Pod, Secret


class RefusedError(Exception):
    """What is wrong with the manifests: a line for each problem."""


def as_it_is(pod: Pod, _file: str) -> Pod:
    """The pod, whatever file it comes from."""
    return pod


def gather(
    files: Sequence[str],
    executor: Executor,
    amended: Callable[[Pod, str], Pod] = as_it_is,
) -> seedpod.Manifest:
    """The objects of *files*, all of them sound, and such as *executor* takes on.

    Args:
        files: As the command line names them.
        executor: What is to run the pods.
        amended: What to make of a pod, by the file it comes from.

    Raises:
        RefusedError: Something is wrong; says everything.
    """
    if files.count("-") > 1:
        raise click.UsageError("'-', the standard input, can be read only once")
    objects: list[Pod | ConfigMap | Secret] = []
    wrong: list[str] = []
    first: dict[tuple[str, str, str], int] = {}
    for index, file in enumerate(files):
        try:
            manifest = seedpod.load("-" if file == "-" else Path(file))
        except SpecError as error:
            wrong.append(str(error))
            continue
        name = "standard input" if file == "-" else file
        for each, earlier in _twice(manifest, index, first):
            wanted = f"is in {files[earlier]} already, in namespace {each.metadata.namespace}"
            wrong.append(f"{name}: {type(each).__name__} {each.metadata.name}: {wanted}")
        wrong += (line for pod in manifest for line in _refusals(pod, name, executor))
        objects += (
            amended(each, file) if isinstance(each, Pod) else each for each in manifest.objects
        )
    if wrong:
        raise RefusedError("\n".join(wrong))
    return seedpod.Manifest(objects)


def _twice(
    manifest: seedpod.Manifest, index: int, first: dict[tuple[str, str, str], int]
) -> Iterator[tuple[Pod | ConfigMap | Secret, int]]:
    """Each object that an earlier file has already, and the number of that file."""
    for each in manifest.objects:
        key = (type(each).__name__, each.metadata.namespace, each.metadata.name)
        earlier = first.setdefault(key, index)
        if earlier != index:
            yield each, earlier


def _refusals(pod: Pod, file: str, executor: Executor) -> Iterator[str]:
    for problem in seedpod.check(pod, executor):
        yield f"{file}: Pod {pod.metadata.name}: {problem}"
