"""Quantity: an amount of a resource, written as Kubernetes writes it (`500m`, `64Mi`, `1e3`).

Theory of operation: Kubernetes keeps no more than nine digits after the point (it rounds away from
zero) and caps at 2**63 - 1, so every amount is a whole number of billionths: one Python int, exact.
The canonical text has no point and the largest suffix that leaves a whole number.
"""

from __future__ import annotations

import re
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

import attrs

QUANTITY_RULE: Final = (
    "must be a quantity: a number, plain or with a suffix such as m, k, M, G, Ki, Mi or Gi"
)
"""What a quantity has to look like, as the rest of a sentence."""

_NANO: Final = 10**9
_LARGEST: Final = (2**63 - 1) * _NANO
_DECIMAL: Final = {
    "n": -9,
    "u": -6,
    "m": -3,
    "": 0,
    "k": 3,
    "M": 6,
    "G": 9,
    "T": 12,
    "P": 15,
    "E": 18,
}
_BINARY: Final = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_SUFFIX: Final = {power: suffix for suffix, power in _DECIMAL.items()}
_BINARY_SUFFIX: Final = {power: suffix for suffix, power in _BINARY.items()}
_PATTERN: Final = re.compile(
    r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)(?:([KMGTPE]i|[numkMGTPE]?)|[eE]([+-]?[0-9]{1,9}))", re.ASCII
)


class QuantityFormat(StrEnum):
    """Which family of suffixes an amount is written with."""

    DECIMAL_SI = "DecimalSI"
    BINARY_SI = "BinarySI"
    DECIMAL_EXPONENT = "DecimalExponent"


class Amount(NamedTuple):
    """What a quantity is made of."""

    nanos: int
    format: QuantityFormat


def as_amount(amount: str | float | Amount) -> Amount:
    """What *amount* is made of.

    Raises:
        ValueError: the text is not a quantity.
    """
    if isinstance(amount, Amount):
        return amount
    if isinstance(amount, bool):
        raise ValueError(_refusal(amount))  # noqa: TRY004 - a wrong quantity is one error
    return _parsed(str(amount))


@attrs.frozen(eq=False, repr=False)
class Quantity:
    """An amount; equal and ordered by what it is worth, printed in Kubernetes' canonical form.

    Raises:
        ValueError: the text is not a quantity.

    Source: apimachinery, resource.Quantity.
    """

    _amount: Amount = attrs.field(converter=as_amount, alias="amount")

    @classmethod
    def from_nanos(
        cls, nanos: int, suffixes: QuantityFormat = QuantityFormat.DECIMAL_SI
    ) -> Quantity:
        """The quantity of *nanos* billionths."""
        return cls(Amount(nanos, suffixes))

    @property
    def nanos(self) -> int:
        """The amount in billionths, exact."""
        return self._amount.nanos

    @property
    def format(self) -> QuantityFormat:
        """Which family of suffixes it is written with."""
        return self._amount.format

    def value(self) -> int:
        """The amount in whole units, rounded up."""
        return -(-self.nanos // _NANO)

    def milli_value(self) -> int:
        """The amount in thousandths, rounded up: a CPU quantity in millicores."""
        return -(-self.nanos // 10**6)

    def __str__(self) -> str:
        return _canonical(self.nanos, self.format)

    def __repr__(self) -> str:
        return f"Quantity({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return self.nanos == other.nanos if isinstance(other, Quantity) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.nanos)

    def __lt__(self, other: Quantity) -> bool:
        return self.nanos < other.nanos

    def __le__(self, other: Quantity) -> bool:
        return self.nanos <= other.nanos

    def __gt__(self, other: Quantity) -> bool:
        return self.nanos > other.nanos

    def __ge__(self, other: Quantity) -> bool:
        return self.nanos >= other.nanos

    def __bool__(self) -> bool:
        return self.nanos != 0

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity.from_nanos(self.nanos + other.nanos, (self or other).format)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity.from_nanos(self.nanos - other.nanos, (self or other).format)


def as_quantity(amount: str | float | Quantity | None) -> Quantity | None:
    """*amount* as a quantity, or None."""
    return amount if amount is None or isinstance(amount, Quantity) else Quantity(amount)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Amount:
    """What the quantity written as *text* is made of."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(_refusal(text))
    sign, digits, suffix, exponent = match.groups()
    if exponent is not None:
        # Beyond these the amount is nothing but the cap, or nothing but the smallest step.
        power = max(-100, min(100, int(exponent)))
        scale, family = Fraction(10) ** power, QuantityFormat.DECIMAL_EXPONENT
    elif suffix in _BINARY:
        scale, family = Fraction(1024) ** _BINARY[suffix], QuantityFormat.BINARY_SI
    else:
        scale, family = Fraction(10) ** _DECIMAL[suffix], QuantityFormat.DECIMAL_SI
    return Amount(_nanos(digits, scale) * (-1 if sign == "-" else 1), family)


def _nanos(digits: str, scale: Fraction) -> int:
    """*digits* times *scale* in billionths, rounded away from zero and capped."""
    whole, _, fraction = digits.partition(".")
    coefficient = int((whole + fraction)[:400] or "0")
    dropped = max(0, len(whole + fraction) - 400)
    numerator = scale.numerator * coefficient * _NANO * int(10**dropped)
    denominator = scale.denominator * int(10 ** len(fraction))
    return min(-(-numerator // denominator), _LARGEST)


def _canonical(nanos: int, family: QuantityFormat) -> str:
    """The canonical text of an amount.

    Source: apimachinery, Quantity.CanonicalizeBytes.
    """
    if nanos == 0:
        return "0"
    if family is QuantityFormat.BINARY_SI and abs(nanos) >= 1024 * _NANO and nanos % _NANO == 0:
        number, power = nanos // _NANO, 0
        while number % 1024 == 0 and power < 6:
            number, power = number // 1024, power + 1
        return f"{number}{_BINARY_SUFFIX.get(power, '')}"
    number, exponent = nanos, -9
    while number % 1000 == 0 and (exponent < 18 or family is QuantityFormat.DECIMAL_EXPONENT):
        number, exponent = number // 1000, exponent + 3
    if family is QuantityFormat.DECIMAL_EXPONENT:
        return f"{number}e{exponent}" if exponent else str(number)
    return f"{number}{_SUFFIX[exponent]}"


def _refusal(found: object) -> str:
    return f"{found!r}: {QUANTITY_RULE}"
