"""Quantities are exact, ordered by what they are worth, and printed as Kubernetes prints them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedpod.spec import Quantity, QuantityFormat


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("500m", "500m"),
        ("0.5", "500m"),
        (".5", "500m"),
        ("5.", "5"),
        ("+1", "1"),
        ("-1500m", "-1500m"),
        ("1000m", "1"),
        ("1000", "1k"),
        ("64Mi", "64Mi"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("0.1Ki", "102400m"),
        ("1e3", "1e3"),
        ("12E6", "12e6"),
        ("1e-3", "1e-3"),
        ("100n", "100n"),
        ("0.0000000001", "1n"),
        ("0Mi", "0"),
        ("1E", "1E"),
        ("1Ei", "1Ei"),
        ("100E", "9223372036854775807"),
        ("1e999999999", "9223372036854775807"),
    ],
)
def test_a_quantity_has_one_canonical_text(text: str, canonical: str) -> None:
    assert str(Quantity(text)) == canonical


@pytest.mark.parametrize(
    "text",
    ["", "m", "1.2.3", "64 MB", "1 ", "1mi", "1KI", "1e", "1e1.5", "--1", "0x10", "\u0661", "1_0"],
)
def test_what_is_not_a_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a quantity"):
        Quantity(text)


def test_a_boolean_is_not_a_quantity() -> None:
    with pytest.raises(ValueError, match="must be a quantity"):
        Quantity(True)


def test_numbers_are_quantities() -> None:
    assert Quantity(2) == Quantity("2")
    assert Quantity(0.5) == Quantity("500m")


def test_equal_amounts_are_equal_however_they_are_written() -> None:
    assert Quantity("1Gi") == Quantity("1024Mi")
    assert Quantity("1k") == Quantity("1e3")
    assert len({Quantity("1000m"), Quantity("1")}) == 1
    assert Quantity("1") != 1


def test_quantities_are_ordered_by_amount() -> None:
    assert max(Quantity("1"), Quantity("900m"), Quantity("1001m")) == Quantity("1001m")
    assert Quantity("1G") < Quantity("1Gi")
    assert Quantity("1G") <= Quantity("1G") >= Quantity("1G")
    assert Quantity("2") > Quantity("1")


def test_a_sum_keeps_the_notation_of_the_first_that_is_not_zero() -> None:
    total = sum([Quantity("512Mi"), Quantity("512Mi")], Quantity("0"))
    assert str(total) == "1Gi"
    assert total.format is QuantityFormat.BINARY_SI
    assert str(Quantity("1Gi") - Quantity("512Mi")) == "512Mi"


def test_whole_and_milli_values_round_up() -> None:
    assert Quantity("1001m").value() == 2
    assert Quantity("100n").milli_value() == 1
    assert Quantity("-1500m").value() == -1
    assert Quantity("64Mi").value() == 64 * 1024 * 1024


def test_zero_is_false() -> None:
    assert not Quantity("0m")
    assert Quantity("1n")


@given(
    st.integers(-(10**30), 10**30),
    st.sampled_from(list(QuantityFormat)),
)
def test_the_canonical_text_is_the_same_quantity(nanos: int, suffixes: QuantityFormat) -> None:
    within = max(min(nanos, (2**63 - 1) * 10**9), -(2**63 - 1) * 10**9)
    quantity = Quantity.from_nanos(within, suffixes)
    assert Quantity(str(quantity)) == quantity
    assert str(Quantity(str(quantity))) == str(quantity)
