"""`$(VAR)` in a manifest's strings.

Theory of operation: one pass from left to right. `$$` is a dollar sign, `$(NAME)` up to the first
`)` is a reference, and every other dollar sign is itself; so is a reference that nothing resolves
or that no `)` ends. What a reference stands for is not looked at again.

Source: Kubernetes, third_party/forked/golang/expansion.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_OPERATOR: Final = "$"
_EXPRESSION: Final = re.compile(r"\$(?:\$|\(([^)]*)\))")
"""An escaped dollar sign (group 1 is None), or a reference (group 1 is the name)."""


def expand(text: str, variables: Mapping[str, str]) -> str:
    """*text* with each `$(NAME)` that *variables* has replaced by its value, and `$$` by `$`."""
    if _OPERATOR not in text:
        return text

    def replacement(expression: re.Match[str]) -> str:
        name = expression[1]
        return _OPERATOR if name is None else variables.get(name, expression[0])

    return _EXPRESSION.sub(replacement, text)


def references(text: str) -> tuple[str, ...]:
    """The names that *text* refers to, in order, with repetitions."""
    if _OPERATOR not in text:
        return ()
    names = (expression[1] for expression in _EXPRESSION.finditer(text))
    return tuple(name for name in names if name is not None)
