"""Running a test file once more as an ordinary user, for whom views are made another way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
_BOUND: Final = 110.0
"""Seconds: a net, within that of the test itself."""


def assert_passes_as_user(file: str) -> None:
    """Run the tests of *file* as an ordinary user; nothing to do for one who is one already."""
    if os.geteuid() != 0:
        return
    paths = [each for each in sys.path if each]
    pytest = ("-m", "pytest", "-q", "-p", "no:cacheprovider", file)
    done = subprocess.run(
        [str(_ROOT / ".ci/as_user"), sys.executable, *pytest],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_BOUND,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-20000:]
