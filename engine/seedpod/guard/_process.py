"""The guard's own end: a program that cleans up after its host, which has died by any means.

Run as a program, by its file, in isolated mode: it imports nothing but a little of the standard
library.

It reads records from the pipe that is its standard input: words that end in a NUL byte. The end
of the pipe means that the host is gone. (The kernel closes a dying process's descriptors,
whatever killed it.) Then it kills what is registered, runs the commands that are registered,
removes what is registered, and exits; with nothing registered it just exits, which is the orderly
end.

    expect INODE               a process is about to be started with this pipe as its output
    add INODE PID TICKS        it leads a session, and had this pid at this time (ticks since boot)
    drop INODE                 it has ended
    link PATH TARGET           a symbolic link is about to be made
    directory PATH             a directory is about to be made; to be removed if it is empty then
    tree PATH                  a directory to be removed with everything in it
    cgroup PATH                a cgroup is about to be made; to be removed, and all in it killed
    command KEY COUNT WORD...  a program with its arguments, so many words, to be run
    forget PATH-OR-KEY         nothing is to be done about that path, or by that key, any more

A host may die between starting a process and telling its pid. Then that process is found by the
pipe it has as standard output: a child is past exec when the pipe of ours ends, because until
then it holds a copy of the writing end.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Container, Iterable

ARITY = {
    "expect": 1,
    "add": 3,
    "drop": 1,
    "link": 2,
    "directory": 1,
    "tree": 1,
    "cgroup": 1,
    "command": 2,  # and as many more as the second says
    "forget": 1,
}
NAP = 0.02
"""Seconds between two readings, so that a busy host wakes its guard seldom."""
LAST_WAIT = 200
"""Milliseconds after the host's end without a record, and without the end of the pipe."""
PATIENCE = 5.0
"""Seconds the killed may take to be gone before directories are removed under them."""
COMMANDS_BOUND = 20.0
"""Seconds the commands may take, all together, before those that still run are killed."""


class Registry:
    """What is registered now."""

    def __init__(self) -> None:
        self.expected: set[int] = set()
        self.attempts: dict[int, tuple[int, int]] = {}
        self.paths: dict[bytes, tuple[str, bytes]] = {}
        self.commands: dict[bytes, list[bytes]] = {}
        self._words: list[bytes] = []
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take note of the records in *data*, which may end in the middle of one."""
        *words, self._rest = (self._rest + data).split(b"\0")
        for word in words:
            self._words.append(word)
            verb = self._words[0].decode()
            if len(self._words) > self._arity(verb):
                self._note(verb, self._words[1:])
                self._words.clear()

    def _arity(self, verb: str) -> int:
        has_count = verb == "command" and len(self._words) > 2
        return ARITY[verb] + (int(self._words[2]) if has_count else 0)

    def _note(self, verb: str, words: list[bytes]) -> None:
        if verb == "expect":
            self.expected.add(int(words[0]))
        elif verb == "add":
            self.expected.discard(int(words[0]))
            self.attempts[int(words[0])] = (int(words[1]), int(words[2]))
        elif verb == "drop":
            self.expected.discard(int(words[0]))
            self.attempts.pop(int(words[0]), None)
        elif verb == "command":
            self.commands[words[0]] = words[2:]
        elif verb == "forget":
            self.paths.pop(words[0], None)
            self.commands.pop(words[0], None)
        else:
            self.paths[words[0]] = (verb, words[-1])

    def named(self, verb: str) -> list[bytes]:
        """The paths that were registered by *verb*."""
        return [path for path, (each, _) in self.paths.items() if each == verb]


class Process:
    """One living process."""

    def __init__(self, pid: int) -> None:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        self.pid = pid
        self.is_dead = fields[0] in b"ZX"
        self.session = int(fields[3])
        self.started = int(fields[19])

    def output(self) -> int:
        """The inode of the pipe that is its standard output, or else error; 0 if neither is one."""
        for fd in (1, 2):
            try:
                held = os.readlink(f"/proc/{self.pid}/fd/{fd}")
            except OSError:
                continue
            if held.startswith("pipe:["):
                return int(held[6:-1])
        return 0


def main() -> None:
    """Wait for the host's end, then clean up after it.

    The host starts this program with all signals blocked, so nothing but SIGKILL ends it before.
    """
    registry = Registry()
    wait_for_end(registry, host=int(sys.argv[1]))
    if registry.expected or registry.attempts:
        kill_all(registry, host_session=int(sys.argv[2]))
    for path in registry.named("cgroup"):
        kill_cgroup(path)  # first of all: nobody is to be left who could use what is removed
    run_commands(registry.commands.values(), COMMANDS_BOUND)
    for path, (verb, target) in reversed(registry.paths.items()):
        remove(path, verb, target)


def wait_for_end(registry: Registry, host: int) -> None:
    """Read records until the pipe ends, or the host has died while a stranger holds it open.

    A program that forks in C and does not exec may hold it; so the host itself is watched as well.
    """
    poll = select.poll()
    poll.register(0, select.POLLIN)
    pidfd = watch(poll, host)
    while True:
        ready = dict(poll.poll())
        if 0 in ready and not read_records(registry):
            return
        if pidfd in ready:
            break
        time.sleep(NAP)
    poll.unregister(pidfd)
    while poll.poll(LAST_WAIT) and read_records(registry):
        pass


def watch(poll: select.poll, host: int) -> int:
    """Have *poll* report the end of *host* too, unless it has ended already."""
    try:
        pidfd = os.pidfd_open(host)
    except OSError:
        return -1
    if os.getppid() == host:
        poll.register(pidfd, select.POLLIN)
    return pidfd


def read_records(registry: Registry) -> bool:
    """Read what is there, and say whether there can be more."""
    data = os.read(0, 1 << 20)
    registry.feed(data)
    return bool(data)


def kill_all(registry: Registry, host_session: int) -> None:
    """Kill every session that is registered, and wait until they are gone."""

    def registered(processes: list[Process]) -> set[int]:
        claim_expected(registry, processes, host_session)
        return sessions(registry, processes)

    kill_sessions(registered)


def kill_sessions(named: Callable[[list[Process]], Container[int]]) -> None:
    """Kill the sessions that are *named* when the processes are looked at, until they are gone."""
    deadline = time.monotonic() + PATIENCE
    pause = 0.001
    while True:
        processes = living()
        ours = named(processes)
        doomed = [each.pid for each in processes if each.session in ours]
        if not doomed or time.monotonic() > deadline:
            return
        for pid in doomed:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue
        time.sleep(pause)
        pause = min(2 * pause, 0.05)


def claim_expected(registry: Registry, processes: list[Process], host_session: int) -> None:
    """Find the attempts whose pid the host could not tell any more."""
    for each in processes if registry.expected else ():
        inode = each.output()
        if inode in registry.expected and each.session != host_session:
            registry.expected.discard(inode)
            registry.attempts[inode] = (each.session, each.started)


def sessions(registry: Registry, processes: list[Process]) -> set[int]:
    """The sessions that are the host's.

    A session's number is its leader's pid, and no new process gets that number while the session
    has a member. So if the number was registered and never dropped, and no process of that number
    is there that started after the registration, then the session is the one that was registered.
    """
    started = {each.pid: each.started for each in processes}
    return {
        pid
        for pid, ticks in registry.attempts.values()
        if started.get(pid, 0) <= ticks + 1  # the two clocks are rounded differently
    }


def living() -> list[Process]:
    """Every process that is not dead."""
    processes: list[Process] = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                processes.append(Process(int(entry)))
            except OSError:
                continue  # it has ended meanwhile
    return [each for each in processes if not each.is_dead]


def kill_cgroup(path: bytes) -> None:
    """Send SIGKILL to every process in the cgroup at *path*, and in those below it."""
    for directory, _, _ in os.walk(path):
        try:
            order = os.open(directory + b"/cgroup.kill", os.O_WRONLY)
            os.write(order, b"1")
            os.close(order)
        except OSError:
            kill_members(directory)  # a cgroup of version 1, or an older kernel


def kill_members(directory: bytes) -> None:
    """Send SIGKILL to every process in one cgroup; 0 stands for one that has no number here."""
    try:
        with open(directory + b"/cgroup.procs", "rb") as file:
            pids = [int(word) for word in file.read().split()]
    except OSError:
        return
    for pid in filter(None, pids):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            continue


def run_commands(commands: Iterable[list[bytes]], bound: float) -> None:
    """Run all *commands* at once; kill the sessions of those that still run after *bound* seconds.

    Nobody reaps them, so their pids, which are the sessions' numbers, are not given to others.
    """
    deadline = time.monotonic() + bound
    poll = select.poll()
    running: dict[int, int] = {}
    for command in commands:
        try:
            pid = spawn(command)
            pidfd = os.pidfd_open(pid)
        except OSError:
            continue  # nobody is left who could be told
        running[pidfd] = pid
        poll.register(pidfd, select.POLLIN)
    while running and (left := deadline - time.monotonic()) > 0:
        for pidfd, _ in poll.poll(1000 * left):
            poll.unregister(pidfd)
            del running[pidfd]
    if running:
        kill_sessions(lambda _: running.values())


def spawn(command: list[bytes]) -> int:
    """Start *command* in a session of its own, as if this program had not touched its signals."""
    return os.posix_spawnp(
        command[0],
        command,
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)],
        setsid=True,
        setsigmask=(),
        setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
    )


def remove_cgroup(path: bytes) -> None:
    """Remove the cgroup at *path*, and those below it, once the killed are gone from them."""
    deadline = time.monotonic() + PATIENCE
    pause = 0.001
    while os.path.isdir(path):
        for directory, _, _ in os.walk(path, topdown=False):
            try:
                os.rmdir(directory)
            except OSError:
                continue
        if not os.path.isdir(path) or time.monotonic() > deadline:
            return
        kill_cgroup(path)
        time.sleep(pause)
        pause = min(2 * pause, 0.05)


def remove(path: bytes, verb: str, target: bytes) -> None:
    """Remove what is at *path* if it is still what was registered."""
    try:
        if verb == "link":
            if os.readlink(path) == target:
                os.unlink(path)
        elif verb == "directory":
            os.rmdir(path)
        elif verb == "cgroup":
            remove_cgroup(path)
        else:
            remove_tree(path)
    except OSError:
        pass  # gone already, or in use by somebody who will say so


def remove_tree(path: bytes) -> None:
    """Remove the directory *path* with all that is in it, but nothing of what is mounted there.

    Unmounting is lazy: what still uses a mount was killed and did not go.
    """
    import shutil  # noqa: PLC0415 - wanted once, at the end, if at all
    import subprocess  # noqa: PLC0415 - likewise

    program = shutil.which("umount", path="/usr/sbin:/usr/bin:/sbin:/bin")
    for point in reversed(mounts_below(path)):
        if program is not None:
            subprocess.run([program, b"-l", point], check=False)
    if not mounts_below(path):
        shutil.rmtree(path, ignore_errors=True)


def mounts_below(path: bytes) -> list[bytes]:
    """Where something is mounted on *path* or below it, in the order it was mounted."""
    root = os.path.realpath(path)
    with open("/proc/self/mountinfo", "rb") as file:
        # A blank in a path is written as `\040`.
        fields = [line.split(b" ", 5)[4] for line in file]
    points = [each.decode("unicode_escape").encode("latin-1") for each in fields]
    return [each for each in points if each == root or each.startswith(root + b"/")]


if __name__ == "__main__":
    main()
