"""Running a test file once more as an ordinary user, for whom views are made another way."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_NOBODY = 65534
_BOUND = 600.0


def assert_passes_as_user(file: str) -> None:
    """Run the tests of *file* as an ordinary user; nothing to do for one who is one already.

    The interpreter may be where only root can look, so that user has a /root with nothing else.
    """
    if os.geteuid() != 0:
        return
    with tempfile.TemporaryDirectory(prefix="as-user-") as directory:
        os.chown(directory, _NOBODY, _NOBODY)
        paths = [each for each in sys.path if each]
        # Those who run alone have no colour, no cache and no plugin of the one who started them.
        env = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": directory,
            "TMPDIR": directory,
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONDONTWRITEBYTECODE": "1",
            "CI": os.environ.get("CI", ""),
        }
        pytest = ("-m", "pytest", "-q", "-p", "no:cacheprovider", str(Path(file)))
        done = subprocess.run(
            [*_become_nobody(), sys.executable, *pytest],
            cwd=_ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_BOUND,
            check=False,
        )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-20000:]


def _become_nobody() -> list[str]:
    home = Path("/root")
    shown: list[str] = []
    for prefix in sorted({Path(sys.base_prefix), Path(sys.prefix)}):
        for above in reversed(prefix.parents):
            if above.is_relative_to(home) and above != home:
                shown += ["--perms", "0755", "--dir", str(above)]
        shown += ["--ro-bind", str(prefix), str(prefix)]
    return [
        *("bwrap", "--dev-bind", "/", "/", "--perms", "0755", "--tmpfs", str(home), *shown),
        *("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"),
        *("--inh-caps=-all", "--bounding-set=-all", "--"),
    ]
