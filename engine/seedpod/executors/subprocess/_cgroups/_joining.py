"""A command that joins a group, and then becomes another command.

What joins later than that could have started something outside before. A shell does it at the
smallest cost. But a shell does not hand on every variable: it drops those whose names it could not
write (`spring.profiles.active`), and some it uses itself. Then Python does it, which takes
tens of milliseconds.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Final

_SHELL: Final = "/bin/sh"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_ADDED: Final = ("OLDPWD", "PWD")
"""Variables that a shell puts into the environment; if they are there it keeps them in order.

`SHLVL` is another, which bash and busybox do not let anybody take away: with them there is one.
"""
_USED: Final = re.compile(r"BASH.*|EUID|IFS|LINENO|OPTERR|OPTIND|PPID|RANDOM|SECONDS|SHELLOPTS|UID")
"""Variables that mean something to one shell or another, and do not come out as they went in."""
_PROGRAM: Final = """
import os, signal, sys
count = int(sys.argv[1])
files, command = sys.argv[3:3 + count], sys.argv[3 + count:]
for file in files:
    try:
        with open(file, "wb", buffering=0) as procs:
            procs.write(b"0")
    except OSError as error:
        sys.stderr.write(f"cannot join {error.filename or file}: {error.strerror}\\n")
        os._exit(125)
for number in (signal.SIGPIPE, signal.SIGXFSZ):
    signal.signal(number, signal.SIG_DFL)  # which Python ignores, and a command inherits
os.environ.pop("LC_CTYPE", None)
if sys.argv[2]:
    os.environ["LC_CTYPE"] = sys.argv[2][1:]
try:
    os.execvp(command[0], command)
except OSError as error:
    sys.stderr.write(f"{command[0]}: {error.strerror}\\n")
    os._exit(127 if isinstance(error, FileNotFoundError) else 126)
"""


def joining(procs: Sequence[str], env: Mapping[str, str]) -> tuple[str, ...]:
    """What to put before a command so that it first joins the groups of these `cgroup.procs`."""
    if all(_NAME.fullmatch(name) and not _USED.fullmatch(name) for name in env):
        return (_SHELL, "-c", _script(procs, [name for name in _ADDED if name not in env]), "sh")
    # Python changes this one in the C locale, and the command is to see it as it was.
    locale = f"={env['LC_CTYPE']}" if "LC_CTYPE" in env else ""
    return (sys.executable, "-I", "-S", "-c", _PROGRAM, str(len(procs)), locale, *procs)


def _script(procs: Sequence[str], unset: Sequence[str]) -> str:
    """POSIX shell, without a variable of its own: that would come out in the environment."""
    lines = [
        f"echo 0 >{shlex.quote(file)} ||"
        f" {{ echo {shlex.quote(f'cannot join {file}')} >&2; exit 125; }}"
        for file in procs
    ]
    lines += [f"unset {name}" for name in unset]
    return "\n".join([*lines, 'exec "$@"'])
