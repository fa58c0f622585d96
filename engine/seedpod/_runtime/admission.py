"""Whether an engine takes a pod on: every reason against it at once, before anything is started."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from seedpod._core.defaults import with_defaults
from seedpod._core.unsupported import unsupported
from seedpod._core.validation import problems
from seedpod._core.volume_support import unsupported_volumes
from seedpod.abc import CanReview, Executor
from seedpod.errors import Problem, SpecError
from seedpod.spec import Pod


def admitted(pod: Pod, executor: Executor) -> Pod:
    """*pod* with every default filled in.

    Raises:
        SpecError: The pod is not valid, or asks for what the engine or *executor* does not do.
    """
    pod = with_defaults(pod)
    found = tuple(reasons_against(pod, executor))
    if found:
        raise SpecError(found, f"Pod {pod.metadata.name}")
    return pod


def reasons_against(pod: Pod, executor: Executor) -> Iterator[Problem]:
    """Everything that keeps *executor* from running *pod*, which has its defaults."""
    invalid = problems(pod)
    yield from invalid
    if invalid:
        return  # an executor may rely on a valid pod
    yield from unsupported(pod)
    yield from unsupported_volumes(pod)
    if isinstance(executor, CanReview):
        yield from executor.review(pod)


def with_uid(pod: Pod, uid: str) -> Pod:
    """*pod* with this `metadata.uid`."""
    return attrs.evolve(pod, metadata=attrs.evolve(pod.metadata, uid=uid))
