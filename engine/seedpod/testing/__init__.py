"""For tests: an executor that plays scripts, and time that passes when nothing else happens.

    executor = FakeExecutor({"migrate": [exits(1), exits(0, after=2)], "web": runs()})
    status = run_virtual(main, executor, backend="trio")

Nothing here starts a process or a thread; an hour of back-off takes a millisecond.
"""

from __future__ import annotations

from seedpod.testing.fake import Call as Call
from seedpod.testing.fake import FakeExecutor as FakeExecutor
from seedpod.testing.fake_addresses import FakeExecutorWithAddresses as FakeExecutorWithAddresses
from seedpod.testing.fake_images import FakeExecutorWithImages as FakeExecutorWithImages
from seedpod.testing.fake_past import FakeExecutorWithPast as FakeExecutorWithPast
from seedpod.testing.script import Replies as Replies
from seedpod.testing.script import Reply as Reply
from seedpod.testing.script import Script as Script
from seedpod.testing.script import breaks as breaks
from seedpod.testing.script import exits as exits
from seedpod.testing.script import fails as fails
from seedpod.testing.script import refuses as refuses
from seedpod.testing.script import runs as runs
from seedpod.testing.script import succeeds as succeeds
from seedpod.testing.script import warns as warns
from seedpod.testing.virtual_time import run_virtual as run_virtual

__all__ = [
    "Call",
    "FakeExecutor",
    "FakeExecutorWithAddresses",
    "FakeExecutorWithImages",
    "FakeExecutorWithPast",
    "Replies",
    "Reply",
    "Script",
    "breaks",
    "exits",
    "fails",
    "refuses",
    "run_virtual",
    "runs",
    "succeeds",
    "warns",
]
