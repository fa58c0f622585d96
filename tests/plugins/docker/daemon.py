"""A program that runs in the background, and is no child of this process."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import attrs

_START = 'echo $$ >"$0.new" && mv "$0.new" "$0" && exec "$@"'
_LOG_LINES = 30


class DaemonError(Exception):
    """A daemon did not come up, or does not go; with the end of its log."""


@attrs.frozen(kw_only=True)
class Daemon:
    """How one is started; what is known of the running one is in its directory."""

    directory: Path
    """Where its process id and its log are."""
    command: tuple[str, ...]
    environment: Mapping[str, str]
    """All of it: nothing is inherited."""

    def spawn(self) -> None:
        """Start it in a session of its own, adopted by init; its process id may follow later."""
        # Who was killed left these, and looks alive for as long as init does not reap it.
        for stale in (*self.directory.glob("*.pid"), *self.directory.glob("exec/*/*.pid")):
            stale.unlink()
        with (self.directory / "log").open("ab") as log:
            subprocess.run(
                ["setsid", "--fork", "sh", "-c", _START, str(self._pid_file), *self.command],
                cwd=self.directory,  # where Podman leaves files, too
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
            )

    def has_ended(self) -> bool:
        """Whether it was spawned and runs no more."""
        pid = self.pid()
        return pid is not None and not _is_alive(pid)

    def pid(self) -> int | None:
        """Its process id; none before it has said so."""
        try:
            return int(self._pid_file.read_text())
        except FileNotFoundError:
            return None

    def end(self, by: signal.Signals, within: float) -> None:
        """Send *by*, and SIGKILL if it still runs after so many seconds.

        Raises:
            DaemonError: Not even that ends it.
        """
        pid = self.pid()
        if pid is None or not _is_alive(pid):
            return
        descriptor = os.pidfd_open(pid)
        try:
            for each, seconds in ((by, within), (signal.SIGKILL, 10)):
                signal.pidfd_send_signal(descriptor, each)
                if select.select([descriptor], [], [], seconds)[0]:
                    return
        except ProcessLookupError:
            return
        finally:
            os.close(descriptor)
        raise DaemonError(f"{self.command[0]}: process {pid} survives SIGKILL")

    def error(self, problem: str) -> DaemonError:
        """The problem, and what the daemon said last."""
        lines = (self.directory / "log").read_text(errors="replace").splitlines()[-_LOG_LINES:]
        return DaemonError("\n".join([f"{' '.join(self.command)}: {problem}", *lines]))

    @property
    def _pid_file(self) -> Path:
        return self.directory / "daemon.pid"


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
