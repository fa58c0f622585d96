"""What Kubernetes says of the actions of probes and hooks that failed.

Source: kubelet, `handlerRunner.Run`, `DoHTTPProbe`, pkg/probe; Go, `net/url`, `strconv.Quote`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from seedpod._core.backoff import go_duration
from seedpod._core.urls import host_port

HEADERS_TIMED_OUT: Final = (
    "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
)
BODY_TIMED_OUT: Final = (
    "context deadline exceeded (Client.Timeout or context cancellation while reading body)"
)
FALLEN_BACK: Final = "request to HTTPS lifecycle hook got HTTP response, retry with HTTP succeeded"
INVALID_HOOK: Final = "Cannot run handler: invalid handler"

_ESCAPES: Final = {
    "\\": "\\\\",
    '"': '\\"',
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


def quoted(text: str) -> str:
    """*text* in double quotes, as Go's `%q` prints it."""
    return f'"{"".join([_ESCAPES.get(each) or _shown(each) for each in text])}"'


def command_timed_out(command: Sequence[str], seconds: float) -> str:
    """The command of a probe was killed after so many seconds."""
    line = quoted(" ".join(command))
    return f"command timed out: {line} timed out after {go_duration(seconds)}"


def command_exited(command: Sequence[str], exit_code: int, errors: str) -> str:
    """The command of a hook ended badly; *errors* is what it wrote to stderr."""
    return f"command '{' '.join(command)}' exited with {exit_code}: {errors}"


def tcp_timed_out(host: str, port: int) -> str:
    """Nobody answered at a port in time."""
    return f"dial tcp {host_port(host, port)}: i/o timeout"


def request_failed(url: object, problem: str) -> str:
    """A GET request got no answer."""
    return f"Get {quoted(str(url))}: {problem}"


def exec_hook_failed(command: Sequence[str], where: str, problem: str, output: str) -> str:
    """A hook's command failed; *where* is what `hook_place` says."""
    what = f"Exec lifecycle hook ([{' '.join(command)}])"
    return f"{what} for {where} failed - error: {problem}, message: {quoted(output)}"


def http_hook_failed(path: str, where: str, problem: str) -> str:
    """A hook's request failed; *where* is what `hook_place` says."""
    return f"HTTP lifecycle hook ({path}) for {where} failed - error: {problem}"


def hook_place(container: str, pod: str) -> str:
    """Whose hook it is; *pod* is `name_namespace(uid)`."""
    return f"Container {quoted(container)} in Pod {quoted(pod)}"


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    number = ord(character)
    if number < 0x80:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
