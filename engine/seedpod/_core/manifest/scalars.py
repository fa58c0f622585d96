"""What an unquoted word of a manifest is: null, a boolean, a number, or text.

Source: sigs.k8s.io/yaml, goyaml.v2 resolve.go: YAML 1.1 without base-60 numbers and timestamps.
"""

from __future__ import annotations

import math
import re
from typing import Final, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(
        ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True
    ),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE"), False),
    **dict.fromkeys(("off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_NOT_FINITE: Final = re.compile(r"\.nan|\.NaN|\.NAN|[-+]?\.(?:inf|Inf|INF)")
_NUMERIC: Final = frozenset("+-.0123456789")
_INTEGER: Final = re.compile(
    r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))", re.ASCII
)
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_MOST_DIGITS: Final = 400


def plain_value(text: str) -> Scalar:
    """The value of an unquoted scalar.

    Raises:
        ValueError: it is a number that JSON, and thus Kubernetes, does not have.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    return _number(text)


def is_plain_text(text: str) -> bool:
    """Whether *text* stays text when it is written without quotes."""
    try:
        return plain_value(text) == text
    except ValueError:
        return False


def _number(text: str) -> Scalar:
    if _NOT_FINITE.fullmatch(text):
        message = "must be a finite number; quote it if it is text"
        raise ValueError(message)
    digits = text.replace("_", "")
    if len(digits) > _MOST_DIGITS and (_INTEGER.fullmatch(digits) or _FLOAT.fullmatch(digits)):
        message = "must be a number of fewer digits; quote it if it is text"
        raise ValueError(message)
    match = _INTEGER.fullmatch(digits)
    if match is not None:
        return _integer(match)
    if _FLOAT.fullmatch(digits):
        number = float(digits)
        return number if math.isfinite(number) else text
    return text


def _integer(match: re.Match[str]) -> int:
    sign, hexadecimal, binary, octal, decimal = match.groups()
    for digits, radix in ((hexadecimal, 16), (binary, 2), (octal, 8), (decimal, 10)):
        if digits is not None:
            return int(f"{sign}{digits}", radix)
    raise AssertionError(match)
