"""Running the examples: as they stand, but in a directory of the test's own, and hurried."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from tests.cli.shell import without_warning
from tests.docs.pages import EXAMPLES, ROOT

_HURRY = 20
_BOUND = 60.0
"""Seconds one command may take: a net, not a measure."""
_TIME = re.compile(r"\d+(\.\d+)? s\b")
_PORT = "8731"
"""Where the server of an example listens."""


def moved(directory: Path) -> Path:
    """A copy of the examples that lives in *directory* where they say /tmp; each sleep shortened.

    A server in them listens where nobody else does.

    Returns:
        The directory that stands for the root of a clone.
    """
    clone = directory / "clone"
    copy = clone / "docs/examples"
    shutil.copytree(EXAMPLES, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (*copy.rglob("*.yaml"), *copy.rglob("*.py")):
        text = re.sub(r"/tmp(?=[/\"])", str(directory), file.read_text())
        if _PORT in text:
            text = text.replace(_PORT, str(_free_port()))
        file.write_text(re.sub(r"\bsleep (\d+(?:\.\d+)?)(?=[;\n])", _hurried, text))
    return clone


def run(arguments: list[str], clone: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with *arguments* in *clone*, and wait for its end.

    Its warning that there is no bubblewrap is left out.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=clone,
        env=environment(clone),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_BOUND,
        check=False,
    )
    done.stderr = without_warning(done.stderr)
    return done


def environment(clone: Path) -> dict[str, str]:
    """The variables a command runs with: a screen of 80 columns, the package of this clone.

    A container's `python3` is the one that runs the tests: the machine may have none by this name.
    """
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    paths = [str(ROOT / "engine"), str(clone / "docs/examples"), os.environ.get("PYTHONPATH", "")]
    path = os.pathsep.join(filter(None, paths))
    return {**os.environ, "COLUMNS": "80", "PATH": programs, "PYTHONPATH": path}


def told(output: str, directory: Path) -> dict[str, list[str]]:
    """What a run printed, by who it is about, without the times: each one's lines in order.

    Different containers run at once: how their lines are mixed is chance. So is how far a `tail`
    gets that is ended with the pod, and its words are those of the system: they are left out.
    """
    lines: dict[str, list[str]] = {}
    for line in output.replace(str(directory), "/tmp").splitlines():
        who = re.split(r" \| |:", line, maxsplit=1)[0]
        if line.startswith("logshipper | "):
            continue
        kind = "output of " if " | " in line else ""
        lines.setdefault(kind + who, []).append(_TIME.sub("N s", line))
    return lines


def _hurried(match: re.Match[str]) -> str:
    seconds = float(match[1])
    return match[0] if seconds > 60 else f"sleep {seconds / _HURRY:g}"


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port
