"""The command line as a person uses it: a process with pipes, or with a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "seedpod"]
PATIENCE_SECONDS = 60
_TAKE_TERMINAL = 'exec "$@" < "$0"'
"""The leader of a session that opens a terminal has its Ctrl-C from then on."""
_WARNING = re.compile(r"^containers are plain processes of the host .*\n", re.MULTILINE)
"""What is said on a machine without bubblewrap."""


def environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "TERM"}}
    return {**kept, "PYTHONPATH": str(ROOT / "engine"), "TERM": "xterm-256color", **changes}


def seedpod(
    *arguments: str | Path, stdin: str = "", **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; its warning that there is no bubblewrap is left out.

    Args:
        arguments: Of the command.
        stdin: What it reads.
        changes: Of its environment.
    """
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment(**changes),
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    done.stderr = without_warning(done.stderr)
    return done


def without_warning(errors: str) -> str:
    """What was written to standard error, as it would be on any machine."""
    return _WARNING.sub("", errors)


class Session:
    """A command that runs, and what it has written so far."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.out = ""
        self.errors = ""

    def until(self, text: str) -> None:
        """Read its standard output until *text* has come."""
        assert self.process.stdout is not None
        while text not in self.out:
            line = self.process.stdout.readline().decode()
            assert line, f"{text!r} never came; so far:\n{self.out}"
            self.out += line

    def until_complaint(self, text: str) -> None:
        """Read its standard error until *text* has come."""
        assert self.process.stderr is not None
        while text not in self.errors:
            line = self.process.stderr.readline().decode()
            assert line, f"{text!r} never came; so far:\n{self.errors}"
            self.errors += line

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def finish(self) -> int:
        """Read the rest, and return the exit code."""
        out, errors = self.process.communicate(timeout=PATIENCE_SECONDS)
        self.out += out.decode()
        self.errors = without_warning(self.errors + errors.decode())
        return self.process.returncode


@contextmanager
def started(*arguments: str | Path, **changes: str) -> Generator[Session]:
    """The command, running; killed at the end of the block if it still does."""
    command = [*COMMAND, *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=environment(**changes)
    ) as process:
        try:
            yield Session(process)
        finally:
            process.kill()


class Terminal:
    """A command that runs on a terminal of its own."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process = process
        self.out = ""
        self._master = master

    def resize(self, columns: int, lines: int) -> None:
        _resize(self._master, columns, lines)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def until(self, text: str, *, after: int = 0) -> None:
        """Read until *text* has come, behind the first *after* characters."""
        while text not in self.out[after:]:
            assert self._read(), f"{text!r} never came; so far:\n{self.out[after:]}"

    def finish(self) -> int:
        """Read the rest, and return the exit code."""
        while self._read():
            pass
        return self.process.wait(PATIENCE_SECONDS)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], PATIENCE_SECONDS)
        try:
            data = os.read(self._master, 65536) if ready else b""
        except OSError:  # EIO: the other side is closed
            data = b""
        self.out += data.decode("utf-8", "replace")
        return bool(data)


@contextmanager
def on_terminal(
    *arguments: str | Path, columns: int = 100, lines: int = 30, **changes: str
) -> Generator[Terminal]:
    """The command, running on a terminal of this size."""
    master, slave = pty.openpty()
    _resize(master, columns, lines)
    try:
        with subprocess.Popen(
            ["sh", "-c", _TAKE_TERMINAL, os.ttyname(slave), *COMMAND, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=slave,
            stderr=slave,
            env=environment(**changes),
            start_new_session=True,
        ) as process:
            os.close(slave)
            try:
                yield Terminal(process, master)
            finally:
                process.kill()
    finally:
        os.close(master)


def write_pod(directory: Path, text: str, name: str = "pod.yaml") -> Path:
    """A file with this manifest."""
    file = directory / name
    file.write_text(text)
    return file


def pod(name: str = "demo", *, init: str = "", spec: str = "", **apps: str) -> str:
    """A manifest: each app, and the one init container, is a line for the shell."""

    def container(name: str, line: str) -> str:
        return f"\n  - name: {name}\n    image: x\n    command: [sh, -c, {line!r}]"

    inits = f"\n  initContainers:{container('fetch', init)}" if init else ""
    containers = "".join(container(each, line) for each, line in apps.items())
    return (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  restartPolicy: Never"
        f"{spec}{inits}\n  containers:{containers}\n"
    )


def _resize(fd: int, columns: int, lines: int) -> None:
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
