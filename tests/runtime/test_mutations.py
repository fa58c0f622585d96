"""The tests notice when the engine is wrong."""

from __future__ import annotations

import pytest

from tests.runtime.mutations import HUNG, MUTATIONS, Mutation, failures


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.name.replace(" ", "-"))
def test_it_is_noticed_when(mutation: Mutation) -> None:
    # A wrong engine may also go round for ever: that is noticed too.
    assert failures(mutation, mutation.caught_by) in (list(mutation.caught_by), [HUNG])


def test_an_unchanged_engine_passes_all_of_them() -> None:
    tests = sorted({test for mutation in MUTATIONS for test in mutation.caught_by})
    assert failures(None, tests) == []
