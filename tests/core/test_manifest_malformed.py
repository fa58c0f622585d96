"""Manifests that are wrong, each in a file that says what its author is told."""

from __future__ import annotations

from pathlib import Path

import pytest

import seedpod.loading
from seedpod.errors import SpecError

MALFORMED = sorted((Path(__file__).parents[1] / "manifests" / "malformed").glob("*.yaml"))


def expected(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    return [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]


@pytest.mark.parametrize("path", MALFORMED, ids=lambda path: path.stem)
def test_a_malformed_manifest_says_what_is_wrong_and_where(path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        seedpod.loading.load(path)
    assert str(caught.value).splitlines() == [f"{path}: {line}" for line in expected(path)]


def test_there_are_twenty_kinds_of_malformed_manifests() -> None:
    assert len(MALFORMED) >= 20
    assert all(expected(path) for path in MALFORMED)
