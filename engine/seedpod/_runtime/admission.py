"""Whether an engine takes a pod on: every reason against it at once, before anything is started."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import attrs

from seedpod._core.defaults import with_defaults
from seedpod._core.fields import containers_of, probes_and_hooks
from seedpod._core.unsupported import unsupported
from seedpod._core.validation import problems
from seedpod._core.volume_support import unsupported_volumes
from seedpod._runtime.asked import missing_package
from seedpod._runtime.host import may_give_to, tmpfs
from seedpod.abc import CanExec, CanPerform, Executor
from seedpod.errors import ABSENT, Problem, ProblemKind, SpecError
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
    has_tmpfs = bool(pod.spec.volumes) and tmpfs() is not None
    not_prepared = unsupported_volumes(pod, has_tmpfs=has_tmpfs, may_give_to=may_give_to)
    refused = (*unsupported(pod), *not_prepared)
    yield from refused
    yield from _unaskable(pod, executor)
    review: Callable[[Pod], Sequence[Problem]] | None = getattr(executor, "review", None)
    if review is not None:  # `CanReview`: `isinstance` is slow, and this is asked of every pod
        told = {each.path for each in refused}
        yield from (each for each in review(pod) if each.path not in told)


def _unaskable(pod: Pod, executor: Executor) -> Iterator[Problem]:
    """Every probe and hook that could not be performed by *executor*, with what is installed."""
    # `CanPromise`, asked in the quick way as well.
    powers: Collection[type[CanExec | CanPerform]] = getattr(executor, "workload_powers", ())
    if CanPerform in powers:
        return
    for where, container in containers_of(pod.spec):
        for name, source in probes_and_hooks(container):
            path = f"{where}.{name}"
            if source.exec is not None and CanExec not in powers:
                wanted = f"executor {executor.name} runs no commands in containers"
                yield Problem(f"{path}.exec", ProblemKind.UNSUPPORTED, ABSENT, wanted)
            missing = missing_package(source)
            if missing is not None:
                yield Problem(path, ProblemKind.UNSUPPORTED, ABSENT, missing)


def taken_on(pod: Pod, uid: str) -> Pod:
    """*pod* with what a cluster's API server would give it: a uid, and its first generation."""
    metadata = pod.metadata
    if metadata.uid == uid and metadata.generation:
        return pod
    generation = metadata.generation or 1
    return attrs.evolve(pod, metadata=attrs.evolve(metadata, uid=uid, generation=generation))
