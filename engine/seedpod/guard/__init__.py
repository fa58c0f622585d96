"""The guard: ends and removes what this process has made, should it die by any means.

For executors. There is one guard for each host process, `GUARD`, whoever uses it: a process of its
own that holds the other end of a pipe, and acts when the pipe closes. It is started when the first
thing is registered, by the interpreter in `sys.executable`.

    GUARD.acquire()  # in `open`
    ...
    GUARD.add_command(key, ["docker", "rm", "--force", name])
    ...  # make it, use it, remove it
    GUARD.forget(key)
    ...
    await GUARD.release()  # at the end of `open`, whatever has happened

Register a thing before it is made, and forget it once it is gone, or is to stay. After the death of
the host the guard kills the processes that are registered, then runs the commands, then removes the
directories. After an orderly end it does nothing.
"""

from __future__ import annotations

from seedpod.guard._host import GUARD as GUARD
from seedpod.guard._host import Guard as Guard
