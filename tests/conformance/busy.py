"""Cores that have something better to do, so that what depends on speed shows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Final

_BURN: Final = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: pass"
"""Ends with whoever started it, however that ends."""


@contextmanager
def busy_cores() -> Generator[None]:
    """A block while which every core has a process that never rests."""
    with ExitStack() as stack:
        for _ in range(len(os.sched_getaffinity(0))):
            burning = stack.enter_context(subprocess.Popen([sys.executable, "-c", _BURN]))
            stack.callback(burning.kill)
        yield
