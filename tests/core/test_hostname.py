"""What a pod is called in its own eyes."""

from __future__ import annotations

import pytest

from seedpod._core.hostname import hostname
from seedpod.spec import ObjectMeta, Pod, PodSpec


def called(name: str, spec: PodSpec) -> str:
    return hostname(Pod(metadata=ObjectMeta(name=name), spec=spec))


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        (PodSpec(), "web"),
        (PodSpec(hostname="mine"), "mine"),
        (PodSpec(hostname="mine", hostname_override="other.example"), "other.example"),
        (PodSpec(hostname_override="other.example"), "other.example"),
    ],
)
def test_a_pod_is_called_by_its_name_unless_its_spec_has_another(spec: PodSpec, name: str) -> None:
    assert called("web", spec) == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x" * 63, "x" * 63),
        ("x" * 64, "x" * 63),
        (f"{'x' * 62}-more", "x" * 62),
        (f"{'x' * 60}.-.more", "x" * 60),
    ],
)
def test_a_name_too_long_for_a_host_is_cut_and_does_not_end_in_a_separator(
    name: str, expected: str
) -> None:
    assert called(name, PodSpec()) == expected


def test_a_name_that_overrides_all_others_is_not_cut() -> None:
    assert called("web", PodSpec(hostname_override="x" * 64)) == "x" * 64
