"""How many events are shown of a pod that has one all the time.

Source: client-go, `EventSourceObjectSpamFilter` and `rate.Limiter`.
"""

from __future__ import annotations

from typing import Final

import attrs

BURST: Final = 25
"""How many are shown at once."""
REFILL_SECONDS: Final = 300
"""After how long one more is."""
_TOKENS_PER_SECOND: Final = 0.0033333334140479565
"""1/300 as client-go holds it, in 32 bits. It is a shade more: the 300 s are always enough."""


@attrs.define(eq=False)
class TokenBucket:
    """What is shown takes a token; they come back slowly."""

    _at: float
    """When it was last asked."""
    _tokens: float = attrs.field(init=False, default=float(BURST))

    def take(self, now: float) -> bool:
        """Take a token; whether there was one."""
        gained = max(0.0, now - self._at) * _TOKENS_PER_SECOND
        self._tokens = min(float(BURST), self._tokens + gained)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
