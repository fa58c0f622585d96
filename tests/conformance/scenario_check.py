"""Whether what a run left behind is what its scenario expects: one small vocabulary of claims.

Each entry of `expect` is a mapping with one key, the kind of claim. Some kinds look at a Pod object
and also take `at`, the name of a snapshot. What is not written in the vocabulary has not held.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs

from tests.conformance import claims_of_events, claims_of_log, claims_of_pod
from tests.conformance.claims import Evidence, MalformedError, UnmetError

Claim: TypeAlias = Callable[[Evidence, Any], None]

OF_PODS: Final[Mapping[str, Claim]] = claims_of_pod.CLAIMS
"""The kinds that look at one Pod object: the final one, or a snapshot."""
CLAIMS: Final[Mapping[str, Claim]] = {
    **OF_PODS,
    **claims_of_log.CLAIMS,
    **claims_of_events.CLAIMS,
}


@attrs.frozen
class Failure:
    """One expectation that does not hold."""

    index: int
    kind: str
    message: str

    def __str__(self) -> str:
        return f"expect[{self.index}] {self.kind}: {self.message}"


def evaluate(expectations: Sequence[Any], evidence: Evidence) -> list[Failure]:
    """Every expectation that does not hold; empty if the run was as expected."""
    failures: list[Failure] = []
    for index, item in enumerate(expectations):
        kind = "?"
        try:
            kind, argument, at = _parts(item)
            CLAIMS[kind](evidence if at is None else _at(evidence, at), argument)
        except (UnmetError, MalformedError) as error:
            failures.append(Failure(index, kind, str(error)))
        except (KeyError, TypeError, ValueError, AttributeError, re.error) as error:
            message = f"malformed: {type(error).__name__}: {error}"
            failures.append(Failure(index, kind, message))
    return failures


def _parts(item: Any) -> tuple[str, Any, str | None]:
    """The kind of a claim, its argument, and the snapshot it is about."""
    if not isinstance(item, dict):
        raise MalformedError(f"an expectation is a mapping, got {item!r}")
    kinds = [key for key in item if key != "at"]
    if len(kinds) != 1 or kinds[0] not in CLAIMS:
        raise MalformedError(f"unknown expectation {kinds}")
    if "at" in item and kinds[0] not in OF_PODS:
        raise MalformedError(f"'at' is not allowed with {kinds[0]}")
    return kinds[0], item[kinds[0]], item.get("at")


def _at(evidence: Evidence, snapshot: str) -> Evidence:
    if snapshot not in evidence.snapshots:
        raise UnmetError(f"the runner gave no snapshot {snapshot!r}")
    return attrs.evolve(evidence, pod=evidence.snapshots[snapshot])
