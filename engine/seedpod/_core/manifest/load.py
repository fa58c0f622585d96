"""Manifest: the objects of a file, read strictly, with defaults, and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import overload

import attrs

from seedpod._core.manifest.documents import documents
from seedpod._core.manifest.effects import without_effect
from seedpod._core.manifest.entries import Entry, entries
from seedpod._core.manifest.kinds import Object
from seedpod.errors import ABSENT, ManifestError, Problem, ProblemKind, SpecError
from seedpod.spec import ConfigMap, Pod, Secret


def _as_objects(objects: Iterable[Object]) -> tuple[Object, ...]:
    return tuple(objects)


@attrs.frozen
class Manifest(Sequence[Pod]):
    """The objects of a manifest, in their order; as a sequence it is its pods."""

    objects: tuple[Object, ...] = attrs.field(default=(), converter=_as_objects)

    @property
    def pods(self) -> tuple[Pod, ...]:
        """The pods alone."""
        return tuple(each for each in self.objects if isinstance(each, Pod))

    @property
    def config_maps(self) -> tuple[ConfigMap, ...]:
        """The ConfigMaps alone."""
        return tuple(each for each in self.objects if isinstance(each, ConfigMap))

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The Secrets alone."""
        return tuple(each for each in self.objects if isinstance(each, Secret))

    @property
    def without_effect(self) -> Mapping[str, tuple[str, ...]]:
        """By `namespace/name` of the pod: the paths it sets that mean nothing here."""
        found = {
            f"{pod.metadata.namespace}/{pod.metadata.name}": without_effect(pod)
            for pod in self.pods
        }
        return {name: paths for name, paths in found.items() if paths}

    @overload
    def __getitem__(self, index: int) -> Pod: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Pod, ...]: ...
    def __getitem__(self, index: int | slice) -> Pod | tuple[Pod, ...]:
        return self.pods[index]

    def __len__(self) -> int:
        return len(self.pods)


def load_documents(text: str, source: str) -> Manifest:
    """The objects that *text* describes, with defaults filled in, and valid.

    Args:
        text: YAML or JSON: one document or several, objects or lists of them.
        source: what to call the text in messages: a path, or words.

    Returns:
        The objects in their order.

    Raises:
        ManifestError: the YAML or JSON is wrong.
        SpecError: what it describes is wrong; every problem of every document at once.
    """
    found = documents(text, source)
    every = entries(found)
    if not every:
        wanted = "must hold at least one object: Pod, ConfigMap or Secret"
        raise ManifestError([Problem("", ProblemKind.REQUIRED, ABSENT, wanted)], source)
    wrong = [each for each in every if each.problems]
    if wrong:
        kind = ManifestError if any(each.problems for each in found) else SpecError
        raise _refusal(kind, wrong, source)
    return Manifest(each.content for each in every if each.content is not None)


def _refusal(kind: type[SpecError], wrong: Sequence[Entry], source: str) -> SpecError:
    """One error about all that is wrong; of several objects, each problem's path names its own."""
    if len(wrong) == 1:
        return kind(wrong[0].problems, ": ".join(filter(None, (source, wrong[0].label))))
    problems = (
        attrs.evolve(problem, path=f"{each.label}: {problem.path}".removesuffix(": "))
        for each in wrong
        for problem in each.problems
    )
    return kind(problems, source)
